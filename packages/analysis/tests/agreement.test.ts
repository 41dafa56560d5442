// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  auc,
  aucDifference,
  brier,
  brierDifference,
  calibration,
  cellsOf,
  commonOddsRatio,
  commonRiskRatio,
  confusion,
  fisherExact,
  katzRatio,
  kolmogorovSmirnov,
  logLoss,
  oddsRatio,
  type PairedCells,
  scoreRatio,
  standardisedDifference,
  wilson,
} from '../src/index.ts';
import { chiSquaredCritical, chiSquaredTail } from '../src/numeric/chi-squared.ts';
import { logGamma } from '../src/numeric/gamma.ts';
import { exactOddsInterval } from '../src/numeric/hypergeometric.ts';
import { normalQuantile } from '../src/numeric/normal.ts';
import { generatedRows, printedSeed, seededNumbers } from './agreement/generated-rows.ts';
import { preparedEnvironment, referenceFigures } from './agreement/python-reference.ts';

const INSTALL_TIMEOUT_MS = 900_000;
const LEVEL = 0.95;
const CUTOFF = { cutoff: '0.2', adverseWhen: 'at-or-above' } as const;
const pair = z.tuple([z.number(), z.number()]);

const figures = z.object({
  binary: z.object({
    auc: z.number(),
    auc_interval: pair,
    ks: z.number(),
    brier: z.number(),
    log_loss: z.number(),
    slope: z.number(),
    slope_interval: pair,
    joint_intercept: z.number(),
    intercept: z.number(),
    intercept_interval: pair,
    confusion: z.array(z.number()),
    weighted: z.object({
      auc: z.number(),
      brier: z.number(),
      log_loss: z.number(),
      slope: z.number(),
    }),
  }),
  paired: z.object({
    auc_difference: z.number(),
    p: z.number(),
    brier_difference: z.number(),
    brier_interval: pair,
  }),
  tables: z.array(
    z.object({
      fisher: z.number(),
      exact: pair,
      woolf: pair.nullable(),
      katz: pair.nullable(),
      score: pair,
      wilson: pair,
    }),
  ),
  stratified: z.object({ odds: z.number(), odds_interval: pair, risk: z.number() }),
  smd: z.object({ approximate: z.number(), cohen: z.number() }),
  parity: z.number(),
  special: z.object({
    normal: z.array(z.number()),
    chi2_tail: z.array(z.number()),
    chi2_critical: z.array(z.number()),
    gammaln: z.array(z.number()),
  }),
});

const seed = printedSeed('agreement');
const random = seededNumbers(seed);
const rows = generatedRows(1200, random);
const denied = rows.map((row) => (row.score >= 0.2 ? 1 : 0));
const counted = (keep: (index: number) => boolean) =>
  denied.filter((_, index) => keep(index)).length;
const tables = [
  [3, 1, 1, 3],
  [12, 30, 25, 80],
  [40, 160, 90, 210],
  [2, 58, 9, 131],
  ...Array.from({ length: 6 }, () =>
    Array.from({ length: 4 }, () => 1 + Math.floor(random() * 60)),
  ),
].map(([a, b, c, d]) => ({ a: a!, b: b!, c: c!, d: d! }));
const strata = ['x', 'y', 'z'].map((name) => {
  const cell = (group: string, decision: number) =>
    counted((i) => rows[i]!.stratum === name && rows[i]!.group === group && denied[i] === decision);
  return { a: cell('b', 1), b: cell('b', 0), c: cell('a', 1), d: cell('a', 0) };
});
const groupScores = (group: string) =>
  rows.filter((row) => row.group === group).map((row) => row.score);
const special = {
  p: [1e-20, 0.001, 0.025, 0.3, 0.5, 0.9, 0.975, 0.9999],
  chi2: [
    [0.1, 1],
    [3.84, 1],
    [9, 9],
    [30, 9],
    [120, 60],
  ] as const,
  gamma: [0.1, 0.5, 1, 2.5, 10, 171.3, 1e6],
};

