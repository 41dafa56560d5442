// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  adjustedP,
  type FairnessReport,
  fairnessReport,
  loadTable,
  newcombeDifference,
  scoreDifference,
} from '../src/index.ts';
import { fisherUpper } from '../src/numeric/hypergeometric.ts';
import { LOSS_UNITS, type SliceCounts } from '../src/slices/slice-counts.ts';
import { excessEstimate, testSlice } from '../src/slices/slice-tests.ts';
import { generatedRows, printedSeed, seededNumbers } from './agreement/generated-rows.ts';
import { preparedEnvironment, referenceFigures } from './agreement/python-reference.ts';

const INSTALL_TIMEOUT_MS = 900_000;
const pair = z.tuple([z.number(), z.number()]);
const byGroup = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.record(z.string(), z.object(shape));
const figures = z.object({
  groups: z.object({
    by_group: byGroup({ rate: z.number(), tpr: z.number(), fpr: z.number(), ppv: z.number() }),
    weighted: byGroup({ rate: z.number(), tpr: z.number() }),
    demographic_parity_ratio: z.number(),
    equal_opportunity_difference: z.number(),
    equal_opportunity_ratio: z.number(),
    equalized_odds_difference: z.number(),
    accuracy: byGroup({
      auc: z.number(),
      slope: z.number(),
      slope_interval: pair,
      observed_expected: z.number(),
    }),
  }),
  differences: z.array(z.object({ score: pair, newcomb: pair })),
  adjusted: z.object({ fdr_bh: z.array(z.number()), fdr_by: z.array(z.number()) }),
  tails: z.object({ welch: z.number(), interval: pair, fisher: z.number() }),
});

const random = seededNumbers(printedSeed('fairness agreement'));
const rows = generatedRows(1500, random);
// Neither 0 nor all: the restricted maximum then lies on an edge, where a root finder has no bracket.
const proportions = [
  [56, 70, 48, 80],
  [9, 10, 3, 10],
  [1, 12, 5, 20],
  [29, 30, 20, 25],
  ...Array.from({ length: 5 }, () => {
    const sizes = [1, 2].map(() => 5 + Math.floor(random() * 200));
    return sizes.flatMap((n) => [1 + Math.floor(random() * (n - 1)), n]);
  }),
].map(([x1, n1, x2, n2]) => ({ x1: x1!, n1: n1!, x2: x2!, n2: n2! }));
const p = Array.from({ length: 40 }, () => random() ** 3);
const losses = (count: number, scale: number) =>
  Array.from({ length: count }, () => Math.round(-Math.log(1 - random()) * scale * 1000) / 1000);
const [inside, outside] = [losses(60, 1.3), losses(400, 1)];
const table = { a: 14, b: 46, c: 50, d: 350 };

