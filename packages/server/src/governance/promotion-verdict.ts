// SPDX-License-Identifier: Apache-2.0
import { type GateVerdict, judgeChangeRequest, type RecordSet } from '@countersign/kernel';
import { apartFromSodCheck } from './separation-record.ts';

interface Judged {
  readonly now: string;
  readonly verdict: GateVerdict;
}

/** The newest verdict on each request of a set: an inbox first asks which requests are open, then what each lacks. */
const JUDGED = new WeakMap<RecordSet, Map<string, Judged>>();

/** What a warrant still needs at a time. A lacking separation check is not listed: promotion makes it. */
export function promotionVerdict(set: RecordSet, digest: string, now: string): GateVerdict {
  const of = JUDGED.get(set) ?? new Map<string, Judged>();
  JUDGED.set(set, of);
  const known = of.get(digest);
  if (known?.now === now) return known.verdict;
  const verdict = apartFromSodCheck(judgeChangeRequest(set, digest, { phase: 'promote', now }));
  of.set(digest, { now, verdict });
  return verdict;
}
