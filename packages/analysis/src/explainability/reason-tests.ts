// SPDX-License-Identifier: Apache-2.0
import type { InputRow } from '../scorer/input-values.ts';
import type { Background } from './background.ts';
import type { ModelValues } from './shapley.ts';

// Values tried of a cited input, taken evenly of those in the background.
const VALUES_MAX = 25;

/** A row that gets a notice, with its contributions. */
export interface DeclinedRow {
  readonly row: InputRow;
  readonly value: number;
  /** By input, on the scale of the model's value. */
  readonly contributions: readonly { readonly input: string; readonly value: number }[];
}

export interface ReasonRank {
  /** 1 for the first reason. */
  readonly rank: number;
  readonly n: number;
  /** Rows in which some value of the cited input in the background makes the score more favourable. */
  readonly improvable: number;
  /** Rows in which replacing the cited input by the background's values does so on average. */
  readonly removed: number;
  /** How often each input was cited at this rank. */
  readonly cited: Readonly<Record<string, number>>;
}

/**
 * Holds stated reasons against the model itself, whatever kind it is: the inputs with the largest contributions against the
 * applicant are improved one at a time, all else as it is, and the score must become more favourable. A reason that fails
 * this tells somebody to change what changes nothing.
 */
export async function testReasons(
  model: ModelValues,
  declined: readonly DeclinedRow[],
  at: {
    readonly background: Background;
    /** Reasons stated at most. */
    readonly count: number;
    /** 1 where a higher score is adverse, −1 where a lower one is. */
    readonly adverse: 1 | -1;
  },
): Promise<{ readonly ranks: readonly ReasonRank[]; readonly withoutReason: number }> {
  const stated = declined.map((one) => reasonsOf(one, at));
  const ranks: ReasonRank[] = [];
  for (let rank = 0; rank < at.count; rank += 1) {
    const rows = declined.flatMap((one, index) => {
      const input = stated[index]![rank];
      return input === undefined ? [] : [{ ...one, input }];
    });
    ranks.push(await testRank(model, rows, { ...at, rank: rank + 1 }));
  }
  return { ranks, withoutReason: stated.filter((reasons) => reasons.length === 0).length };
}

/** Inputs that speak against the applicant, largest first; ties by name. */
function reasonsOf(
  { contributions }: DeclinedRow,
  { adverse, count }: { readonly adverse: 1 | -1; readonly count: number },
): readonly string[] {
  return contributions
    .filter(({ value }) => adverse * value > 0)
    .sort((a, b) => adverse * (b.value - a.value) || (a.input < b.input ? -1 : 1))
    .slice(0, count)
    .map(({ input }) => input);
}

async function testRank(
  model: ModelValues,
  rows: readonly (DeclinedRow & { readonly input: string })[],
  at: { readonly background: Background; readonly adverse: 1 | -1; readonly rank: number },
): Promise<ReasonRank> {
  const cited = new Map<string, number>();
  let improvable = 0;
  let removed = 0;
  for (const { row, value, input } of rows) {
    cited.set(input, (cited.get(input) ?? 0) + 1);
    const replaced = takenEvenly(at.background.rows, VALUES_MAX).map((other) => other[input]);
    const scores = await model(replaced.map((other) => ({ ...row, [input]: other })));
    const better = scores.map((score) => at.adverse * (value - score));
    if (better.some((by) => by > 0)) improvable += 1;
    if (better.reduce((sum, by) => sum + by, 0) > 0) removed += 1;
  }
  return {
    rank: at.rank,
    n: rows.length,
    improvable,
    removed,
    cited: Object.fromEntries([...cited].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function takenEvenly<T>(items: readonly T[], most: number): readonly T[] {
  const stride = Math.max(1, Math.ceil(items.length / most));
  return items.filter((_, index) => index % stride === 0);
}
