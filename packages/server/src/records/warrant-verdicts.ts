// SPDX-License-Identifier: Apache-2.0
import {
  type CountedRecord,
  type GateMemo,
  type RecordSet,
  readWarrantRecord,
  recordsOfType,
  warrantStanding,
} from '@countersign/kernel';
import { gateMemo, modelSet } from './model-sets.ts';

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
  return {
    live: (set, now, spent) => {
      const gates = gateMemo(set);
      return recordsOfType(set, 'deployment-record')
        .filter((record) => isLive(setOf(set, record), record, { now, gates }))
        .map(({ digest }) => digest)
        .filter((digest) => !spent?.has(digest));
    },
  };
}

/** What a gateway would judge it by: the firm's records and its model's. The whole log would make this grow with its square. */
function setOf(set: RecordSet, { statement }: CountedRecord): RecordSet {
  const { workspace, model } = statement.predicate.subjectRef;
  return model === undefined ? set : modelSet(set, workspace, model);
}

function isLive(
  set: RecordSet,
  record: CountedRecord,
  at: { readonly now: string; readonly gates: GateMemo },
): boolean {
  if (record.statement.predicate.kind !== 'promote') return false;
  try {
    const found = readWarrantRecord(record);
    // Most warrants of a long log have expired: nothing else need be judged for that.
    if (found === undefined || at.now >= found.warrant.expires) return false;
    return warrantStanding(set, found, at) === 'live';
  } catch {
    // As in the kernel: a warrant that cannot be read authorises nothing.
    return false;
  }
}
