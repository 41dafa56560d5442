// SPDX-License-Identifier: Apache-2.0
import { assertRecordJson, parseStrictJson } from '@countersign/kernel';
import { describe, expect, test } from 'vitest';
import { groupProbabilities } from '../src/fairness/proxy/group-probabilities.ts';
import {
  type ColumnTypes,
  evaluatePlan,
  loadTable,
  type ProxyInput,
  type ProxyReport,
  proxyReport,
} from '../src/index.ts';
import { printedSeed, seededNumbers } from './agreement/generated-rows.ts';

// The tables are made up, small enough to combine by hand: no census table is among the tests.
const SURNAMES = 'name,green,blue\nASH,0.8,0.2\nBIRCH,0.1,0.9\nO’CEDAR,0.5,0.5\n';
const AREAS = 'area,green,blue\n01,300,100\n02,100,500\n03,600,400\n';
const csv = (text: string) => ({ format: 'csv' as const, bytes: Buffer.from(text) });
const SOURCES = { surname: csv(SURNAMES), geography: csv(AREAS) };
const COLUMNS: ColumnTypes = { surname: 'text', tract: 'text', score: 'number', label: 'integer' };
const CUTOFF = { cutoff: '0.5', adverseWhen: 'at-or-above' } as const;
const PLAN: ProxyInput['plan'] = {
  governing: 'approval_ratio',
  why: 'screen',
  limits: { approval_ratio: { min: '0.8' } },
  proxy: {
    method: 'bisg',
    why: 'made-up tables of two groups',
    groups: ['green', 'blue'],
    reference: 'blue',
    surname: { column: 'surname', table: 'surnames.csv', key: 'name' },
    geography: { column: 'tract', table: 'areas.csv', key: 'area' },
  },
};

const table = (lines: readonly string[]) =>
  loadTable(csv(['surname,tract,score,label', ...lines, ''].join('\n')), COLUMNS);

async function reported(lines: readonly string[], plan = PLAN): Promise<ProxyReport> {
  const rows = await table(lines);
  try {
    return await proxyReport(rows, { plan, score: 'score', cutoff: CUTOFF, sources: SOURCES });
  } finally {
    rows.close();
  }
}

async function probabilities(lines: readonly string[]): Promise<readonly (number | null)[]> {
  const rows = await table(lines);
  const { from, variants } = await groupProbabilities(rows, PLAN.proxy, SOURCES);
  const [green] = await rows.select(
    `SELECT ${variants[0]!.columns[0]} FROM ${from} ORDER BY r.rowid`,
  );
  rows.close();
  return green!.map((value) => (value === null ? null : Number(value)));
}

describe('Bayesian surname geocoding', () => {
  test('combines surname and area by Bayes’ rule', async () => {
    // P(green | Ash, 01) ∝ 0.8 · 300/1000, P(blue | Ash, 01) ∝ 0.2 · 100/1000: 0.24 against 0.02.
    // P(green | Birch, 02) ∝ 0.1 · 100/1000, blue ∝ 0.9 · 500/1000: 0.01 against 0.45.
    const [ash, birch] = await probabilities(['Ash,01,0.2,0', 'Birch,02,0.2,0']);
    expect(ash).toBeCloseTo(0.24 / 0.26, 14);
    expect(birch).toBeCloseTo(0.01 / 0.46, 14);
  });

  test('finds a surname whatever its case, accents and marks, and a double name by its first part', async () => {
    const [plain, ...others] = await probabilities([
      "O'Cedar,03,0.2,0",
      'ó cedar,03,0.2,0',
      'OCEDAR,03,0.2,0',
      'Ash-Elm,01,0.2,0',
      'Elm,01,0.2,0',
      'Ash,99,0.2,0',
      ',01,0.2,0',
    ]);
    expect(plain).toBeCloseTo(0.6, 14);
    expect(others[0]).toBe(plain);
    expect(others[1]).toBe(plain);
    expect(others[2]).toBeCloseTo(0.24 / 0.26, 14);
    expect(others.slice(3)).toEqual([null, null, null]);
  });

  test('counts rows that it can tell nothing of apart', async () => {
    const report = await reported(['Ash,01,0.2,0', 'Elm,01,0.2,0', 'Ash,99,0.9,0']);
    expect([report.told, report.untold, report.untold_approved]).toEqual([1, 2, 1]);
  });

  test.each([
    ['a name twice', { surname: csv(`${SURNAMES}Ash,0.5,0.5\n`) }, /`ASH` stands in more than one/],
    ['a suppressed cell', { surname: csv('name,green,blue\nASH,,0.2\n') }, /fill in suppressed/],
    ['no table', { surname: undefined }, /not at hand/],
  ])('refuses a table with %s', async (_, change, message) => {
    const rows = await table(['Ash,01,0.2,0']);
    const input = { plan: PLAN, score: 'score', cutoff: CUTOFF };
    await expect(
      proxyReport(rows, { ...input, sources: { ...SOURCES, ...change } }),
    ).rejects.toThrow(message);
    rows.close();
  });
});

