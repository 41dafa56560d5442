// SPDX-License-Identifier: Apache-2.0
import { auc } from '../../binary/auc.ts';
import type { Cells } from '../../binary/cells.ts';
import { brier } from '../../binary/mean-loss.ts';
import { DEFAULT_LEVEL } from '../../intervals/interval.ts';
import type { OutcomeCounts } from '../outcome-counts.ts';
import type { AlternativesPlan } from './alternatives-plan.ts';
import type { CandidateGroup } from './candidate-cells.ts';

export type PerformanceKind = AlternativesPlan['performance'];

/** Whether a higher figure is better. */
export function isGain(kind: PerformanceKind): boolean {
  return ['auc', 'accuracy', 'balanced_accuracy'].includes(kind);
}

/** Whether a figure depends on the cutoff. */
export function seesCutoff(kind: PerformanceKind): boolean {
  return ['accuracy', 'balanced_accuracy', 'decision_cost'].includes(kind);
}

/** How much worse the second figure is than the first. */
export function lossOf(kind: PerformanceKind, first: number, second: number): number {
  return isGain(kind) ? first - second : second - first;
}

/** The figure of a score whatever its cutoff. */
export function scorePerformance(kind: PerformanceKind, cells: Cells): number | undefined {
  return (kind === 'auc' ? auc : brier)(cells, DEFAULT_LEVEL)?.value;
}

type Known = Pick<
  OutcomeCounts,
  'approvedFavourable' | 'approvedUnfavourable' | 'deniedFavourable' | 'deniedUnfavourable'
>;

/** The figure of decisions; counts need not be whole. */
export function decisionPerformance(
  kind: PerformanceKind,
  counts: Known,
  costs: AlternativesPlan['costs'],
): number | undefined {
  const { approvedFavourable: af, approvedUnfavourable: au } = counts;
  const { deniedFavourable: df, deniedUnfavourable: du } = counts;
  const n = af + au + df + du;
  if (af + df <= 0 || au + du <= 0) return undefined;
  if (kind === 'accuracy') return (af + du) / n;
  if (kind === 'balanced_accuracy') return (af / (af + df) + du / (au + du)) / 2;
  return (au * Number(costs?.wrong_approval) + df * Number(costs?.wrong_denial)) / n;
}

/** Outcomes of all groups together. */
export function totalOutcomes(groups: readonly CandidateGroup[]): OutcomeCounts {
  const sum = (key: keyof OutcomeCounts) =>
    groups.reduce((total, { outcomes }) => total + outcomes[key], 0);
  return {
    approvedFavourable: sum('approvedFavourable'),
    approvedUnfavourable: sum('approvedUnfavourable'),
    deniedFavourable: sum('deniedFavourable'),
    deniedUnfavourable: sum('deniedUnfavourable'),
    approvedUnknown: sum('approvedUnknown'),
    deniedUnknown: sum('deniedUnknown'),
  };
}
