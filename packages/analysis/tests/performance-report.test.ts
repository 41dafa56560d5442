// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import {
  AnalysisError,
  type ColumnTypes,
  loadTable,
  type PerformanceInput,
  type PerformanceReport,
  performanceReport,
} from '../src/index.ts';
import { seededNumbers } from './agreement/generated-rows.ts';

const COLUMNS: ColumnTypes = {
  score: 'number',
  label: 'integer',
  weight: 'number',
  borrower: 'text',
  region: 'text',
};
const ROLES = { score: 'score', label: 'label' };
const CUTOFF = { cutoff: '0.4', adverseWhen: 'at-or-above' } as const;

function rows(count: number, region = (at: number) => (at % 40 === 0 ? 'islands' : 'mainland')) {
  const random = seededNumbers(7);
  return Array.from({ length: count }, (_, at) => {
    const score = Math.round(random() * 1000) / 1000;
    const label = random() < score ? 1 : 0;
    return `${score},${label},${1 + (at % 3)},b${at % 50},${region(at)}`;
  });
}

async function report(
  lines: readonly string[],
  input: Partial<PerformanceInput> = {},
): Promise<PerformanceReport> {
  const bytes = Buffer.from(`${['score,label,weight,borrower,region', ...lines].join('\n')}\n`);
  const table = await loadTable({ format: 'csv', bytes }, COLUMNS);
  try {
    return await performanceReport(table, { roles: ROLES, cutoff: CUTOFF, plan: {}, ...input });
  } finally {
    table.close();
  }
}

test('too few rows give no number, curve or table, and the reason', async () => {
  const few = await report(rows(15), {
    plan: { costs: { false_positive: '1', false_negative: '5' } },
  });
  for (const one of few.measurements) {
    expect(one).toMatchObject({
      value: null,
      verdict: 'too-few',
      reason: '15 rows are fewer than 20',
    });
  }
  expect(few).toMatchObject({ calibration: [], roc: [], bands: [] });
  for (const member of ['confusion', 'brier_parts', 'hosmer_lemeshow', 'cost', 'weighted']) {
    expect(few).not.toHaveProperty(member);
  }
});

test('a segment under the minimum of rows is named without a number, weighted figures included', async () => {
  const made = await report(rows(400), {
    roles: { ...ROLES, weights: 'weight', unit: 'borrower' },
    plan: { segments: [{ name: 'region', column: 'region' }], bootstrap: { replicates: 99 } },
  });
  const figures = made.segments[0]!.measurements;
  const islands = figures.filter(({ group }) => group?.value === 'islands');
  expect(islands.some(({ weighted }) => weighted === true)).toBe(true);
  for (const one of islands) expect(one).toMatchObject({ n: 10, value: null, verdict: 'too-few' });
  const mainland = figures.filter(({ group }) => group?.value === 'mainland');
  for (const one of mainland) expect(one.value, one.metric).not.toBeNull();
});

test('a declared unit gives every figure an interval from resampling, wider where its rows repeat', async () => {
  const repeated = rows(60).flatMap((line) => {
    const parts = line.split(',');
    return [0, 1, 2, 3, 4].map(() =>
      [...parts.slice(0, 3), `u${line}`.replaceAll(',', ' '), parts[4]].join(','),
    );
  });
  const plain = await report(repeated);
  const byUnit = await report(repeated, { roles: { ...ROLES, unit: 'borrower' } });
  expect(byUnit.clusters).toMatchObject({ unit: 'borrower', replicates: 399 });
  const width = (made: PerformanceReport, metric: string) => {
    const { interval } = made.measurements.find((one) => one.metric === metric)!;
    return Number(interval!.high) - Number(interval!.low);
  };
  for (const metric of ['auc', 'brier', 'sensitivity', 'event_rate', 'calibration_slope']) {
    expect(width(byUnit, metric), metric).toBeGreaterThan(1.5 * width(plain, metric));
  }
  for (const one of byUnit.measurements) {
    expect(one.interval?.method, one.metric).toBe('cluster-bootstrap-percentile');
    expect(one.source).toContain('resampling units');
    expect(one.value).toBe(plain.measurements.find(({ metric }) => metric === one.metric)!.value);
  }
});

test('equal weights of any size give the figures without weights', async () => {
  const heavy = rows(300).map((line) => line.replace(/,[123],b/, ',2.5,b'));
  const { measurements, weighted } = await report(heavy, {
    roles: { ...ROLES, weights: 'weight' },
  });
  const plain = measurements.filter((one) => one.weighted !== true);
  for (const one of plain) {
    const twin = measurements.find(
      ({ metric, weighted: is }) => is === true && metric === one.metric,
    )!;
    expect(Number(twin.value), one.metric).toBeCloseTo(Number(one.value), 10);
  }
  expect(plain.length).toBe(measurements.length / 2);
  expect(weighted!.bands).toHaveLength(10);
});

test('rates at further cutoffs stand beside, grouped by cutoff and never judged', async () => {
  const made = await report(rows(300), {
    plan: { cutoffs: ['0.4', '0.6'], metrics: { sensitivity: { min: '0.99' } } },
  });
  const here = made.measurements.find(({ metric }) => metric === 'sensitivity')!;
  const [same, other] = made.cutoffs.filter(({ metric }) => metric === 'sensitivity');
  expect(here.verdict).toBe('fail');
  expect(same).toMatchObject({ value: here.value, verdict: 'informational' });
  expect(same!.group).toEqual({ by: 'cutoff', value: '0.4' });
  expect(Number(other!.value)).toBeLessThan(Number(same!.value));
});

test('a limit on Hosmer–Lemeshow is refused, and a row without a unit is named', async () => {
  await expect(
    report(rows(50), { plan: { metrics: { hosmer_lemeshow: { max: '20' } } } }),
  ).rejects.toMatchObject({
    code: 'plan_invalid',
  });
  const lines = rows(50);
  lines[3] = lines[3]!.replace(/,b\d+,/, ',,');
  const refused = await report(lines, { roles: { ...ROLES, unit: 'borrower' } }).catch(
    (error) => error,
  );
  expect(refused).toBeInstanceOf(AnalysisError);
  expect(refused.message).toMatch(/^row 4, column `borrower`/);
});
