// SPDX-License-Identifier: Apache-2.0
import { type Cutoff, isAdverse } from '../binary/cutoff.ts';
import type { Estimate } from '../intervals/interval.ts';
import { wilson } from '../intervals/wilson.ts';
import { binomialCdf } from '../numeric/beta.ts';
import { pairedProportions } from '../sensitivity/paired-shift.ts';
import type { PairedCells } from './paired-cells.ts';

/** Rows that the two models decide in one way, and how many of them had the event. */
export interface SwapCell {
  readonly rows: number;
  readonly events: number;
}

/** Rows by what each model decides at the cutoff: swapped in are those whom only the challenger turns away. */
export interface SwapCells {
  readonly swappedIn: SwapCell;
  readonly swappedOut: SwapCell;
  readonly bothAdverse: SwapCell;
  readonly neitherAdverse: SwapCell;
}

export interface DecisionComparison {
  readonly cells: SwapCells;
  /** Share decided rightly by the candidate less that by the challenger; adverse is right where the event occurred. */
  readonly accuracy: Estimate | undefined;
  /** Exact two-sided p of McNemar's test (Q. McNemar, Psychometrika 12 (1947)); absent where the models never differ. */
  readonly pValue?: number;
  /** Event rate of the rows that the candidate lets in and the challenger does not, and the reverse; Wilson's intervals. */
  readonly swappedInRate: Estimate | undefined;
  readonly swappedOutRate: Estimate | undefined;
}

/** What each model decides by; the same for both unless two versions brought their own. */
export interface PairedCutoffs {
  readonly candidate: Cutoff;
  readonly challenger: Cutoff;
}

/** Decisions of both models on the same rows. Counts of rows, whatever they weigh. */
export function compareDecisions(
  pairs: PairedCells,
  cutoffs: PairedCutoffs,
  level: number,
): DecisionComparison {
  const count = (candidate: boolean, challenger: boolean): SwapCell => {
    let rows = 0;
    let events = 0;
    pairs.counts.forEach((n, index) => {
      if (isAdverse(pairs.candidate[index]!, cutoffs.candidate) !== candidate) return;
      if (isAdverse(pairs.challenger[index]!, cutoffs.challenger) !== challenger) return;
      rows += n;
      if (pairs.labels[index] === 1) events += n;
    });
    return { rows, events };
  };
  const cells = {
    swappedIn: count(false, true),
    swappedOut: count(true, false),
    bothAdverse: count(true, true),
    neitherAdverse: count(false, false),
  };
  const { swappedIn, swappedOut } = cells;
  // Letting in is right where no event followed, turning away where one did.
  const better = swappedIn.rows - swappedIn.events + swappedOut.events;
  const worse = swappedIn.events + swappedOut.rows - swappedOut.events;
  const rows = Object.values(cells).reduce((sum, cell) => sum + cell.rows, 0);
  const p = mcNemar(better, worse);
  return {
    cells,
    accuracy: pairedProportions({ toAdverse: better, toFavourable: worse, rows }, level),
    ...(p === undefined ? {} : { pValue: p }),
    swappedInRate: wilson(swappedIn.events, swappedIn.rows, level),
    swappedOutRate: wilson(swappedOut.events, swappedOut.rows, level),
  };
}

/** Exact two-sided p that each discordant pair is as likely one way as the other; undefined for none. */
export function mcNemar(better: number, worse: number): number | undefined {
  const n = better + worse;
  if (n === 0) return undefined;
  return Math.min(1, 2 * binomialCdf(Math.min(better, worse), n, 0.5));
}
