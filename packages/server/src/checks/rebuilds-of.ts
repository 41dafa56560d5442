// SPDX-License-Identifier: Apache-2.0
import { type RebuildEntry, type RecordSet, rebuildSchedule } from '@countersign/kernel';
import { listWarrants } from '../governance/index.ts';

/** When each version that a live production warrant lets answer is built again, the most pressing first. */
export function rebuildsOf(
  set: RecordSet,
  at: { readonly workspace: string; readonly now: string },
): readonly RebuildEntry[] {
  const { workspace, now } = at;
  const live = listWarrants(set, { workspace, now, live: true }).filter(
    ({ environment }) => environment === 'production',
  );
  const versions = new Map(
    live.map(({ model, use, version }) => [
      `${model}@${version}/${use}`,
      { workspace, model, use, version },
    ]),
  );
  return rebuildSchedule(set, [...versions.values()], now);
}
