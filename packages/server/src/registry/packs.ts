// SPDX-License-Identifier: Apache-2.0
import {
  type CountedRecord,
  type FrameworkPack,
  packIn,
  type RecordSet,
  recordsOfType,
  supersededDigests,
} from '@countersign/kernel';

export interface PackInForce {
  /** Digest of the `policy-document` record that put it in force. */
  readonly digest: string;
  readonly pack: FrameworkPack;
}

/** Policy documents of a kind in force, in log order: one that was superseded is not. */
export function policyDocuments(
  set: RecordSet,
  kind: 'promotion-policy' | 'framework-pack' | 'questionnaire',
): readonly CountedRecord[] {
  const superseded = supersededDigests(set);
  return set.records.filter(
    ({ digest, statement: { predicate } }) =>
      predicate.type === 'policy-document' && predicate.kind === kind && !superseded.has(digest),
  );
}

/** Framework packs in force; of one pack id the newest document. */
export function packsInForce(set: RecordSet): readonly PackInForce[] {
  const newest = new Map<string, PackInForce>();
  for (const record of policyDocuments(set, 'framework-pack')) {
    const parsed = packIn(record);
    // A pack that cannot be read obliges nobody; a change request that names it is refused by the kernel.
    if (parsed.ok) newest.set(parsed.pack.id, { digest: record.digest, pack: parsed.pack });
  }
  return [...newest.values()];
}

/** Every text of a pack that was adopted, in log order, superseded ones too. */
export function packHistory(set: RecordSet, id: string): readonly PackInForce[] {
  return recordsOfType(set, 'policy-document').flatMap((record) => {
    if (record.statement.predicate.kind !== 'framework-pack') return [];
    const parsed = packIn(record);
    return parsed.ok && parsed.pack.id === id ? [{ digest: record.digest, pack: parsed.pack }] : [];
  });
}
