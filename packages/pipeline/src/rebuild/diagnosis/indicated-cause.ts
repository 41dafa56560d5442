// SPDX-License-Identifier: Apache-2.0
import type { DifferenceNature } from '../divergence/divergence.ts';
import type { LikelyCause } from './likely-cause.ts';

/** What the differences alone point to, where no rerun could tell; undefined when they point nowhere. */
export function indicatedCause(
  natures: readonly DifferenceNature[],
  facts: { readonly isStable: boolean; readonly isOtherCpu: boolean },
): LikelyCause | undefined {
  const content = natures.filter((nature) => nature !== 'encoding' && nature !== 'metadata');
  const only = (...allowed: DifferenceNature[]) =>
    content.length > 0 && content.every((nature) => allowed.includes(nature));
  if (only('times')) {
    return {
      cause: 'timestamp',
      certainty: 'indicated',
      evidence: 'every value that differs is a time of its own run',
    };
  }
  if (only('names')) {
    return {
      cause: 'name-counter',
      certainty: 'indicated',
      evidence: 'nothing but names differs, and they differ in their numbering',
    };
  }
  if (only('order')) {
    return {
      cause: 'dictionary-order',
      certainty: 'indicated',
      evidence: 'the same members stand in another order',
    };
  }
  if (!only('rounding')) return undefined;
  if (!facts.isStable) {
    return {
      cause: 'threads',
      certainty: 'indicated',
      evidence: 'reruns on one machine differ by rounding alone, as sums in changing order do',
    };
  }
  if (!facts.isOtherCpu) return undefined;
  return {
    cause: 'instruction-set',
    certainty: 'indicated',
    evidence: 'numbers differ by rounding alone, and the recorded processor was another',
  };
}
