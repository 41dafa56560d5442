// SPDX-License-Identifier: Apache-2.0
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../src/run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-measure-'));
const at = (name: string) => join(folder, name);
const fixture = (name: string) =>
  fileURLToPath(new URL(`../../analysis/tests/fixtures/${name}`, import.meta.url));

const PLAN = `roles:
  score: trained
  label: label
  unit: borrower
  protected: [{ column: sex, reference: male }]
cutoff: 0.35
testing:
  metrics: { auc: { min: 0.5 } }
  segments: [purpose, borrower]
  cutoffs: [0.2]
  costs: { false_positive: 1, false_negative: 5, unit: EUR }
  bootstrap: { replicates: 99 }
  fairness:
    governing: approval_ratio
    why: the four-fifths rule of thumb
    limits: { approval_ratio: { min: 0.8 } }
`;

beforeAll(async () => {
  const [header = '', ...lines] = readFileSync(fixture('credit.csv'), 'utf8').trimEnd().split('\n');
  const rows = lines.map((line, place) => `${line},b${place % 200}`);
  writeFileSync(at('scored.csv'), `${[`${header},borrower`, ...rows].join('\n')}\n`);
  writeFileSync(at('plan.yaml'), PLAN);
  copyFileSync(fixture('credit.onnx'), at('model.onnx'));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (FROM '${at('scored.csv')}') TO '${at('scored.parquet')}'`);
  connection.closeSync();
  instance.closeSync();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function measure(...argv: readonly string[]) {
  const printed: string[] = [];
  const errors: string[] = [];
  const run = await runCommand(['measure', ...argv], {
    out: (line) => printed.push(line),
    err: (line) => errors.push(line),
    isTerminal: false,
    env: { HOME: '/nonexistent' },
    cwd: folder,
    now: () => new Date('2026-11-22T10:00:00.000Z'),
  });
  return { ...run, text: printed.join('\n'), errors: errors.join('\n') };
}

test('a scored CSV file is measured offline, in tables, as a draft that no gate counts', async () => {
  const { exitCode, text } = await measure(
    '--data',
    'scored.csv',
    '--plan',
    'plan.yaml',
    '--out',
    'report.json',
  );
  expect(exitCode).toBe(0);
  expect(text).toContain('draft of scored.csv: ');
  expect(text).toMatch(/auc +0\.\d+ +0\.\d+ to 0\.\d+ +600 +at least 0\.5/);
  expect(text).toMatch(/b7 +3 +\d +too few +too few/);
  expect(text).toContain('intervals resample 200 values of borrower, 99 times');
  expect(text).toContain('approval_ratio');
  expect(text).toContain('no gate counts it');
  const report = JSON.parse(readFileSync(at('report.json'), 'utf8'));
  expect(report).toMatchObject({ draft: true, data: { rows: 600 } });
  expect(report.evaluation.performance.clusters).toMatchObject({ unit: 'borrower', units: 200 });
});

test('the same rows as Parquet give the same report', async () => {
  const reports = await Promise.all(
    ['scored.csv', 'scored.parquet'].map(async (data) => {
      const { text } = await measure('--data', data, '--plan', 'plan.yaml', '--json');
      return JSON.parse(text).evaluation;
    }),
  );
  expect(reports[1]).toEqual(reports[0]);
});

test('a model scores the rows one by one where no column holds a score', async () => {
  const plan = PLAN.replace('  score: trained\n', '').replace(
    'testing:\n',
    `model:
  inputs:
    - { name: amount, type: f32 }
    - { name: duration, type: i64 }
    - { name: purpose, type: string }
  output: { name: probabilities, index: 1 }
testing:
  sensitivity: {}
`,
  );
  writeFileSync(at('model-plan.yaml'), plan);
  const argv = ['--data', 'scored.csv', '--plan', 'model-plan.yaml'];
  const without = await measure(...argv);
  expect(without.exitCode).toBe(2);
  expect(without.errors).toContain('has no column `score`');
  const { text, errors } = await measure(...argv, '--model', 'model.onnx');
  expect(errors.replaceAll(/^(reading|scoring|measuring) .*$/gm, '').trim()).toBe('');
  expect(text).toContain('robustness: ');
});

test.each([
  ['cutoff: 0.35', 'cutoff: high', /plan\.yaml:6: `cutoff`/],
  ['  unit: borrower', '  units: borrower', /plan\.yaml:4: `roles\.units` is not known here/],
  ['auc: { min: 0.5 }', 'auc: {}', /plan\.yaml:8: `testing\.metrics\.auc`/],
])('a plan with %s written as %s is refused at its line', async (from, to, problem) => {
  writeFileSync(at('bad.yaml'), PLAN.replace(from, to));
  const { exitCode, errors } = await measure('--data', 'scored.csv', '--plan', 'bad.yaml');
  expect(exitCode).toBe(1);
  expect(errors.replaceAll('bad.yaml', 'plan.yaml')).toMatch(problem);
});

test('an unusable row is named by file, line and column', async () => {
  const broken = readFileSync(at('scored.csv'), 'utf8').split('\n');
  broken[5] = broken[5]!.replace(/^(\d+),[^,]*/, '$1,twelve');
  writeFileSync(at('broken.csv'), broken.join('\n'));
  writeFileSync(at('typed.yaml'), `${PLAN}columns: { amount: number }\n`);
  const { exitCode, errors } = await measure('--data', 'broken.csv', '--plan', 'typed.yaml');
  expect(exitCode).toBe(1);
  expect(errors).toMatch(
    /line 6 of .*broken\.csv.*column `amount`: `twelve` is not a finite decimal/,
  );
});