describe('agreement with independent implementations', () => {
  let expected: z.infer<typeof figures>;
  beforeAll(() => {
    preparedEnvironment();
    const column = (key: 'score' | 'challenger' | 'label' | 'weight') =>
      rows.map((row) => row[key]);
    expected = figures.parse(
      referenceFigures({
        binary: {
          score: column('score'),
          label: column('label'),
          weight: column('weight'),
          cutoff: 0.2,
        },
        paired: {
          score: column('score'),
          challenger: column('challenger'),
          label: column('label'),
        },
        tables: tables.map(({ a, b, c, d }) => [a, b, c, d]),
        stratified: strata.map(({ a, b, c, d }) => [a, b, c, d]),
        smd: { first: groupScores('b'), second: groupScores('a') },
        parity: { denied, group: rows.map((row) => row.group) },
        special,
      }),
    );
  }, INSTALL_TIMEOUT_MS);

  const plain = cellsOf(rows.map(({ score, label }) => ({ score, label })));

  test('AUC is that of scikit-learn, its interval that of DeLong by definition', () => {
    const area = auc(plain, LEVEL)!;
    expect(area.value).toBeCloseTo(expected.binary.auc, 12);
    expect(area.interval!.low).toBeCloseTo(expected.binary.auc_interval[0], 12);
    expect(area.interval!.high).toBeCloseTo(expected.binary.auc_interval[1], 12);
  });

  test('KS is that of scipy', () => {
    expect(kolmogorovSmirnov(plain, LEVEL)!.value).toBeCloseTo(expected.binary.ks, 12);
  });

  test('Brier score and log loss are those of scikit-learn', () => {
    expect(brier(plain, LEVEL)!.value).toBeCloseTo(expected.binary.brier, 12);
    expect(logLoss(plain, LEVEL)!.value).toBeCloseTo(expected.binary.log_loss, 12);
  });

  test('calibration is the fit of statsmodels, intervals included', () => {
    const fit = calibration(plain, LEVEL);
    expect(fit.slope!.value).toBeCloseTo(expected.binary.slope, 8);
    expect(fit.slope!.interval!.low).toBeCloseTo(expected.binary.slope_interval[0], 8);
    expect(fit.slope!.interval!.high).toBeCloseTo(expected.binary.slope_interval[1], 8);
    expect(fit.jointIntercept!.value).toBeCloseTo(expected.binary.joint_intercept, 8);
    expect(fit.intercept!.value).toBeCloseTo(expected.binary.intercept, 8);
    expect(fit.intercept!.interval!.low).toBeCloseTo(expected.binary.intercept_interval[0], 8);
  });

  test('counts at the cutoff are those of scikit-learn', () => {
    const counts = confusion(plain, CUTOFF);
    expect([
      counts.trueNegatives,
      counts.falsePositives,
      counts.falseNegatives,
      counts.truePositives,
    ]).toEqual(expected.binary.confusion);
  });

  test('weighted figures are those of scikit-learn and statsmodels', () => {
    const weighted = cellsOf(rows.map(({ score, label, weight }) => ({ score, label, weight })));
    expect(auc(weighted, LEVEL)!.value).toBeCloseTo(expected.binary.weighted.auc, 12);
    expect(brier(weighted, LEVEL)!.value).toBeCloseTo(expected.binary.weighted.brier, 12);
    expect(logLoss(weighted, LEVEL)!.value).toBeCloseTo(expected.binary.weighted.log_loss, 12);
    expect(calibration(weighted, LEVEL).slope!.value).toBeCloseTo(
      expected.binary.weighted.slope,
      8,
    );
  });

  test('the paired AUC difference is that of DeLong by definition', () => {
    const sorted = [...rows].sort(
      (a, b) => a.score - b.score || a.challenger - b.challenger || a.label - b.label,
    );
    const pairs: PairedCells = {
      candidate: Float64Array.from(sorted, (row) => row.score),
      challenger: Float64Array.from(sorted, (row) => row.challenger),
      labels: Float64Array.from(sorted, (row) => row.label),
      counts: Float64Array.from(sorted, () => 1),
    };
    const difference = aucDifference(pairs, LEVEL)!;
    expect(difference.value).toBeCloseTo(expected.paired.auc_difference, 12);
    expect(difference.pValue).toBeCloseTo(expected.paired.p, 10);
    const squared = brierDifference(pairs, LEVEL)!;
    expect(squared.value).toBeCloseTo(expected.paired.brier_difference, 12);
    expect(squared.interval!.low).toBeCloseTo(expected.paired.brier_interval[0], 12);
    expect(squared.interval!.high).toBeCloseTo(expected.paired.brier_interval[1], 12);
  });

  test('intervals of two-by-two tables are those of scipy and statsmodels', () => {
    tables.forEach((counts, index) => {
      const { a, b, c, d } = counts;
      const other = expected.tables[index]!;
      const ratio = { x1: a, n1: a + b, x2: c, n2: c + d };
      expect(fisherExact(counts)).toBeCloseTo(other.fisher, 10);
      const exact = exactOddsInterval(counts, LEVEL);
      expect(exact.low / other.exact[0]).toBeCloseTo(1, 6);
      expect(exact.high / other.exact[1]).toBeCloseTo(1, 6);
      expect(scoreRatio(ratio, LEVEL)!.interval!.low / other.score[0]).toBeCloseTo(1, 6);
      expect(scoreRatio(ratio, LEVEL)!.interval!.high / other.score[1]).toBeCloseTo(1, 6);
      expect(katzRatio(ratio, LEVEL)!.interval!.low).toBeCloseTo(other.katz![0], 10);
      expect(katzRatio(ratio, LEVEL)!.interval!.high).toBeCloseTo(other.katz![1], 10);
      expect(wilson(a, a + b, LEVEL)!.interval!.low).toBeCloseTo(other.wilson[0], 12);
      expect(wilson(a, a + b, LEVEL)!.interval!.high).toBeCloseTo(other.wilson[1], 12);
      const odds = oddsRatio(counts, LEVEL)!.interval!;
      const wanted = Math.min(a, b, c, d) < 10 ? other.exact : other.woolf!;
      expect(odds.low / wanted[0]).toBeCloseTo(1, 6);
      expect(odds.high / wanted[1]).toBeCloseTo(1, 6);
    });
  });

  test('common ratios over strata are those of statsmodels', () => {
    const odds = commonOddsRatio(strata, LEVEL)!;
    expect(odds.value).toBeCloseTo(expected.stratified.odds, 12);
    expect(odds.interval!.low).toBeCloseTo(expected.stratified.odds_interval[0], 10);
    expect(odds.interval!.high).toBeCloseTo(expected.stratified.odds_interval[1], 10);
    expect(commonRiskRatio(strata, LEVEL)!.value).toBeCloseTo(expected.stratified.risk, 12);
  });

  test('the standardised difference is Cohen’s with the exact correction, near that of statsmodels', () => {
    const moments = (values: readonly number[]) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      return { n: values.length, mean, variance: squares / (values.length - 1) };
    };
    const ours = standardisedDifference(
      moments(groupScores('b')),
      moments(groupScores('a')),
      LEVEL,
    )!;
    const degrees = rows.length - 2;
    expect(ours.value / expected.smd.cohen).toBeCloseTo(1 - 3 / (4 * degrees - 1), 6);
    expect(ours.value).toBeCloseTo(expected.smd.approximate, 6);
  });

  test('the approval ratio is the demographic parity ratio of fairlearn', () => {
    const share = (group: string) => {
      const n = counted((i) => rows[i]!.group === group);
      return { n, approved: counted((i) => rows[i]!.group === group && denied[i] === 0) };
    };
    const [b, a] = [share('b'), share('a')];
    const ratio = scoreRatio({ x1: b.approved, n1: b.n, x2: a.approved, n2: a.n }, LEVEL)!.value;
    expect(Math.min(ratio, 1 / ratio)).toBeCloseTo(expected.parity, 12);
  });

  test('quantiles and tails are those of scipy', () => {
    special.p.forEach((p, index) => {
      expect(normalQuantile(p)).toBeCloseTo(expected.special.normal[index]!, 12);
    });
    special.chi2.forEach(([x, degrees], index) => {
      expect(chiSquaredTail(x, degrees) / expected.special.chi2_tail[index]!).toBeCloseTo(1, 11);
      const critical = expected.special.chi2_critical[index]!;
      expect(chiSquaredCritical(0.01, degrees) / critical).toBeCloseTo(1, 11);
    });
    special.gamma.forEach((x, index) => {
      expect(logGamma(x) - expected.special.gammaln[index]!).toBeCloseTo(0, 7);
    });
  });
});
