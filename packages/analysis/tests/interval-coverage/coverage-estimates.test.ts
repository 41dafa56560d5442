// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import {
  bias,
  meanAbsoluteError,
  rootMeanSquaredError,
  rSquared,
} from '../../src/estimate/accuracy.ts';
import { orderedLorenz } from '../../src/estimate/lorenz.ts';
import type { Estimates } from '../../src/estimate/read-estimates.ts';
import { spearman } from '../../src/estimate/spearman.ts';
import {
  type Estimate,
  pairedDifference,
  predictiveValues,
  proportionOfFailures,
} from '../../src/index.ts';
import { actualOverExpected } from '../../src/insurance/actual-expected.ts';
import { devianceDifference, explainedDeviance } from '../../src/insurance/deviance.ts';
import { priceDisparity } from '../../src/insurance/price-disparity.ts';
import { normalQuantile } from '../../src/numeric/normal.ts';
import { printedSeed } from '../agreement/generated-rows.ts';
import { coverageOf } from './coverage-of.ts';

const SEED = printedSeed('coverage of estimates');
const LEVEL = 0.95;
const TRIES = 600;
/** What the normal approximation may miss beside chance at these sizes. */
const APPROXIMATION = 0.02;
const N = 300;

const normal = (random: () => number) =>
  normalQuantile(Math.min(1 - 1e-12, Math.max(1e-12, random())));
const columnOf = (length: number, value: (row: number) => number) =>
  Float64Array.from({ length }, (_, row) => value(row));

async function expectCovers(
  truth: number,
  estimate: (random: () => number) => Estimate | undefined,
  tries = TRIES,
) {
  const at = { tries, seed: SEED, level: LEVEL };
  const found = await coverageOf(at, (random) => ({ interval: estimate(random)?.interval, truth }));
  expect(found.undefinedTries).toBeLessThan(tries / 20);
  expect(Math.abs(found.share - LEVEL)).toBeLessThan(found.chance + APPROXIMATION);
}

// y = x + e with x, e standard normal; predicted x + 0.3.
function drawn(random: () => number): Estimates {
  const x = columnOf(N, () => normal(random));
  return {
    predicted: x.map((value) => value + 0.3),
    actual: x.map((value) => value + normal(random)),
    weights: columnOf(N, () => 1),
  };
}

describe('intervals of estimates cover their truth at 95 %', () => {
  test('bias, mean absolute error, root mean squared error', async () => {
    await expectCovers(0.3, (random) => bias(drawn(random), LEVEL));
    // E|0.3 + Z| of a folded normal.
    const folded = Math.sqrt(2 / Math.PI) * Math.exp(-0.045) + 0.3 * (1 - 2 * 0.38208857781104733);
    await expectCovers(folded, (random) => meanAbsoluteError(drawn(random), LEVEL));
    await expectCovers(Math.sqrt(1.09), (random) => rootMeanSquaredError(drawn(random), LEVEL));
  });

  test('explained variance and rank correlation', async () => {
    await expectCovers(1 - 1.09 / 2, (random) => rSquared(drawn(random), LEVEL));
    // Of a normal pair with correlation 1/√2: (6/π)·asin(ρ/2).
    const truth = (6 / Math.PI) * Math.asin(Math.SQRT1_2 / 2);
    await expectCovers(truth, (random) => spearman(drawn(random), LEVEL));
  });

  test('bias of rows that come in units of five, by the units', async () => {
    await expectCovers(0, (random) => {
      const shared = columnOf(60, () => normal(random));
      const rows = columnOf(N, (row) => shared[Math.floor(row / 5)]! + 0.5 * normal(random));
      const units = columnOf(N, (row) => Math.floor(row / 5) + 1);
      const weights = columnOf(N, () => 1);
      return bias({ predicted: columnOf(N, () => 0), actual: rows, weights, units }, LEVEL);
    });
  });
});

const poisson = (mean: number, random: () => number) => {
  let [count, product] = [0, random()];
  while (product > Math.exp(-mean)) {
    count += 1;
    product *= random();
  }
  return count;
};

// Rates 0.5 to 1.5 with exposure up to 1, claims of Poisson, predicted a tenth too low.
function policies(random: () => number) {
  const truth = columnOf(N, () => 0.5 + random());
  const exposure = columnOf(N, () => 0.2 + 0.8 * random());
  const actual = truth.map((rate, row) => poisson(rate * exposure[row]!, random) / exposure[row]!);
  return {
    rate: truth.map((rate) => 0.9 * rate),
    actual,
    exposure,
    against: columnOf(N, () => 1),
  };
}

