// SPDX-License-Identifier: Apache-2.0
import {
  type CountedRecord,
  type GateMemo,
  type RecordSet,
  readWarrantRecord,
  warrantStanding,
} from '@countersign/kernel';

export interface WarrantVerdicts {
  /**
   * The same as the kernel's `liveWarrants`, without judging a warrant's gates twice.
   * @param spent provisional warrants whose answers are used up, counted elsewhere
   */
  live(set: RecordSet, now: string, spent?: ReadonlySet<string>): readonly string[];
}

/**
 * Remembers whether a warrant's gates were met: they look only at what the log held when it was signed. What time and
 * later records decide (endings, reviews, conditions, provisional use) the kernel is asked anew each time.
 */
export function createWarrantVerdicts(): WarrantVerdicts {
  const gates: GateMemo = new Map();
  return {
    live: (set, now, spent) =>
      set.records
        .filter((record) => isLive(set, record, { now, gates }) && !spent?.has(record.digest))
        .map(({ digest }) => digest),
  };
}

function isLive(
  set: RecordSet,
  record: CountedRecord,
  at: { readonly now: string; readonly gates: GateMemo },
): boolean {
  const { type, kind } = record.statement.predicate;
  if (type !== 'deployment-record' || kind !== 'promote') return false;
  try {
    const found = readWarrantRecord(record);
    return found !== undefined && warrantStanding(set, found, at) === 'live';
  } catch {
    // As in the kernel: a warrant that cannot be read authorises nothing.
    return false;
  }
}
