// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { assertRecordJson, parseStrictJson } from '@countersign/kernel';
import type { DesignConstraint } from '@countersign/pipeline';
import { afterEach, expect, test } from 'vitest';
import { type DesignReport, designReport } from '../reports/design-report.ts';
import { openScorer } from '../scorer/open-scorer.ts';
import type { ScorerSpec } from '../scorer/scorer-spec.ts';
import type { ColumnTypes } from '../table/column-type.ts';
import { loadTable } from '../table/load-table.ts';
import { readCoefficients } from './read-coefficients.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../../tests/fixtures/${name}`, import.meta.url));

const CREDIT: ScorerSpec = {
  inputs: [
    { name: 'amount', type: 'f32' },
    { name: 'duration', type: 'i64' },
    { name: 'purpose', type: 'string' },
  ],
  output: 'probabilities',
  outputIndex: 1,
};
const PAIR: ScorerSpec = {
  inputs: [{ name: 'inputs', type: 'f32', columns: ['amount', 'age'] }],
  output: 'probabilities',
  outputIndex: 1,
};
const CREDIT_COLUMNS: ColumnTypes = {
  id: 'integer',
  amount: 'number',
  duration: 'integer',
  purpose: 'text',
  label: 'integer',
  trained: 'number',
  sex: 'text',
  age: 'integer',
};
const BENT_COLUMNS: ColumnTypes = {
  id: 'integer',
  amount: 'number',
  age: 'number',
  bad: 'integer',
};

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Asked {
  readonly model: string;
  readonly rows: string;
  readonly columns: ColumnTypes;
  readonly spec: ScorerSpec;
}
const CREDIT_MODEL: Asked = {
  model: 'credit.onnx',
  rows: 'credit.csv',
  columns: CREDIT_COLUMNS,
  spec: CREDIT,
};
const bent = (model: string): Asked => ({
  model: `design/${model}.onnx`,
  rows: 'design/bent.csv',
  columns: BENT_COLUMNS,
  spec: PAIR,
});

type Check = NonNullable<DesignConstraint['check']>;

async function report(asked: Asked, checks: readonly Check[]): Promise<DesignReport> {
  const bytes = fixture(asked.rows);
  const table = await loadTable({ format: 'csv', bytes }, asked.columns);
  const scorer = await openScorer(fixture(asked.model), asked.spec);
  closers.push(
    () => table.close(),
    () => scorer.close(),
  );
  return designReport(table, scorer, {
    constraints: checks.map((check, at) => ({ what: `constraint ${at}`, why: 'a reason', check })),
    model: fixture(asked.model),
    id: 'id',
    sources: new Map([
      ['amount', ['amount']],
      ['duration', ['duration', 'started', 'ended']],
    ]),
    readable: ['amount', 'duration', 'sex'],
    parameters: (file) => [
      {
        name: file ?? 'params of train',
        values: { model: { C: '0.1', penalty: 'l2' }, model__solver: 'lbfgs' },
      },
    ],
  });
}

test('coefficients of scaled and one-hot inputs are those of scikit-learn in units of the inputs', () => {
  const reasons = JSON.parse(fixture('reasons.json').toString('utf8'));
  const found = readCoefficients(fixture('credit.onnx'), CREDIT);
  if (!found.ok) throw new Error(found.why);
  expect(found.link).toBe('logit');
  const of = (input: string, level: string | null = null) =>
    found.terms.find((term) => term.input === input && term.level === level)?.value;
  for (const name of ['amount', 'duration']) {
    const { coefficient } = reasons.features.find((one: { input: string }) => one.input === name);
    // The graph holds float32.
    expect(of(name)).toBeCloseTo(coefficient, 6);
  }
  expect(found.terms.filter(({ input }) => input === 'purpose').map(({ level }) => level)).toEqual([
    'car',
    'education',
    'furniture',
  ]);
});

test('a Gemm under a softmax of two classes has the difference of its rows as coefficients', () => {
  const expected = JSON.parse(fixture('design/expected.json').toString('utf8'));
  const found = readCoefficients(fixture('design/gemm.onnx'), PAIR);
  if (!found.ok) throw new Error(found.why);
  const values = Object.fromEntries(found.terms.map(({ input, value }) => [input, value]));
  expect(values.amount).toBeCloseTo(expected.amount, 6);
  expect(values.age).toBeCloseTo(expected.age, 6);
});

test('the other class of a logistic model has the opposite sign', () => {
  const [one, zero] = [1, 0].map((outputIndex) =>
    readCoefficients(fixture('credit.onnx'), { ...CREDIT, outputIndex }),
  );
  if (one?.ok !== true || zero?.ok !== true) throw new Error('no coefficients');
  expect(zero.terms[0]?.value).toBeCloseTo(-(one.terms[0]?.value ?? 0), 6);
});

