// SPDX-License-Identifier: Apache-2.0
import {
  type ChangeRequestReview,
  gateVerdict,
  measurementsOf,
  type RecordSet,
} from '@countersign/kernel';

/** Ids of the measurements of a condition that came out inconclusive, over the reports that the gate judged. */
export function openMeasurements(
  set: RecordSet,
  review: ChangeRequestReview,
  condition: string,
): readonly string[] {
  const judged = review.verdict.conditions.find(({ id }) => id === condition);
  if (judged === undefined) return [];
  if (condition === 'reproducible') return reproductionVerdicts(set, judged.records);
  const open = judged.records.flatMap((digest) => {
    const record = set.byDigest.get(digest);
    const content = record?.statement.predicate.content;
    if (record === undefined || !Array.isArray(content?.measurements)) return [];
    return measurementsOf(record).filter((one) => gateVerdict(one) === 'inconclusive');
  });
  return [...new Set(open.map(({ id }) => id))].sort();
}

/** A rebuild is excepted by its verdict. */
function reproductionVerdicts(set: RecordSet, digests: readonly string[]): readonly string[] {
  return digests.flatMap((digest) => {
    const predicate = set.byDigest.get(digest)?.statement.predicate;
    const isRebuild = predicate?.type === 'reproduction-attestation';
    const verdict = predicate?.content.verdict;
    return isRebuild && typeof verdict === 'string' && verdict !== 'byte-identical'
      ? [verdict]
      : [];
  });
}
