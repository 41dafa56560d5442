// SPDX-License-Identifier: Apache-2.0
import {
  type EvidenceId,
  judgeChangeRequest,
  type RecordSet,
  recordsOfType,
  type VersionContext,
} from '@countersign/kernel';

/**
 * What stands for a version from the one before it in production, as the gates of its newest change request judge it, by
 * evidence id. Empty before there is a request: how much a change is, is judged with one.
 */
export function carriedEvidence(
  set: RecordSet,
  context: VersionContext,
  now: string,
): ReadonlyMap<EvidenceId, string> {
  if (context.version === 1) return new Map();
  const request = recordsOfType(set, 'change-record').findLast(
    ({ statement: { predicate } }) =>
      predicate.subjectRef.workspace === context.workspace &&
      predicate.subjectRef.model === context.model &&
      predicate.subjectRef.use === context.use &&
      predicate.subjectRef.version === context.version,
  );
  if (request === undefined) return new Map();
  const { carried } = judgeChangeRequest(set, request.digest, { phase: 'submit', now });
  return new Map((carried ?? []).map(({ evidence, record }) => [evidence, record]));
}
