// SPDX-License-Identifier: Apache-2.0
import {
  type ChangeSummary,
  type ChangeVerdict,
  changeOf,
  type RecordSet,
} from '@countersign/kernel';

/** What changed since the version in production, with how much that is. */
export interface Changes extends ChangeSummary {
  readonly verdict: ChangeVerdict;
}

/** Undefined where the records do not let a change be judged: the request's own verdict says why. */
export function changesOf(set: RecordSet, changeRequest: string, now: string): Changes | undefined {
  const judged = changeOf(set, changeRequest, now);
  return 'refused' in judged ? undefined : { verdict: judged.change, ...judged.summary };
}
