// SPDX-License-Identifier: Apache-2.0
import {
  type FindingEntry,
  type FindingFilter,
  type RecordSet,
  findingsRegister as registerAt,
} from '@countersign/kernel';

/** The findings register; its ageing as of the newest record unless a time is given. */
export function findingsRegister(
  set: RecordSet,
  filter: Omit<FindingFilter, 'now'> & { readonly now?: string | undefined },
): readonly FindingEntry[] {
  return registerAt(set, { ...filter, now: filter.now ?? set.records.at(-1)?.loggedAt ?? '' });
}