/** The figure on so many rows that chance hardly moves it. */
function settled(draw: (random: () => number) => number): number {
  let state = 12345;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const tries = 400;
  return Array.from({ length: tries }, () => draw(random)).reduce((a, b) => a + b, 0) / tries;
}

describe('intervals of insurance figures cover their truth at 95 %', () => {
  test('actual over expected', async () => {
    await expectCovers(1 / 0.9, (random) => actualOverExpected(policies(random), LEVEL));
  });

  test('difference of deviances, explained deviance', async () => {
    const difference = settled((random) => devianceDifference(policies(random), 1, LEVEL)!.value);
    await expectCovers(difference, (random) => devianceDifference(policies(random), 1, LEVEL));
    const explained = settled((random) => explainedDeviance(policies(random), 1, LEVEL)!.value);
    await expectCovers(explained, (random) => explainedDeviance(policies(random), 1, LEVEL));
  });

  test('Gini index of the ordered Lorenz curve: a loss that rises from one to two with a uniform score gives one ninth', async () => {
    // The curve of a mean loss 1 + r on equal premiums is (r + r²/2)/1.5.
    await expectCovers(1 / 9, (random) => {
      const order = columnOf(N, () => random());
      const loss = order.map((score) => (1 + score) * -Math.log(1 - random()));
      return orderedLorenz({ order, premium: columnOf(N, () => 1), loss }, LEVEL)?.gini;
    });
  });

  test('price at equal expected loss, where the raw price differs for the loss alone', async () => {
    const group = (random: () => number, from: number) => {
      const expected = columnOf(N, () => from + random());
      const price = expected.map((loss) => loss * 1.2 * (0.8 + 0.4 * random()));
      return { price, expected, exposure: columnOf(N, () => 1) };
    };
    await expectCovers(1, (random) => {
      return priceDisparity(group(random, 0.6), group(random, 0.5), LEVEL).perLoss;
    });
  });
});

describe('intervals of diagnostic tests cover their truth at 95 %', () => {
  const hits = (n: number, p: number, random: () => number) =>
    Array.from({ length: n }, () => random() < p).filter(Boolean).length;

  test('positive predictive value at a declared prevalence', async () => {
    const truth = (0.85 * 0.1) / (0.85 * 0.1 + 0.1 * 0.9);
    await expectCovers(truth, (random) => {
      const [tp, fp] = [hits(120, 0.85, random), hits(200, 0.1, random)];
      const counts = {
        truePositives: tp,
        falseNegatives: 120 - tp,
        falsePositives: fp,
        trueNegatives: 200 - fp,
      };
      return predictiveValues(counts, 0.1, LEVEL).positive;
    });
  });

  test('a reading that is worse by the margin passes as no worse in one of forty tries', async () => {
    const at = { tries: 1500, seed: SEED, level: 0.025 };
    let passed = 0;
    await coverageOf(at, (random) => {
      const counts = { both: 0, first: 0, second: 0, neither: 0 };
      for (let one = 0; one < 200; one += 1) {
        const draw = random();
        if (draw < 0.05) counts.first += 1;
        else if (draw < 0.15) counts.second += 1;
        else counts.both += 1;
      }
      const { interval } = pairedDifference(counts, 0.95)!;
      if (interval!.low >= -0.05) passed += 1;
      return { interval, truth: -0.05 };
    });
    const chance = 4 * Math.sqrt((0.025 * 0.975) / at.tries);
    expect(Math.abs(passed / at.tries - 0.025)).toBeLessThan(chance + 0.005);
  });
});

test('Kupiec’s test rejects a right forecast at the rate of its region', async () => {
  const at = { tries: 2000, seed: SEED, level: 0.95 };
  let rejected = 0;
  await coverageOf(at, (random) => {
    const count = Array.from({ length: 500 }, () => random() < 0.05).filter(Boolean).length;
    if (proportionOfFailures(count, 500, 0.05).pValue <= 0.05) rejected += 1;
    return { interval: undefined, truth: 0 };
  });
  expect(Math.abs(rejected / at.tries - 0.05)).toBeLessThan(0.025);
});
