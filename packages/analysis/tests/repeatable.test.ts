// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { measurePlanSchema } from '@countersign/pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  addScores,
  type ColumnTypes,
  cutoffOf,
  evaluatePlan,
  loadTable,
  openScorer,
  type Scorer,
  type ScorerSpec,
  type Table,
  type TestingEvaluation,
} from '../src/index.ts';
import { printedSeed, seededNumbers } from './agreement/generated-rows.ts';

/*
 * One plan with every part that a binary model can have, on rows in two orders and engines of one and of four threads. A new
 * part of a plan belongs here.
 */

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url));
const SPEC: ScorerSpec = {
  inputs: [
    { name: 'amount', type: 'f32' },
    { name: 'duration', type: 'i64' },
    { name: 'purpose', type: 'string' },
  ],
  output: 'probabilities',
  outputIndex: 1,
};
const COLUMNS: ColumnTypes = {
  id: 'integer',
  amount: 'number',
  duration: 'integer',
  purpose: 'text',
  label: 'integer',
  trained: 'number',
  sex: 'text',
  age: 'integer',
  borrower: 'text',
  weight: 'number',
  opened: 'date',
};
const PLAN = measurePlanSchema.parse({
  roles: {
    label: 'label',
    unit: 'borrower',
    weight: 'weight',
    protected: [
      { column: 'sex', reference: 'male' },
      { name: 'age-band', column: 'age', bands: [25, 62], reference: '25 to under 62' },
    ],
  },
  cutoff: 0.35,
  testing: {
    metrics: { auc: { min: 0.5 } },
    segments: ['purpose', { name: 'age-band', column: 'age', bands: [25, 62] }],
    cutoffs: [0.2, 0.5],
    bands: { count: 5 },
    costs: { false_positive: 1, false_negative: 5 },
    bootstrap: { replicates: 99 },
    fairness: {
      governing: 'approval_ratio',
      why: 'the four-fifths rule of thumb',
      limits: { approval_ratio: { min: 0.8 } },
      conditional_on: ['purpose'],
      intersections: [['sex', 'age-band']],
      declined_outcomes: 'observed',
    },
    sensitivity: {
      rows: 100,
      scenarios: [{ name: 'dearer', why: 'amounts rise', changes: { amount: { multiply: 1.2 } } }],
      noise: { relative: 0.05, repeats: 2 },
    },
    slices: { columns: ['purpose', 'sex', 'duration'], metric: 'log_loss' },
    explanations: {
      partial_dependence: { grid: 4, rows: 30 },
      permutation: { repeats: 2, rows: 200 },
      shapley: { rows: 5, background: 10 },
    },
    conceptual: {},
    benchmark: { simple: ['base-rate', 'logistic'] },
    backtest: { time: 'opened', window: '3m', limits: {} },
    stability: { columns: ['amount', 'purpose', 'score'], limits: { psi: { max: 0.25 } } },
    clinical: { prevalence: { value: 0.1, source: 'a registry' } },
  },
});

const [header = '', ...lines] = fixture('credit.csv').toString('utf8').trimEnd().split('\n');
// Borrowers of three loans, weights of four kinds, a year and a half of openings.
const rows = lines.map((line, at) => {
  const month = (at * 7) % 18;
  const opened = `${2024 + Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}-15`;
  return `${line},b${at % 200},${1 + (at % 4) / 2},${opened}`;
});
const csv = (some: readonly string[]) => ({
  format: 'csv' as const,
  bytes: Buffer.from(`${[`${header},borrower,weight,opened`, ...some].join('\n')}\n`),
});

let scorer: Scorer;
beforeAll(async () => {
  scorer = await openScorer(fixture('credit.onnx'), SPEC);
});
afterAll(() => scorer.close());

async function scored(some: readonly string[], threads: number): Promise<Table> {
  const table = await loadTable(csv(some), COLUMNS, { threads });
  await addScores(table, scorer);
  return table;
}

async function evaluated(some: readonly string[], threads: number): Promise<TestingEvaluation> {
  const table = await scored(some, threads);
  const later = await scored(some, threads);
  try {
    const { label, unit, weight } = PLAN.roles;
    const roles = { score: 'score', label, unit, weights: weight };
    return await evaluatePlan(PLAN.testing, table, {
      roles,
      cutoff: cutoffOf({ cutoff: PLAN.cutoff ?? '' }),
      protected: PLAN.roles.protected,
      scorer,
      later: {
        table: later,
        roles,
        data: { description: 'the same', digest: '0'.repeat(64), rows: some.length },
      },
    });
  } finally {
    later.close();
    table.close();
  }
}

test('every report of a plan is byte for byte the same in any row order, on one thread and on four', async () => {
  const random = seededNumbers(printedSeed('repeatable'));
  const shuffled = rows
    .map((line) => ({ line, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ line }) => line);
  const once = await evaluated(rows, 1);
  const again = await evaluated(shuffled, 4);
  for (const name of ['performance', 'fairness', 'robustness'] as const) {
    expect(JSON.stringify(once[name]).length, name).toBeGreaterThan(1000);
    expect(JSON.stringify(again[name]), name).toBe(JSON.stringify(once[name]));
  }
  const kinds = once.parts.map(({ report, kind }) => `${report.kind} ${kind}`);
  expect(kinds.length).toBeGreaterThanOrEqual(8);
  kinds.forEach((kind, at) => {
    expect(JSON.stringify(again.parts[at]), kind).toBe(JSON.stringify(once.parts[at]));
  });
});
