// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { assertRecordJson } from '@countersign/kernel';
import { toRecordJson } from '@countersign/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exactShapley, sampledShapley } from '../src/explainability/shapley.ts';
import {
  addScores,
  type ColumnTypes,
  dependenceReport,
  evaluatePlan,
  loadTable,
  logit,
  openScorer,
  parseReasonTable,
  permutationReport,
  type Scorer,
  type ScorerSpec,
  shapleyReport,
  type Table,
} from '../src/index.ts';
import { drawsOf, shuffledPlaces } from '../src/numeric/draws.ts';

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url));
const COLUMNS: ColumnTypes = {
  id: 'integer',
  amount: 'number',
  duration: 'integer',
  purpose: 'text',
  label: 'integer',
  trained: 'number',
  sex: 'text',
  age: 'integer',
};
const SPEC: ScorerSpec = {
  inputs: [
    { name: 'amount', type: 'f32' },
    { name: 'duration', type: 'i64' },
    { name: 'purpose', type: 'string' },
  ],
  output: 'probabilities',
  outputIndex: 1,
};
const CUTOFF = { cutoff: '0.35', adverseWhen: 'at-or-above' } as const;
const ROLES = { score: 'score', label: 'label' };
const lines = fixture('credit.csv').toString('utf8').trimEnd().split('\n');

let scorer: Scorer;
let table: Table;
let shuffled: Table;

async function tableOf(rows: readonly string[], threads: number): Promise<Table> {
  const bytes = Buffer.from(`${[lines[0], ...rows].join('\n')}\n`);
  const loaded = await loadTable({ format: 'csv', bytes }, COLUMNS, { threads });
  await addScores(loaded, scorer);
  return loaded;
}

beforeAll(async () => {
  scorer = await openScorer(fixture('credit.onnx'), SPEC);
  const rows = lines.slice(1);
  table = await tableOf(rows, 1);
  const places = shuffledPlaces(rows.length, drawsOf('another order'));
  shuffled = await tableOf(
    Array.from(places, (place) => rows[place]!),
    2,
  );
});
afterAll(async () => {
  table.close();
  shuffled.close();
  await scorer.close();
});

