// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { assertRecordJson } from '@countersign/kernel';
import { toRecordJson } from '@countersign/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addScores,
  type ColumnTypes,
  evaluatePlan,
  type InputRow,
  loadTable,
  noiseReport,
  openScorer,
  robustnessReport,
  type Scorer,
  type ScorerSpec,
  stressReport,
  type Table,
} from '../src/index.ts';
import { drawsOf, normalDraws, shuffledPlaces } from '../src/numeric/draws.ts';
import { clusteredShare } from '../src/sensitivity/noisy-scores.ts';
import { pairedProportions } from '../src/sensitivity/paired-shift.ts';
import type { Scenario } from '../src/sensitivity/scenarios.ts';
import { coverageOf } from './interval-coverage/coverage-of.ts';

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
    { name: 'amount', type: 'f32', min: '0', max: '50000' },
    { name: 'duration', type: 'i64', max: '60' },
    { name: 'purpose', type: 'string', allowed: ['car', 'education', 'furniture'] },
  ],
  output: 'probabilities',
  outputIndex: 1,
};
const CUTOFF = { cutoff: '0.35', adverseWhen: 'at-or-above' } as const;
const ROLES = { score: 'score', label: 'label' };
const LEVEL = 0.95;
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

const RECESSION = {
  name: 'recession',
  why: 'Longer terms and larger sums are asked for when incomes fall.',
  changes: { duration: { add: '6' }, amount: { multiply: '1.5' } },
};

describe('a declared scenario', () => {
  test('is every change at once, and its figures are those of scoring the changed rows by hand', async () => {
    const report = await stressReport(table, scorer, {
      scenarios: [{ ...RECESSION, limits: { scenario_mean_change: { max: '0.2' } } }],
      cutoff: CUTOFF,
      rowsMax: 600,
    });
    const [amounts, durations, purposes] = await table.select(
      'SELECT CAST(amount AS DOUBLE), duration, purpose FROM rows',
    );
    let change = 0;
    let answered = 0;
    for (const [at, amount] of amounts!.entries()) {
      const row = { amount, duration: durations![at], purpose: purposes![at] } as InputRow;
      const changed = {
        ...row,
        amount: Number(amount) * 1.5,
        duration: Number(durations![at]) + 6,
      };
      const after = await scorer.score(changed).catch(() => undefined);
      if (after === undefined) continue;
      change += after.score - (await scorer.score(row)).score;
      answered += 1;
    }
    const [result] = report.scenarios;
    expect(result).toMatchObject({ rows: answered, refused: 600 - answered });
    expect(result!.refused).toBeGreaterThan(0);
    expect(report.caveats.join(' ')).toContain(`${result!.refused} rows get an input`);
    const shift = report.measurements.find(({ metric }) => metric === 'scenario_mean_change')!;
    expect(Number(shift.value)).toBeCloseTo(change / answered, 10);
    expect([shift.verdict, report.verdict]).toEqual(['pass', 'pass']);
    expect(result!.to_favourable).toBe(0);
  });

  test('sets to a quantile, a value or nothing at all', async () => {
    const report = await stressReport(table, scorer, {
      scenarios: [
        { name: 'high', why: 'x', changes: { amount: { quantile: '0.95' } } },
        { name: 'school', why: 'x', changes: { purpose: { set: 'education' } } },
        { name: 'gone', why: 'x', changes: { purpose: { missing: true } } },
      ],
      cutoff: CUTOFF,
    });
    expect(report.scenarios.map(({ refused }) => refused)).toEqual([0, 0, 300]);
    const gone = report.measurements.filter(({ group }) => group?.value === 'gone');
    expect(gone.every(({ value, n }) => value === null && n === 0)).toBe(true);
  });

  test('without a single answer is inconclusive where a limit is set', async () => {
    const report = await stressReport(table, scorer, {
      scenarios: [
        {
          name: 'gone',
          why: 'x',
          changes: { purpose: { missing: true } },
          limits: { scenario_flip_share: { max: '0.1' } },
        },
      ],
      cutoff: CUTOFF,
    });
    expect(report.verdict).toBe('inconclusive');
  });

  test.each([
    ['an unknown input', { height: { add: '1' } }, 'changes.height'],
    ['a sum for a text', { purpose: { add: '1' } }, 'changes.purpose'],
    ['a fraction for a whole number', { duration: { set: '1.5' } }, 'changes.duration'],
  ])('with %s is refused by name', async (_, changes, place) => {
    const scenarios = [{ name: 'odd', why: 'x', changes: changes as Scenario['changes'] }];
    const refused = stressReport(table, scorer, { scenarios });
    await expect(refused).rejects.toMatchObject({
      code: 'plan_invalid',
      details: { field: `sensitivity.scenarios.odd.${place}` },
    });
  });
});

