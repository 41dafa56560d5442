// SPDX-License-Identifier: Apache-2.0
import type { Grouping } from '@countersign/pipeline';
import { aucDifference, brierDifference, type PairedCells } from '../../benchmark/paired-cells.ts';
import { adverseExpression } from '../../binary/cutoff.ts';
import type { Estimate } from '../../intervals/interval.ts';
import { groupPlace, readGroupNames, referenceOf } from '../../table/grouping.ts';
import { labelExpression } from '../../table/roles.ts';
import { favourableLabel } from '../outcome-counts.ts';
import { outcomePairs } from '../outcome-criteria.ts';
import { type CellGround, type RowSet, rowCondition } from './candidate-cells.ts';
import type { Candidate } from './candidates.ts';
import { type Disparity, isOutcomeMetric, sideOf, signedGap } from './disparity.ts';
import { deltaEstimate } from './paired-change.ts';
import { decisionPerformance, lossOf, seesCutoff } from './performance.ts';
import { type MeasuredCandidate, measureCandidates, type SearchRule } from './search.ts';

export type ConfirmationResult = 'confirmed' | 'not confirmed' | 'inconclusive';

/** Model and alternative on rows that the search had no part in. */
export interface Confirmation {
  readonly model: MeasuredCandidate;
  readonly alternative: MeasuredCandidate;
  /** The group that fared worst under the model where the alternative was searched. */
  readonly group: Pick<Disparity, 'attribute' | 'group'>;
  /** Distance from equality under the alternative less that under the model, for that group; below 0 is nearer. */
  readonly change: Estimate | undefined;
  /** Performance given up; below 0 is a gain. */
  readonly loss: Estimate | undefined;
  readonly result: ConfirmationResult;
}

/** Measures the alternative against the model once on `rows`, for the group named in advance. */
export async function confirmAlternative(
  ground: CellGround,
  pair: { readonly model: Candidate; readonly alternative: Candidate },
  at: {
    readonly rule: SearchRule;
    readonly rows: RowSet;
    /** Named by the search; without it the group that fares worst under the model on these rows. */
    readonly group: Pick<Disparity, 'attribute' | 'group'> | undefined;
  },
): Promise<Confirmation | undefined> {
  const { rule, rows } = at;
  const [model, alternative] = await measureCandidates(ground, [pair.model, pair.alternative], {
    rule,
    rows,
  });
  const group = at.group ?? model?.disparity;
  if (model === undefined || alternative === undefined || group === undefined) return undefined;
  const change = await disparityChange(ground, pair, { ...at, group });
  const loss = await performanceLoss(ground, pair, at);
  return {
    model,
    alternative,
    group: { attribute: group.attribute, group: group.group },
    change,
    loss,
    result: resultOf({ model, alternative, change, loss }, Number(rule.plan.tolerance)),
  };
}

function resultOf(
  found: Pick<Confirmation, 'model' | 'alternative' | 'change' | 'loss'>,
  tolerance: number,
): ConfirmationResult {
  const { model, alternative, change, loss } = found;
  const [before, after] = [model.disparity?.distance, alternative.disparity?.distance];
  if (change === undefined || loss === undefined) return 'inconclusive';
  const gone = change.value >= 0 || loss.value > tolerance;
  if (gone || (before !== undefined && after !== undefined && after >= before)) {
    return 'not confirmed';
  }
  const nearer = change.interval !== undefined && change.interval.high < 0;
  const kept = (loss.interval?.high ?? loss.value) <= tolerance;
  return nearer && kept && before !== undefined && after !== undefined
    ? 'confirmed'
    : 'inconclusive';
}

type Pair = { readonly model: Candidate; readonly alternative: Candidate };

// Cells of one group by decision of the model, decision of the alternative and favourable outcome: 8 counts, one bit each.
type JointCounts = readonly number[];
const BIT = { model: 4, alternative: 2, favourable: 1 } as const;

async function disparityChange(
  ground: CellGround,
  pair: Pair,
  at: {
    readonly rule: SearchRule;
    readonly rows: RowSet;
    readonly group: Pick<Disparity, 'attribute' | 'group'>;
  },
): Promise<Estimate | undefined> {
  const { metric, level } = at.rule.disparity;
  // What is no smooth function of these counts has no interval by this method, and is left open.
  if (metric === 'smd' || metric.startsWith('conditional_')) return undefined;
  if (metric === 'equalised_odds_difference') return undefined;
  const grouping = at.rule.attributes.find(({ name }) => name === at.group.attribute);
  const reference = grouping === undefined ? undefined : referenceOf([grouping]);
  if (grouping === undefined || reference === undefined) return undefined;
  const counts = await jointCounts(ground, pair, { grouping, rows: at.rows });
  const [own, other] = [counts.get(at.group.group), counts.get(reference)];
  if (own === undefined || other === undefined) return undefined;
  const gap = (samples: readonly JointCounts[], side: keyof Pair) => {
    const [first, second] = samples.map((cells) => decided(cells, BIT[side]));
    return signedGap(metric, criterionOf(metric, first!, second!));
  };
  const side = sideOf(at.rule.disparity, gap([own, other], 'model'));
  return deltaEstimate(
    [own, other],
    (samples) => side * (gap(samples, 'alternative') - gap(samples, 'model')),
    level,
  );
}