describe('agreement of fairness and slices with independent implementations', () => {
  let expected: z.infer<typeof figures>;
  let report: FairnessReport;
  beforeAll(async () => {
    preparedEnvironment();
    const column = (key: 'label' | 'score' | 'weight' | 'group') => rows.map((row) => row[key]);
    expected = figures.parse(
      referenceFigures(
        {
          groups: {
            label: column('label'),
            score: column('score'),
            weight: column('weight'),
            group: column('group'),
            cutoff: 0.2,
          },
          differences: proportions.map(({ x1, n1, x2, n2 }) => [x1, n1, x2, n2]),
          adjusted: p,
          tails: {
            inside,
            outside,
            table: [
              [table.a, table.b],
              [table.c, table.d],
            ],
          },
        },
        'fairness_reference.py',
      ),
    );
    const lines = rows.map(({ score, label, weight, group }) =>
      [score, label, weight, group].join(','),
    );
    const bytes = Buffer.from(['score,label,weight,group', ...lines, ''].join('\n'));
    const loaded = await loadTable(
      { format: 'csv', bytes },
      { score: 'number', label: 'integer', weight: 'number', group: 'text' },
    );
    const cutoff = { cutoff: '0.2', adverseWhen: 'at-or-above' } as const;
    report = await fairnessReport(loaded, {
      plan: {
        governing: 'equalised_odds_difference',
        why: 'agreement',
        limits: { equalised_odds_difference: { max: '0.5' } },
      },
      protected: [{ name: 'group', column: 'group', reference: 'a' }],
      basis: { on: 'recommendation', score: 'score', cutoff },
      roles: { score: 'score', label: 'label', weights: 'weight' },
    });
    loaded.close();
  }, INSTALL_TIMEOUT_MS);

  const compared = (metric: string, weighted?: true) =>
    Number(
      report.measurements.find((one) => one.metric === metric && one.weighted === weighted)!.value,
    );
  const figure = (metric: string, group: string) =>
    report.attributes[0]!.outcomes!.figures.find(
      (one) => one.metric === metric && one.group!.value === group,
    )!;

  test('rates by group are those of a Fairlearn MetricFrame', () => {
    for (const [group, frame] of Object.entries(expected.groups.by_group)) {
      expect(Number(figure('favourable_approval_rate', group).value)).toBeCloseTo(frame.tpr, 11);
      expect(Number(figure('unfavourable_approval_rate', group).value)).toBeCloseTo(frame.fpr, 11);
      expect(Number(figure('approved_favourable_rate', group).value)).toBeCloseTo(frame.ppv, 11);
    }
    const { a, b } = expected.groups.by_group;
    expect(compared('approval_ratio')).toBeCloseTo(b!.rate / a!.rate, 11);
    expect(compared('predictive_parity_difference')).toBeCloseTo(b!.ppv - a!.ppv, 11);
    expect(compared('false_approval_difference')).toBeCloseTo(b!.fpr - a!.fpr, 11);
  });

  test('equal opportunity, equalised odds and the parity ratio are those of Fairlearn, but for sign and direction', () => {
    const { groups } = expected;
    const ratio = compared('approval_ratio');
    expect(Math.min(ratio, 1 / ratio)).toBeCloseTo(groups.demographic_parity_ratio, 11);
    const gap = compared('equal_opportunity_difference');
    expect(Math.abs(gap)).toBeCloseTo(groups.equal_opportunity_difference, 11);
    const opportunity = compared('equal_opportunity_ratio');
    const least = Math.min(opportunity, 1 / opportunity);
    expect(least).toBeCloseTo(groups.equal_opportunity_ratio, 11);
    const odds = compared('equalised_odds_difference');
    expect(odds).toBeCloseTo(groups.equalized_odds_difference, 11);
  });

  test('weighted rates are those of Fairlearn with sample weights', () => {
    const { a, b } = expected.groups.weighted;
    expect(compared('approval_ratio', true)).toBeCloseTo(b!.rate / a!.rate, 11);
    expect(compared('equal_opportunity_difference', true)).toBeCloseTo(b!.tpr - a!.tpr, 11);
  });

  test('AUC and calibration in a group are those of scikit-learn and statsmodels on its rows alone', () => {
    for (const [group, accuracy] of Object.entries(expected.groups.accuracy)) {
      expect(Number(figure('auc', group).value)).toBeCloseTo(accuracy.auc, 11);
      const slope = figure('calibration_slope', group);
      expect(Number(slope.value)).toBeCloseTo(accuracy.slope, 7);
      expect(Number(slope.interval!.low)).toBeCloseTo(accuracy.slope_interval[0], 6);
      expect(Number(figure('observed_expected_ratio', group).value)).toBeCloseTo(
        accuracy.observed_expected,
        11,
      );
    }
  });

  test('the score interval of a difference is that of its definition, the hybrid one that of statsmodels', () => {
    proportions.forEach((counts, index) => {
      const { score, newcomb } = expected.differences[index]!;
      const ours = scoreDifference(counts, 0.95)!.interval!;
      expect(ours.low).toBeCloseTo(score[0], 9);
      expect(ours.high).toBeCloseTo(score[1], 9);
      const hybrid = newcombeDifference(counts, 0.95)!.interval!;
      expect(hybrid.low).toBeCloseTo(newcomb[0], 9);
      expect(hybrid.high).toBeCloseTo(newcomb[1], 9);
    });
  });

  test('adjusted p values are those of statsmodels', () => {
    adjustedP(p, 'benjamini-hochberg').forEach((value, index) => {
      expect(value).toBeCloseTo(expected.adjusted.fdr_bh[index]!, 12);
    });
    adjustedP(p, 'benjamini-yekutieli').forEach((value, index) => {
      expect(value).toBeCloseTo(expected.adjusted.fdr_by[index]!, 12);
    });
  });

  test('the tests of a slice against the rest are those of scipy', () => {
    const slice = countsOf(inside);
    const all = countsOf([...inside, ...outside]);
    const found = testSlice(slice, all, { metric: 'log_loss', effectMin: 0 });
    expect(found.p).toBeCloseTo(expected.tails.welch, 9);
    const { interval } = excessEstimate(slice, all, { metric: 'log_loss', level: 0.95 })!;
    expect(interval!.low).toBeCloseTo(expected.tails.interval[0], 8);
    expect(interval!.high).toBeCloseTo(expected.tails.interval[1], 8);
    expect(fisherUpper(table)).toBeCloseTo(expected.tails.fisher, 11);
  });
});

function countsOf(values: readonly number[]): SliceCounts {
  const units = values.map((value) => BigInt(Math.round(value * LOSS_UNITS)));
  return {
    values: new Map(),
    n: values.length,
    positives: 0,
    loss: units.reduce((sum, unit) => sum + unit, 0n),
    squares: units.reduce((sum, unit) => sum + unit * unit, 0n),
  };
}