describe('noise', () => {
  test('moves scores more the larger it is, and not at all the input that is a text', async () => {
    const of = (relative: string) =>
      noiseReport(table, scorer, { plan: { relative, repeats: 3 }, cutoff: CUTOFF, rowsMax: 150 });
    const [small, large] = [await of('0.01'), await of('0.2')];
    expect(small.effects.map(({ input }) => input)).toEqual([
      'amount',
      'duration',
      'all inputs together',
    ]);
    const change = (report: typeof small) =>
      report.measurements
        .filter(({ metric }) => metric === 'noise_mean_abs_change')
        .map(({ value }) => Number(value));
    change(small).forEach((value, at) => {
      expect(value).toBeLessThan(change(large)[at]!);
    });
    await expect(
      noiseReport(table, scorer, { plan: { relative: '0.1', inputs: ['purpose'] } }),
    ).rejects.toMatchObject({ code: 'plan_invalid', details: { input: 'purpose' } });
  });
});

test('a plan’s scenarios and noise give the same digits whatever the order of rows and the number of threads', async () => {
  const plan = {
    sensitivity: {
      inputs: ['amount'],
      rows: 100,
      scenarios: [RECESSION],
      noise: { relative: '0.05', repeats: 2, seed: 9 },
    },
  };
  const subject = { roles: ROLES, cutoff: CUTOFF, scorer };
  const { parts } = await evaluatePlan(plan, table, subject);
  const again = await evaluatePlan(plan, shuffled, subject);
  expect(parts.map(({ evidence, kind }) => `${evidence}/${kind}`)).toEqual([
    'robustness-test/stress',
    'robustness-test/noise',
  ]);
  expect(JSON.stringify(again.parts)).toBe(JSON.stringify(parts));
  for (const { report } of parts) assertRecordJson(toRecordJson(report));
});

test('numbers beyond declared bounds and levels that are not allowed are refused, those far from any row are answered or refused', async () => {
  const report = await robustnessReport(table, scorer, { plan: { inputs: ['amount'] } });
  const outcome = (input: string, probe: string) =>
    report.boundaries.find((one) => one.input === input && one.probe === probe)?.outcome;
  expect(outcome('amount', 'below declared minimum')).toBe('refused');
  expect(outcome('amount', 'above declared maximum')).toBe('refused');
  expect(outcome('duration', 'above declared maximum')).toBe('refused');
  expect(outcome('duration', 'below declared minimum')).toBeUndefined();
  expect(outcome('duration', 'far below measured rows')).toBe('scored');
  expect(outcome('purpose', 'unseen level')).toBe('refused');
  expect(outcome('purpose', 'missing')).toBe('refused');
  expect(report.verdict).toBe('pass');
});

describe('intervals at 95 %', () => {
  test('of a share that repeats of one row give together cover their truth', async () => {
    // Rows differ in their own chance of a flip, so that repeats of one row go together.
    const { share, chance } = await coverageOf(
      { tries: 2000, seed: 11, level: LEVEL },
      (random) => {
        const shares = Array.from({ length: 80 }, () => {
          const own = random() < 0.3 ? 0.8 : 0.05;
          const flips = Array.from({ length: 5 }, () => (random() < own ? 1 : 0));
          return flips.reduce<number>((sum, flip) => sum + flip, 0) / 5;
        });
        return { interval: clusteredShare(shares, LEVEL)?.interval, truth: 0.3 * 0.8 + 0.7 * 0.05 };
      },
    );
    expect(Math.abs(share - LEVEL)).toBeLessThan(0.01 + chance);
  });

  test('of a difference of paired proportions cover their truth', async () => {
    const { share, chance } = await coverageOf(
      { tries: 3000, seed: 12, level: LEVEL },
      (random) => {
        const rows = 120;
        let [toAdverse, toFavourable] = [0, 0];
        for (let row = 0; row < rows; row += 1) {
          const drawn = random();
          if (drawn < 0.12) toAdverse += 1;
          else if (drawn < 0.16) toFavourable += 1;
        }
        return {
          interval: pairedProportions({ toAdverse, toFavourable, rows }, LEVEL)?.interval,
          truth: 0.08,
        };
      },
    );
    expect(Math.abs(share - LEVEL)).toBeLessThan(0.01 + chance);
  });
});

describe('keyed draws', () => {
  test('are uniform: tenths of 20,000 stay within what chance explains', () => {
    const draws = drawsOf('uniform', 4);
    const counts = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 20_000; draw += 1) counts[Math.floor(draws() * 10)]! += 1;
    const chi = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
    // The 99.9 % quantile of chi-squared with nine degrees.
    expect(chi).toBeLessThan(27.88);
  });

  test('of neighbouring keys are unrelated, and of one key the same', () => {
    const of = (key: number) => {
      const draws = normalDraws(drawsOf('key', key));
      return Array.from({ length: 4000 }, draws);
    };
    const [first, second] = [of(1), of(2)];
    const correlation = first.reduce((sum, value, at) => sum + value * second[at]!, 0) / 4000;
    expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(4000));
    expect(of(1)).toEqual(first);
  });
});