test('a tree ensemble shows no coefficient and says why', () => {
  const found = readCoefficients(fixture('design/bent.onnx'), PAIR);
  expect(found).toMatchObject({ ok: false });
  expect(JSON.stringify(found)).toContain('TreeEnsemble');
});

test('a constraint that the model keeps is held, and a wrong sign is violated by coefficient and in every row', async () => {
  const { constraints, verdict } = await report(CREDIT_MODEL, [
    { monotone: { input: 'amount', score: 'increases' } },
    { sign: { input: 'duration', score: 'decreases' } },
  ]);
  expect(constraints[0]).toMatchObject({ state: 'held', check: 'monotone', violations: 0 });
  expect(constraints[1]).toMatchObject({ state: 'violated', violations: 200, looked: 200 });
  expect(constraints[1]?.found).toMatch(
    /the score rises in 200 of 200 rows; most in id \d+: from 4 to 59/,
  );
  expect(constraints[1]?.found).toMatch(/its coefficient is 0\.0242678\d* on the logit scale/);
  expect(verdict).toBe('fail');
});

test('a boosted model that bends is caught by probing, by the row and by how much', async () => {
  const { constraints, measurements } = await report(bent('bent'), [
    { monotone: { input: 'amount', score: 'increases' } },
  ]);
  const [found] = constraints;
  expect(found?.state).toBe('violated');
  // Risk falls up to an amount of 5 by construction: most rows go down somewhere.
  expect(found?.violations).toBeGreaterThan(100);
  const { before, after, by } = found?.worst ?? {};
  expect(Number(by)).toBeCloseTo(Number(before) - Number(after), 9);
  expect(Number(by)).toBeGreaterThan(0.1);
  expect(measurements[0]).toMatchObject({ verdict: 'fail', limit: { max: '0' } });
  expect(measurements[0]?.reason).toContain('TreeEnsemble');
});

test('a tree ensemble that rises by construction is held to', async () => {
  const rising = { ...bent('monotone'), spec: { ...PAIR, outputIndex: 0 } };
  const { verdict } = await report(rising, [
    { monotone: { input: 'amount', score: 'increases' } },
    { monotone: { input: 'age', score: 'increases' } },
  ]);
  expect(verdict).toBe('pass');
});

test('levels of a text input are held against the order that is declared, and without one it cannot be checked', async () => {
  const levels = ['car', 'furniture', 'education'];
  const { constraints, measurements } = await report(CREDIT_MODEL, [
    { monotone: { input: 'purpose', score: 'increases', levels: levels.toReversed() } },
    { monotone: { input: 'purpose', score: 'increases' } },
  ]);
  expect(constraints[0]?.state).toBe('violated');
  expect(constraints[1]).toMatchObject({ state: 'not checkable' });
  // What cannot be judged never passes silently.
  expect(measurements[1]?.verdict).toBe('inconclusive');
});

test('bounds of the score and of a coefficient are measured', async () => {
  const { constraints } = await report(CREDIT_MODEL, [
    { bounds: { score: true, min: '0', max: '1' } },
    { bounds: { score: true, max: '0.2' } },
    { bounds: { coefficient: 'duration', min: '0', max: '0.1' } },
    { bounds: { coefficient: 'duration', max: '0.001' } },
  ]);
  expect(constraints.map(({ state }) => state)).toEqual(['held', 'violated', 'held', 'violated']);
});

test('an excluded column is looked for among the inputs and among what they come from', async () => {
  const { constraints } = await report(CREDIT_MODEL, [
    { excluded: ['age'] },
    { excluded: ['sex', 'started'] },
  ]);
  expect(constraints[0]).toMatchObject({ state: 'held', violations: 0 });
  expect(constraints[1]).toMatchObject({ state: 'violated', violations: 1 });
  expect(constraints[1]?.found).toBe(
    '`duration` comes from `started`; the step that wrote the artefact could read `sex`',
  );
});

test('regularisation is equal to what the run left behind, differs from it, or is shown by nothing', async () => {
  const { constraints } = await report(CREDIT_MODEL, [
    {
      regularisation: { equal: { 'model.C': 0.1, 'model.penalty': 'l2', 'model.solver': 'lbfgs' } },
    },
    { regularisation: { file: 'fitted.json', equal: { 'model.C': 1 } } },
    { regularisation: { equal: { 'model.l1_ratio': 0.5 } } },
  ]);
  expect(constraints.map(({ state }) => state)).toEqual(['held', 'violated', 'not checkable']);
  expect(constraints[1]?.found).toBe('`model.C` is 0.1 in fitted.json, declared 1');
});

test('the report is record JSON', async () => {
  const { measurements, ...detail } = await report(bent('bent'), [
    { monotone: { input: 'age', score: 'increases', tolerance: '0.01' } },
  ]);
  assertRecordJson(parseStrictJson(JSON.stringify({ measurements, detail })));
});
