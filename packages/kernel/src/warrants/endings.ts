// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord, RecordSet } from '../records/record-set.ts';

const ENDING: ReadonlySet<string> = new Set(['revoke', 'suspend', 'retire']);

/** The records that ended a warrant: any one suffices, and none can be undone (resuming mints a new warrant). */
export function endingsOf(set: RecordSet, warrant: string): readonly CountedRecord[] {
  return set.records.filter(({ statement: { predicate } }) => {
    if (predicate.type !== 'deployment-record' || !ENDING.has(predicate.kind ?? '')) return false;
    return predicate.content.warrant === warrant;
  });
}