async function jointCounts(
  { table, roles, ...ground }: CellGround,
  pair: Pair,
  at: { readonly grouping: Grouping; readonly rows: RowSet },
): Promise<ReadonlyMap<string, JointCounts>> {
  const names = await readGroupNames(table, [at.grouping]);
  const adverse = ({ column, cutoff }: Candidate) =>
    `CAST(${adverseExpression(table.column(column), cutoff)} AS INTEGER)`;
  const good = favourableLabel(pair.model.cutoff.adverseWhen);
  const [places, cells, counts] = await table.select(
    `SELECT ${groupPlace(table, [at.grouping], names)} AS g,
       ${BIT.model} * ${adverse(pair.model)} + ${BIT.alternative} * ${adverse(pair.alternative)}
         + CAST(${labelExpression(table, roles)} = ${good} AS INTEGER) AS c, count(*)
     FROM ${table.relation} WHERE ${rowCondition({ table, roles, ...ground }, at.rows)}
     GROUP BY g, c ORDER BY g, c`,
  );
  const found = new Map<string, number[]>();
  (places ?? []).forEach((place, index) => {
    const name = names[Number(place) - 1]!;
    const own = found.get(name) ?? new Array<number>(8).fill(0);
    own[Number(cells![index])] = Number(counts![index]);
    found.set(name, own);
  });
  return found;
}

function decided(cells: JointCounts, bit: number) {
  const sum = (denied: boolean, favourable: boolean) =>
    cells.reduce((total, count, index) => {
      const matches =
        ((index & bit) !== 0) === denied && ((index & BIT.favourable) !== 0) === favourable;
      return matches ? total + count : total;
    }, 0);
  return {
    approvedFavourable: sum(false, true),
    approvedUnfavourable: sum(false, false),
    deniedFavourable: sum(true, true),
    deniedUnfavourable: sum(true, false),
    approvedUnknown: 0,
    deniedUnknown: 0,
  };
}

type Counts = ReturnType<typeof decided>;

function criterionOf(metric: SearchRule['disparity']['metric'], a: Counts, b: Counts): number {
  if (isOutcomeMetric(metric)) {
    const [pair] = outcomePairs(metric, a, b);
    const [first, second] = [pair!.x1 / pair!.n1, pair!.x2 / pair!.n2];
    return metric.endsWith('_ratio') ? first / second : first - second;
  }
  const denied = ({ deniedFavourable, deniedUnfavourable }: Counts) =>
    deniedFavourable + deniedUnfavourable;
  const approved = ({ approvedFavourable, approvedUnfavourable }: Counts) =>
    approvedFavourable + approvedUnfavourable;
  const share = (counts: Counts, of: (counts: Counts) => number) =>
    of(counts) / (denied(counts) + approved(counts));
  if (metric === 'approval_ratio') return share(a, approved) / share(b, approved);
  if (metric === 'denial_ratio') return share(a, denied) / share(b, denied);
  return denied(a) / approved(a) / (denied(b) / approved(b));
}

async function performanceLoss(
  ground: CellGround,
  pair: Pair,
  { rule, rows }: { readonly rule: SearchRule; readonly rows: RowSet },
): Promise<Estimate | undefined> {
  const { performance: kind, costs } = rule.plan;
  const { level } = rule.disparity;
  if (seesCutoff(kind)) {
    const [grouping] = rule.attributes;
    const joint = await jointCounts(ground, pair, { grouping: grouping!, rows });
    const all = Array.from({ length: 8 }, (_, index) =>
      [...joint.values()].reduce((sum, cells) => sum + cells[index]!, 0),
    );
    const figure = (cells: JointCounts, side: keyof Pair) =>
      decisionPerformance(kind, decided(cells, BIT[side]), costs) ?? Number.NaN;
    return deltaEstimate(
      [all],
      ([cells]) => lossOf(kind, figure(cells!, 'model'), figure(cells!, 'alternative')),
      level,
    );
  }
  const pairs = await pairedCells(ground, pair, rows);
  if (kind === 'auc') return aucDifference(pairs, level);
  const difference = brierDifference(pairs, level);
  return difference === undefined ? undefined : negated(difference);
}

async function pairedCells(
  { table, roles, ...ground }: CellGround,
  pair: Pair,
  rows: RowSet,
): Promise<PairedCells> {
  const [candidate, challenger, labels, counts] = await table.selectDoubles(
    `SELECT CAST(${table.column(pair.model.column)} AS DOUBLE) AS a,
       CAST(${table.column(pair.alternative.column)} AS DOUBLE) AS b,
       ${labelExpression(table, roles)} AS y, CAST(count(*) AS DOUBLE)
     FROM ${table.relation} WHERE ${rowCondition({ table, roles, ...ground }, rows)}
     GROUP BY a, b, y ORDER BY a, b, y`,
  );
  return { candidate: candidate!, challenger: challenger!, labels: labels!, counts: counts! };
}

// The paired figures are model less alternative; a loss that is better lower is the reverse.
function negated({ value, interval }: Estimate): Estimate {
  if (interval === undefined) return { value: -value };
  return { value: -value, interval: { ...interval, low: -interval.high, high: -interval.low } };
}
