// SPDX-License-Identifier: Apache-2.0
import { stabilityTerms } from '@countersign/pipeline';
import { AnalysisError } from '../errors.ts';
import { chiSquaredCritical, chiSquaredTail } from '../numeric/chi-squared.ts';
import { sumOver } from '../numeric/sum.ts';

export interface PopulationStability {
  readonly value: number;
  /** One term per bin; bins empty on both sides contribute nothing. */
  readonly contributions: readonly number[];
  readonly referenceRows: number;
  readonly currentRows: number;
  /** Occupied bins less one. */
  readonly degrees: number;
  /** Probability of an index this large when nothing has changed. */
  readonly pValue: number;
}

/**
 * Population stability index Σ(q − p)·ln(q/p) over bins, p and q the shares of reference and current rows with 0.5
 * added to each count. When both samples come from one population, PSI·nm/(n + m) is asymptotically chi-squared with
 * B − 1 degrees (Yurdakul, "Statistical properties of population stability index", Western Michigan University, 2018),
 * which gives the p value. Undefined when a side has no rows.
 */
export function populationStability(
  reference: readonly number[],
  current: readonly number[],
): PopulationStability | undefined {
  if (reference.length !== current.length) {
    throw new AnalysisError(
      'bins_invalid',
      `${current.length} bins are compared with ${reference.length}`,
    );
  }
  const referenceRows = total(reference);
  const currentRows = total(current);
  if (referenceRows === 0 || currentRows === 0) return undefined;
  const bins = reference.filter((count, index) => count + current[index]! > 0).length;
  const contributions = stabilityTerms(reference, current) ?? [];
  const value = sumOver(contributions.length, (index) => contributions[index]!);
  const degrees = bins - 1;
  const scale = nullScale(referenceRows, currentRows);
  const pValue = degrees === 0 ? 1 : chiSquaredTail(value / scale, degrees);
  return { value, contributions, referenceRows, currentRows, degrees, pValue };
}

/** The index exceeded with probability `alpha` when nothing has changed, for these sizes and bins. */
export function nullQuantile(
  sizes: Pick<PopulationStability, 'referenceRows' | 'currentRows' | 'degrees'>,
  alpha: number,
): number {
  if (sizes.degrees === 0) return 0;
  return (
    nullScale(sizes.referenceRows, sizes.currentRows) * chiSquaredCritical(alpha, sizes.degrees)
  );
}

function nullScale(referenceRows: number, currentRows: number): number {
  return 1 / referenceRows + 1 / currentRows;
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
