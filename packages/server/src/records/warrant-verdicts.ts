// SPDX-License-Identifier: Apache-2.0
import { endingsOf, type RecordSet, readWarrantRecord, verifyWarrant } from '@countersign/kernel';

export interface WarrantVerdicts {
  /** The same as the kernel's `liveWarrants`, without judging a warrant's gates twice. */
  live(set: RecordSet, now: string): readonly string[];
}

/**
 * Remembers which warrants held when first judged: the gates look only at what the log held when a warrant was signed,
 * so a verdict changes by time and by endings alone. Both are asked anew each time.
 */
export function createWarrantVerdicts(): WarrantVerdicts {
  const judged = new Map<string, boolean>();
  return {
    live: (set, now) =>
      set.records.flatMap((record) => {
        const { predicate } = record.statement;
        if (predicate.type !== 'deployment-record' || predicate.kind !== 'promote') return [];
        if (isOver(set, record.digest, now)) return [];
        const known = judged.get(record.digest) ?? holds(set, record.digest, now);
        judged.set(record.digest, known);
        return known ? [record.digest] : [];
      }),
  };
}

/** Not begun, expired or ended: asked before judging, so that only the gates' answer is remembered. */
function isOver(set: RecordSet, digest: string, now: string): boolean {
  const { content } = set.byDigest.get(digest)?.statement.predicate ?? { content: {} };
  const { notBefore, expires } = content as { notBefore?: unknown; expires?: unknown };
  if (typeof notBefore !== 'string' || typeof expires !== 'string') return true;
  return now < notBefore || now >= expires || endingsOf(set, digest).length > 0;
}

function holds(set: RecordSet, digest: string, now: string): boolean {
  try {
    const found = readWarrantRecord(set.byDigest.get(digest));
    if (found === undefined) return false;
    const { environment } = found.warrant;
    return verifyWarrant(set, { warrant: digest, environment, now, production: false }).ok;
  } catch {
    // As in the kernel: a warrant that cannot be read authorises nothing.
    return false;
  }
}
