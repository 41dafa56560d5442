// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { clopperPearson } from '../src/clinical/clopper-pearson.ts';
import {
  bias,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  rootMeanSquaredError,
  rSquared,
} from '../src/estimate/accuracy.ts';
import { quantileEstimates } from '../src/estimate/quantile-findings.ts';
import type { Estimates } from '../src/estimate/read-estimates.ts';
import { spearman } from '../src/estimate/spearman.ts';
import {
  baselZone,
  conditionalCoverage,
  independence,
  pairedDifference,
  proportionOfFailures,
  transitionsOf,
} from '../src/index.ts';
import { actualOverExpected } from '../src/insurance/actual-expected.ts';
import { explainedDeviance, meanDeviance } from '../src/insurance/deviance.ts';
import { policyLorenz } from '../src/insurance/insurance-findings.ts';
import { normalQuantile } from '../src/numeric/normal.ts';
import { printedSeed, seededNumbers } from './agreement/generated-rows.ts';
import { preparedEnvironment, referenceFigures } from './agreement/python-reference.ts';

const INSTALL_TIMEOUT_MS = 900_000;
const LEVEL = 0.95;
const pair = z.tuple([z.number(), z.number()]);
const plain = {
  rmse: z.number(),
  mae: z.number(),
  bias: z.number(),
  r2: z.number(),
  mape: z.number(),
  spearman: z.number(),
  bias_interval: pair,
};
const weighted = z.object({ rmse: z.number(), mae: z.number(), r2: z.number(), mape: z.number() });
const figures = z.object({
  estimate: z.object({ ...plain, weighted, pinball_loss: z.number(), coverage: z.number() }),
  diabetes: z.object({ ...plain, actual: z.array(z.number()), predicted: z.array(z.number()) }),
  insurance: z.record(z.string(), z.number()),
  market_risk: z.object({
    pof: pair,
    independence: pair,
    conditional_coverage: pair,
    binomial: z.array(z.number()),
  }),
  clinical: z.object({ exact: z.array(pair), tango: z.array(pair) }),
});

const random = seededNumbers(printedSeed('agreement of estimates'));
const ROWS = 400;
const even = (length: number) => new Float64Array(length).fill(1);
const normal = () => normalQuantile(Math.min(1 - 1e-9, Math.max(1e-9, random())));

// Ties on purpose: predictions in steps of a half.
const predicted = Float64Array.from({ length: ROWS }, () => Math.round(random() * 40) / 2 + 1);
const actual = predicted.map((value) => Math.abs(value + 4 * normal()) + 0.1);
const weights = predicted.map(() => 1 + Math.floor(random() * 4));
const quantile = predicted.map((value) => value + 3);
const rows: Estimates = { predicted, actual, weights: even(ROWS) };

const exposure = predicted.map(() => 0.1 + 0.9 * random());
const mu = predicted.map((value) => value / 20);
const claims = mu.map((mean, row) =>
  Math.floor(random() + mean * exposure[row]! * (random() + 0.5)),
);
const policies = {
  rate: mu,
  actual: claims.map((count, row) => count / exposure[row]!),
  exposure,
};

const hits = Array.from({ length: 600 }, (_, day) => random() < (day % 90 < 4 ? 0.4 : 0.012));
const COUNTS = [
  [0, 12],
  [7, 12],
  [81, 263],
  [1999, 2000],
] as const;
const PAIRS = [
  [12, 2, 50],
  [0, 1, 44],
  [16, 8, 86],
  [40, 20, 160],
  [3, 0, 30],
] as const;

let reference: z.output<typeof figures>;
beforeAll(() => {
  preparedEnvironment();
  const list = (column: Float64Array) => [...column];
  const request = {
    estimate: {
      actual: list(actual),
      predicted: list(predicted),
      weight: list(weights),
      quantile: list(quantile),
      at: 0.8,
    },
    diabetes: {},
    insurance: {
      actual: list(policies.actual),
      predicted: list(mu),
      exposure: list(exposure),
    },
    market_risk: { hits: hits.map(Number), tail: 0.01 },
    clinical: { counts: COUNTS, pairs: PAIRS },
  };
  reference = figures.parse(referenceFigures(request, 'estimate_reference.py'));
}, INSTALL_TIMEOUT_MS);

function expectFigures(rows: Estimates, expected: Record<string, unknown>) {
  const found: Record<string, number | undefined> = {
    rmse: rootMeanSquaredError(rows, LEVEL).value,
    mae: meanAbsoluteError(rows, LEVEL).value,
    r2: rSquared(rows, LEVEL)?.value,
    mape: meanAbsolutePercentageError(rows, LEVEL)?.value,
    bias: bias(rows, LEVEL).value,
    spearman: spearman(rows, LEVEL)?.value,
  };
  for (const [name, value] of Object.entries(expected)) {
    if (typeof value === 'number' && name in found) expect(found[name], name).toBeCloseTo(value, 9);
  }
}

