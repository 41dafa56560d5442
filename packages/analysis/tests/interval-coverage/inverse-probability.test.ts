// SPDX-License-Identifier: Apache-2.0
import { afterAll, expect, test } from 'vitest';
import { weightedFigures } from '../../src/selective-labels/figures.ts';
import { inverseProbability } from '../../src/selective-labels/inverse-probability.ts';
import { observedCells, type Population } from '../../src/selective-labels/population.ts';
import { Table } from '../../src/table/table.ts';
import { printedSeed } from '../agreement/generated-rows.ts';
import { coverageOf } from './coverage-of.ts';

// Risk and chance of acceptance both turn on branch and score, so those accepted are better than those who applied.
const ROWS = 500;
const BRANCHES = [
  { name: 'north', risk: 0.15, chance: 0.9 },
  { name: 'middle', risk: 0.3, chance: 0.6 },
  { name: 'south', risk: 0.55, chance: 0.3 },
] as const;
const TRUTH = (0.15 + 0.3 + 0.55) / 3;
const LEVEL = 0.95;

let table: Table | undefined;
afterAll(() => table?.close());

async function drawn(random: () => number): Promise<Population> {
  table ??= await Table.create({ threads: 1 });
  const values = Array.from({ length: ROWS }, () => {
    const branch = BRANCHES[Math.floor(random() * 3)]!;
    const isBad = random() < branch.risk;
    const isAccepted = random() < branch.chance;
    return `(${branch.risk}, ${isAccepted ? Number(isBad) : 'NULL'}, '${branch.name}', ${branch.chance})`;
  });
  await table.fill({
    select: `SELECT * FROM (VALUES ${values.join(', ')}) v(score, label, branch, chance)`,
    columns: new Map([
      ['score', 'number'],
      ['label', 'integer'],
      ['branch', 'text'],
      ['chance', 'number'],
    ]),
  });
  return {
    table,
    score: 'CAST(score AS DOUBLE)',
    label: 'CAST(label AS DOUBLE)',
    observed: '(label IS NOT NULL)',
    unobserved: '(label IS NULL)',
  };
}

test.for([
  ['a declared chance', { probability: 'chance' }],
  [
    'the observed share of each stratum',
    { bands: 3, within: [{ name: 'branch', column: 'branch' }] },
  ],
] as const)('weighting by %s is unbiased, and its interval covers', async ([, plan]) => {
  const tries = 120;
  let sum = 0;
  let unadjusted = 0;
  const coverage = await coverageOf(
    { tries, seed: printedSeed('inverse probability'), level: LEVEL },
    async (random) => {
      const population = await drawn(random);
      const { cells } = await inverseProbability(population, plan);
      const rate = weightedFigures(cells, LEVEL, 0).event_rate;
      sum += rate?.value ?? 0;
      unadjusted +=
        weightedFigures(await observedCells(population), LEVEL, 0).event_rate?.value ?? 0;
      return { interval: rate?.interval, truth: TRUTH };
    },
  );
  // A draw’s error is near 0.033, so a mean of 120 is known to within 0.003; five of those.
  expect(Math.abs(sum / tries - TRUTH)).toBeLessThan(0.015);
  expect(TRUTH - unadjusted / tries).toBeGreaterThan(0.04);
  // With estimated chances the interval is wide rather than narrow (Hirano, Imbens & Ridder 2003).
  expect(coverage.share).toBeGreaterThan(LEVEL - coverage.chance);
});
