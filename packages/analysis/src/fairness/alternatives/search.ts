// SPDX-License-Identifier: Apache-2.0
import type { Grouping } from '@countersign/pipeline';
import type { AlternativesPlan } from './alternatives-plan.ts';
import {
  type BandCells,
  type CellGround,
  groupsAt,
  type RowSet,
  readBandCells,
  readScoreCells,
} from './candidate-cells.ts';
import type { Candidate } from './candidates.ts';
import { type Disparity, type DisparityRule, disparityOf, worstOf } from './disparity.ts';
import {
  decisionPerformance,
  lossOf,
  scorePerformance,
  seesCutoff,
  totalOutcomes,
} from './performance.ts';

/** One candidate as measured; a figure is absent where it is not defined or rests on too few events. */
export interface MeasuredCandidate extends Candidate {
  readonly performance?: number | undefined;
  readonly disparity?: Disparity | undefined;
  readonly approvalRate: number;
}

export interface SearchRule {
  readonly plan: AlternativesPlan;
  readonly attributes: readonly Grouping[];
  readonly disparity: DisparityRule;
}

/** Performance and disparity of every candidate on one set of rows, in the order given. */
export async function measureCandidates(
  ground: CellGround,
  candidates: readonly Candidate[],
  { rule, rows }: { readonly rule: SearchRule; readonly rows: RowSet },
): Promise<readonly MeasuredCandidate[]> {
  const measured = new Map<Candidate, MeasuredCandidate>();
  for (const column of new Set(candidates.map((one) => one.column))) {
    const own = candidates.filter((one) => one.column === column);
    const cutoffs = own.map(({ cutoff }) => cutoff);
    const attributes: BandCells[] = [];
    for (const grouping of rule.attributes) {
      attributes.push(await readBandCells(ground, [grouping], { column, cutoffs, rows }));
    }
    const { performance: kind } = rule.plan;
    const ofScore = seesCutoff(kind)
      ? undefined
      : scorePerformance(kind, await readScoreCells(ground, column, rows));
    for (const one of own) measured.set(one, measureOne(one, attributes, { rule, ofScore }));
  }
  return candidates.map((one) => measured.get(one)!);
}

function measureOne(
  candidate: Candidate,
  attributes: readonly BandCells[],
  { rule, ofScore }: { readonly rule: SearchRule; readonly ofScore: number | undefined },
): MeasuredCandidate {
  const groups = attributes.map((cells) => groupsAt(cells, candidate.cutoff));
  // Every attribute divides the same rows, so any of them gives the totals.
  const totals = totalOutcomes(groups[0] ?? []);
  const approved = totals.approvedFavourable + totals.approvedUnfavourable;
  const denied = totals.deniedFavourable + totals.deniedUnfavourable;
  const { plan } = rule;
  return {
    ...candidate,
    performance: seesCutoff(plan.performance)
      ? decisionPerformance(plan.performance, totals, plan.costs)
      : ofScore,
    disparity: worstOf(
      groups.map((own, index) => disparityOf(own, [rule.attributes[index]!], rule.disparity)),
    ),
    approvalRate: approved / (approved + denied),
  };
}

/** Candidates that no other beats: none has at most their disparity and at least their performance, and one of both better. */
export function frontierOf(
  all: readonly MeasuredCandidate[],
  kind: AlternativesPlan['performance'],
): readonly MeasuredCandidate[] {
  const whole = all.filter(isMeasured);
  return whole.filter(
    (one) =>
      !whole.some((other) => {
        const loss = lossOf(kind, one.performance, other.performance);
        const gap = other.disparity.distance - one.disparity.distance;
        return loss <= 0 && gap <= 0 && (loss < 0 || gap < 0);
      }),
  );
}

/**
 * The least disparity among the alternatives that give up no more performance than the tolerance; of equals the better
 * performing, then the first declared. Undefined where none has less disparity than the model.
 */
export function chooseAlternative(
  model: MeasuredCandidate,
  alternatives: readonly MeasuredCandidate[],
  plan: AlternativesPlan,
): MeasuredCandidate | undefined {
  if (!isMeasured(model)) return undefined;
  const loss = (one: Whole) => lossOf(plan.performance, model.performance, one.performance);
  const [best] = alternatives
    .filter(isMeasured)
    .filter((one) => loss(one) <= Number(plan.tolerance))
    .filter((one) => one.disparity.distance < model.disparity.distance)
    .toSorted((a, b) => a.disparity.distance - b.disparity.distance || loss(a) - loss(b));
  return best;
}

type Whole = MeasuredCandidate & {
  readonly performance: number;
  readonly disparity: Disparity;
};

function isMeasured(one: MeasuredCandidate): one is Whole {
  return one.performance !== undefined && one.disparity !== undefined;
}