describe('estimates agree with scikit-learn and SciPy', () => {
  test('on generated rows with ties, plain and weighted', () => {
    expectFigures(rows, reference.estimate);
    expectFigures({ ...rows, weights }, { ...reference.estimate.weighted });
  });

  test('on the diabetes table, whose bias has SciPy’s interval', () => {
    const { actual, predicted, bias_interval } = reference.diabetes;
    const table: Estimates = {
      actual: Float64Array.from(actual),
      predicted: Float64Array.from(predicted),
      weights: even(actual.length),
    };
    expectFigures(table, reference.diabetes);
    const { interval } = bias(table, LEVEL);
    expect(interval?.low).toBeCloseTo(bias_interval[0], 9);
    expect(interval?.high).toBeCloseTo(bias_interval[1], 9);
    expect(rSquared(table, LEVEL)!.value).toBeGreaterThan(0.4);
  });

  test('pinball loss and coverage of a predicted quantile', () => {
    const found = quantileEstimates({ predicted: quantile, actual }, 0.8, LEVEL);
    expect(found.loss.value).toBeCloseTo(reference.estimate.pinball_loss, 10);
    expect(found.coverage.value).toBeCloseTo(reference.estimate.coverage, 12);
  });
});

describe('insurance figures agree', () => {
  test.each([
    ['poisson', 1],
    ['tweedie', 1.5],
  ] as const)('mean deviance and D² of scikit-learn, %s', (family, power) => {
    expect(meanDeviance(policies, power, LEVEL).value).toBeCloseTo(reference.insurance[family]!, 9);
    expect(explainedDeviance(policies, power, LEVEL)!.value).toBeCloseTo(
      reference.insurance[`d2_${family}`]!,
      9,
    );
  });

  test('mean gamma deviance of scikit-learn, over rows with a claim', () => {
    const places = [...policies.actual.keys()].filter((row) => policies.actual[row]! > 0);
    const of = (column: Float64Array) => Float64Array.from(places, (row) => column[row]!);
    const severities = { rate: of(mu), actual: of(policies.actual), exposure: of(exposure) };
    expect(meanDeviance(severities, 2, LEVEL).value).toBeCloseTo(reference.insurance.gamma!, 9);
  });

  test('actual over expected, and the ordered Gini index by its definition', () => {
    expect(actualOverExpected(policies, LEVEL)!.value).toBeCloseTo(
      reference.insurance.actual_expected!,
      12,
    );
    expect(policyLorenz(policies, LEVEL)!.gini.value).toBeCloseTo(reference.insurance.gini!, 9);
  });

  test('the standard error of the Gini index is near its jackknife', () => {
    const { interval } = policyLorenz(policies, LEVEL)!.gini;
    const error = (interval!.high - interval!.low) / 2 / 1.959964;
    expect(error / reference.insurance.gini_error!).toBeCloseTo(1, 1);
  });
});

describe('market risk agrees with SciPy', () => {
  test('likelihood ratios and their p values', () => {
    const count = hits.filter(Boolean).length;
    const transitions = transitionsOf(hits);
    const tests = {
      pof: proportionOfFailures(count, hits.length, 0.01),
      independence: independence(transitions)!,
      conditional_coverage: conditionalCoverage(transitions, 0.01)!,
    };
    for (const [name, { statistic, pValue }] of Object.entries(tests)) {
      const [expected, p] = reference.market_risk[name as keyof typeof tests];
      expect(statistic, name).toBeCloseTo(expected, 7);
      expect(pValue, name).toBeCloseTo(p, 9);
    }
  });

  test('binomial probabilities of the zones', () => {
    reference.market_risk.binomial.forEach((expected, count) => {
      expect(baselZone(count, 250, 0.01).cumulative).toBeCloseTo(expected, 12);
    });
  });
});

describe('diagnostic tests agree', () => {
  test('exact intervals with SciPy', () => {
    COUNTS.forEach(([count, n], at) => {
      const { interval } = clopperPearson(count, n, LEVEL)!;
      expect(interval!.low).toBeCloseTo(reference.clinical.exact[at]![0], 9);
      expect(interval!.high).toBeCloseTo(reference.clinical.exact[at]![1], 9);
    });
  });

  test('the paired score interval with a numerical maximisation of its likelihood', () => {
    PAIRS.forEach(([first, second, n], at) => {
      const neither = n - first - second;
      const { interval } = pairedDifference({ both: 0, first, second, neither }, LEVEL)!;
      expect(interval!.low).toBeCloseTo(reference.clinical.tango[at]![0], 5);
      expect(interval!.high).toBeCloseTo(reference.clinical.tango[at]![1], 5);
    });
  });
});