// Truth is drawn from the probabilities and approval depends on the group alone, so that the weighted rate of each group
// is a mixture of both: the bias that Chen et al. 2019 describe, with the truth between the bounds.
function drawn(random: () => number, rates: { readonly green: number; readonly blue: number }) {
  const posteriors = [
    ['Ash', '01', 0.24 / 0.26],
    ['Ash', '02', 0.08 / 0.18],
    ['Birch', '02', 0.01 / 0.46],
    ['Birch', '03', 0.06 / 0.42],
  ] as const;
  let [members, approvals] = [0, 0];
  const lines = Array.from({ length: 6000 }, () => {
    const [name, area, share] = posteriors[Math.floor(random() * 4)]!;
    const green = random() < share;
    const approved = random() < (green ? rates.green : rates.blue);
    if (green) members += 1;
    if (green && approved) approvals += 1;
    return `${name},${area},${approved ? 0.2 : 0.8},0`;
  });
  return { lines, truth: approvals / members };
}

describe('approvals by probable group', () => {
  test('are weighted by the probability, with bounds that hold the truth which weighting misses', async () => {
    const random = seededNumbers(printedSeed('proxy bounds'));
    const { lines, truth } = drawn(random, { green: 0.4, blue: 0.8 });
    const report = await reported(lines);
    const [green] = report.groups;
    const weighted = report.measurements.find(
      ({ metric, group }) => metric === 'proxy_approval_rate' && group!.value === 'green',
    )!;
    expect(Number(weighted.value)).toBeGreaterThan(truth + 0.02);
    expect(Number(green!.rate_bounds!.low)).toBeLessThan(truth);
    expect(Number(green!.rate_bounds!.high)).toBeGreaterThan(truth);
  });

  test('are the true rate where approval does not depend on group among equal names and places', async () => {
    const random = seededNumbers(printedSeed('proxy weights'));
    const { lines, truth } = drawn(random, { green: 0.6, blue: 0.6 });
    const report = await reported(lines);
    const { interval } = report.measurements[0]!;
    // Four standard errors about the drawn truth: the interval is about the chance, the truth about the draw.
    const width = Number(interval!.high) - Number(interval!.low);
    expect(Math.abs(Number(report.measurements[0]!.value) - truth)).toBeLessThan(2 * width);
  });

  test('are shown by every estimator, with the band between them', async () => {
    const { lines } = drawn(seededNumbers(3), { green: 0.5, blue: 0.7 });
    const report = await reported(lines);
    const { estimators, band, ratio_bounds } = report.groups[0]!;
    expect(estimators!.map(({ estimator }) => estimator)).toEqual([
      'weighted',
      'weighted, surname alone',
      'weighted, area alone',
      'probability above 0.5',
      'probability above 0.8',
    ]);
    const ratios = estimators!.map(({ ratio }) => Number(ratio));
    expect([Number(band!.low), Number(band!.high)]).toEqual([
      Math.min(...ratios),
      Math.max(...ratios),
    ]);
    expect(Number(ratio_bounds!.low)).toBeLessThan(Number(band!.low));
    assertRecordJson(parseStrictJson(JSON.stringify(report), { maxBytes: 1 << 24 }));
  });

  test('say too few where few members are expected', async () => {
    const report = await reported(['Ash,01,0.2,0', 'Birch,02,0.8,0']);
    expect(report.measurements.every(({ value }) => value === null)).toBe(true);
    expect(report.measurements[0]!.verdict).toBe('too-few');
  });

  test('come from columns of the data too, which must add up', async () => {
    const stated: ProxyInput['plan'] = {
      ...PLAN,
      proxy: {
        method: 'stated',
        why: 'made by a vendor',
        groups: ['green', 'blue'],
        reference: 'blue',
        probabilities: { green: 'g', blue: 'b' },
      },
    };
    const columns = { g: 'number', b: 'number', score: 'number' } as const;
    const lines = Array.from(
      { length: 40 },
      (_, i) => `${i % 2},${1 - (i % 2)},${i % 4 < 2 ? 0.1 : 0.9}`,
    );
    const rows = await loadTable(csv(['g,b,score', ...lines, ''].join('\n')), columns);
    const input = { plan: stated, score: 'score', cutoff: CUTOFF, sources: {} };
    const report = await proxyReport(rows, input);
    expect(report.measurements.map(({ value }) => value)).toEqual(['0.5', '1', '0.5']);
    rows.close();
    const broken = await loadTable(csv('g,b,score\n0.5,0.4,0.1\n'), columns);
    await expect(proxyReport(broken, input)).rejects.toMatchObject({ details: { row: 1 } });
    broken.close();
  });

  test('never decide: a limit on them is refused, and the report has none', async () => {
    const limits = { approval_ratio: { min: '0.8' }, proxy_approval_ratio: { min: '0.8' } };
    await expect(reported(['Ash,01,0.2,0'], { ...PLAN, limits })).rejects.toMatchObject({
      code: 'plan_invalid',
      details: { field: 'fairness.limits.proxy_approval_ratio' },
    });
    const { lines } = drawn(seededNumbers(5), { green: 0.1, blue: 0.9 });
    const rows = await table(lines.map((line, index) => line.replace(/0$/, String(index % 2))));
    const { parts } = await evaluatePlan({ fairness: PLAN }, rows, {
      roles: { score: 'score', label: 'label' },
      cutoff: CUTOFF,
      protected: [],
      proxyTables: SOURCES,
    });
    rows.close();
    expect(parts.map(({ kind, report }) => [kind, report.verdict])).toEqual([
      ['proxy', 'informational'],
    ]);
  });
});
