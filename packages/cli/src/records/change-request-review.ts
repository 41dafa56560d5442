// SPDX-License-Identifier: Apache-2.0
import {
  type ChangeRequestReview,
  type CountedRecord,
  changeRequestRecord as findChangeRequest,
  type RecordSet,
  changeRequestReview as reviewChangeRequest,
} from '@countersign/kernel';
import { CliError } from '../errors.ts';

/** @throws CliError `not_found` when no such request counts */
export function changeRequestReview(
  set: RecordSet,
  digest: string,
  now: string,
): ChangeRequestReview {
  const reviewed = reviewChangeRequest(set, digest, now);
  if ('refused' in reviewed) throw new CliError('not_found', reviewed.refused);
  return reviewed.review;
}

/** @throws CliError `not_found` when no such request counts */
export function changeRequestRecord(set: RecordSet, digest: string): CountedRecord {
  const found = findChangeRequest(set, digest);
  if ('refused' in found) throw new CliError('not_found', found.refused);
  return found.record;
}