describe('Shapley values', () => {
  // Three players of whom one alone is worth nothing: the glove game of Shapley's theory, 1/6, 1/6, 4/6.
  const gloves = {
    inputs: ['left-1', 'left-2', 'right'],
    background: [{ 'left-1': 0, 'left-2': 0, right: 0 }],
    model: async (rows: readonly Readonly<Record<string, unknown>>[]) =>
      rows.map((row) => Math.min(Number(row['left-1']) + Number(row['left-2']), Number(row.right))),
  };
  const everybody = { 'left-1': 1, 'left-2': 1, right: 1 };

  test('share out the glove game as 1/6, 1/6, 4/6', async () => {
    const { base, value, values, gap } = await exactShapley(gloves, everybody);
    expect([base, value]).toEqual([0, 1]);
    for (const [at, share] of [1 / 6, 1 / 6, 4 / 6].entries()) {
      expect(values[at]).toBeCloseTo(share, 12);
    }
    expect(gap).toBeLessThan(1e-12);
  });

  test('by drawn orders lie within their standard errors and add up without error', async () => {
    const draw = { orders: 400, key: [7, 0] };
    const { values, errors, gap } = await sampledShapley(gloves, everybody, draw);
    for (const [at, share] of [1 / 6, 1 / 6, 4 / 6].entries()) {
      expect(Math.abs(values[at]! - share)).toBeLessThan(4 * errors[at]!);
    }
    expect(gap).toBeLessThan(1e-12);
    expect(await sampledShapley(gloves, everybody, draw)).toEqual(
      await sampledShapley(gloves, everybody, draw),
    );
  });

  test('of a logistic model on log-odds are its coefficients times the distance from the background’s mean', async () => {
    const reasons = parseReasonTable(JSON.parse(fixture('reasons.json').toString('utf8')));
    const plan = { rows: 12, background: 20, scale: 'logit' as const };
    const { report, explained } = await shapleyReport(table, scorer, { plan, seed: 1 });
    expect(report.method).toBe('enumeration');
    const [amount, duration] = reasons.features;
    const coefficient = (feature: typeof amount) =>
      feature?.kind === 'numeric' ? feature.coefficient : Number.NaN;
    const first = explained[0]!;
    const last = explained.at(-1)!;
    for (const [at, feature] of [amount, duration].entries()) {
      const input = feature!.input;
      // Between two rows the background's mean falls out.
      const moved = Number(last.row[input]) - Number(first.row[input]);
      expect(last.values[at]! - first.values[at]!).toBeCloseTo(coefficient(feature) * moved, 4);
    }
    for (const one of explained) {
      expect(one.base + one.values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(
        logit(one.score),
        9,
      );
    }
  });

  test('explain other rows than those of the background, against which every mean would be zero', async () => {
    const { report } = await shapleyReport(table, scorer, {
      plan: { rows: 20, background: 20 },
      seed: 1,
    });
    expect(report.importance.some(({ mean }) => Math.abs(Number(mean)) > 1e-4)).toBe(true);
  });

  test('enumerate few inputs unasked, and refuse what nobody would wait for', async () => {
    const { report } = await shapleyReport(table, scorer, {
      plan: { rows: 2, background: 3, orders: 4 },
      seed: 1,
    });
    expect([report.method, report.orders]).toEqual(['enumeration', null]);
    await expect(
      shapleyReport(table, scorer, {
        plan: { rows: 600, background: 600, orders: 1000 },
        seed: 1,
      }),
    ).rejects.toMatchObject({ code: 'plan_invalid' });
  });
});

test('a model of seventeen inputs is explained by drawn orders, with their standard error', async () => {
  const names = Array.from({ length: 17 }, (_, at) => `x${at}`);
  const wide: Scorer = {
    spec: { inputs: names.map((name) => ({ name, type: 'f64' as const })), output: 'p' },
    score: async (row) => {
      const sum = names.reduce((total, name) => total + Number(row[name]), 0);
      const score = 1 / (1 + Math.exp(-sum * Number(row.x0)));
      return { score, raw: [score] };
    },
    close: async () => {},
  };
  const draws = drawsOf('wide');
  const body = Array.from({ length: 12 }, () => names.map(() => draws() - 0.5).join(','));
  const bytes = Buffer.from([names.join(','), ...body, ''].join('\n'));
  const columns = Object.fromEntries(names.map((name) => [name, 'number' as const]));
  const loaded = await loadTable({ format: 'csv', bytes }, columns);
  const plan = { rows: 2, background: 3, orders: 4 };
  const { report } = await shapleyReport(loaded, wide, { plan, seed: 5 });
  loaded.close();
  expect([report.method, report.orders, report.seed]).toEqual(['sampled orders', 4, 5]);
  const value = (metric: string) =>
    Number(report.measurements.find((one) => one.metric === metric)!.value);
  expect(value('shapley_standard_error')).toBeGreaterThan(0);
  expect(value('shapley_efficiency_error')).toBeLessThan(1e-12);
});

describe('explanations of a plan', () => {
  const PLAN = {
    explanations: {
      seed: 3,
      partial_dependence: { grid: 5, rows: 60 },
      permutation: { repeats: 5, rows: 600, metric: 'auc' as const },
      shapley: { rows: 25, background: 15, reasons: { count: 2 } },
    },
  };
  const subject = () => ({ roles: ROLES, cutoff: CUTOFF, scorer });

  test('give the same digits whatever the order of rows and the number of threads', async () => {
    const { parts } = await evaluatePlan(PLAN, table, subject());
    const again = await evaluatePlan(PLAN, shuffled, subject());
    expect(parts.map(({ evidence, kind }) => `${evidence}/${kind}`)).toEqual([
      'explainability-test/partial-dependence',
      'explainability-test/permutation',
      'explainability-test/shapley',
      'explainability-test/reasons',
    ]);
    expect(JSON.stringify(again.parts)).toBe(JSON.stringify(parts));
    for (const { report } of parts) assertRecordJson(toRecordJson(report));
  });

  test('measure nothing without a scorer', async () => {
    const { parts } = await evaluatePlan(PLAN, table, { roles: ROLES, cutoff: CUTOFF });
    expect(parts).toEqual([]);
  });

  test('reasons stated from Shapley values of this model can be improved, every one', async () => {
    const { reasons } = await shapleyReport(table, scorer, {
      plan: { rows: 60, background: 15, reasons: { count: 2 } },
      seed: 1,
      cutoff: CUTOFF,
    });
    expect(reasons!.declined).toBeGreaterThan(5);
    expect(reasons!.verdict).toBe('pass');
    expect(reasons!.ranks[0]!.improvable).toBe(reasons!.ranks[0]!.n);
  });

  test('a reason that improving does not help is found', async () => {
    // Contributions turned round: the input that helped most is cited against the applicant.
    const { testReasons } = await import('../src/explainability/reason-tests.ts');
    const background = { rows: [{ a: 0, b: 0 }], of: 1, stride: 1, digest: '' };
    const model = async (rows: readonly Readonly<Record<string, unknown>>[]) =>
      rows.map((row) => Number(row.a) - Number(row.b));
    const declined = [
      {
        row: { a: 1, b: 1 },
        value: 0,
        contributions: [
          { input: 'a', value: -1 },
          { input: 'b', value: 1 },
        ],
      },
    ];
    const { ranks } = await testReasons(model, declined, { background, count: 1, adverse: 1 });
    expect(ranks[0]).toMatchObject({ n: 1, improvable: 0, removed: 0, cited: { b: 1 } });
  });

  test('partial dependence of an additive model on the logit rises with a positive coefficient and has no spread there', async () => {
    const report = await dependenceReport(table, scorer, {
      plan: {
        inputs: ['duration'],
        grid: 6,
        rows: 50,
        limits: { dependence_range: { min: '0.1' } },
      },
    });
    const means = report.curves[0]!.points.map(({ mean }) => Number(mean));
    expect(means).toEqual([...means].sort((a, b) => a - b));
    expect(report.verdict).toBe('pass');
  });

  test('an unknown input or metric is refused by name', async () => {
    await expect(
      dependenceReport(table, scorer, { plan: { inputs: ['height'] } }),
    ).rejects.toMatchObject({ code: 'plan_invalid', details: { input: 'height' } });
    await expect(
      permutationReport(table, scorer, {
        plan: { limits: { gini: { min: '0' } } },
        seed: 1,
        roles: ROLES,
      }),
    ).rejects.toMatchObject({ code: 'plan_invalid' });
  });
});
