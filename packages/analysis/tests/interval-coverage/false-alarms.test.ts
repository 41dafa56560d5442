// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { lightOf, rateTest } from '../../src/backtest/rate-test.ts';
import { alarmLevel, populationStability } from '../../src/index.ts';
import { printedSeed, seededNumbers } from '../agreement/generated-rows.ts';

/** Counts of `rows` draws over bins of these shares. */
function counts(random: () => number, rows: number, shares: readonly number[]): number[] {
  const found = new Array<number>(shares.length).fill(0);
  for (let row = 0; row < rows; row += 1) {
    let left = random();
    let bin = 0;
    while (bin < shares.length - 1 && left >= shares[bin]!) left -= shares[bin++]!;
    found[bin]! += 1;
  }
  return found;
}

/** Share of draws beyond a level with four standard errors around the stated one. */
const about = (rate: number, tries: number) => 4 * Math.sqrt((rate * (1 - rate)) / tries);

const TENTHS = new Array<number>(10).fill(0.1);
const UNEVEN = [0.4, 0.25, 0.15, 0.1, 0.06, 0.02, 0.01, 0.006, 0.003, 0.001];

describe('alarms of stability when nothing has changed', () => {
  test.for([
    ['ten bins of equal counts', TENTHS],
    ['uneven bins with rare levels, unseen and missing values', UNEVEN],
  ] as const)(
    'come about as often as the plan states for a year, and no more often: %s',
    ([, shares]) => {
      const plan = { falseAlarmsPerYear: '2', window: '30d', columns: 9 };
      const alpha = alarmLevel(plan);
      const random = seededNumbers(printedSeed('false alarms'));
      const tries = 8000;
      let alarms = 0;
      for (let tried = 0; tried < tries; tried += 1) {
        const shift = populationStability(
          counts(random, 1000, shares),
          counts(random, 400, shares),
        )!;
        if (shift.pValue < alpha) alarms += 1;
      }
      const yearly = (alarms / tries) * plan.columns * (365.25 / 30);
      const slack = about(alpha, tries) * plan.columns * (365.25 / 30);
      process.stdout.write(
        `stated 2 a year, seen ${yearly.toFixed(2)}, slack ${slack.toFixed(2)}\n`,
      );
      expect(yearly).toBeLessThan(2 + slack);
      expect(yearly).toBeGreaterThan(1 - slack);
    },
  );
});

describe('lights when the model is right', () => {
  test.for([
    ['jeffreys', 'underestimated'],
    ['jeffreys', 'either'],
    ['binomial', 'underestimated'],
    ['binomial', 'either'],
  ] as const)('%s, %s: red and amber come no more often than their levels', ([kind, side]) => {
    const plan = { test: kind, side, amber: '0.05', red: '0.01' };
    const random = seededNumbers(printedSeed('lights'));
    const tries = 6000;
    const seen = { green: 0, amber: 0, red: 0 };
    for (let tried = 0; tried < tries; tried += 1) {
      let events = 0;
      for (let row = 0; row < 300; row += 1) if (random() < 0.12) events += 1;
      seen[lightOf(rateTest({ predicted: 0.12, events, n: 300 }, plan)!, plan)] += 1;
    }
    const red = seen.red / tries;
    const coloured = (seen.red + seen.amber) / tries;
    process.stdout.write(`${kind}, ${side}: red ${red}, amber or red ${coloured}\n`);
    // Counts are whole, so a level is met from below by the exact tail and within a step by Jeffreys.
    const step = kind === 'jeffreys' ? 0.01 : 0;
    expect(red).toBeLessThan(0.01 + about(0.01, tries) + step / 2);
    expect(coloured).toBeLessThan(0.05 + about(0.05, tries) + step);
    expect(coloured).toBeGreaterThan(0.02);
  });
});
