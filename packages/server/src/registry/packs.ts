// SPDX-License-Identifier: Apache-2.0
import {
  type CountedRecord,
  type FrameworkPack,
  parsePack,
  type RecordSet,
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
    const parsed = parsePack(record.statement.predicate.content.pack);
    // A pack that cannot be read obliges nobody; a change request that names it is refused by the kernel.
    if (parsed.ok) newest.set(parsed.pack.id, { digest: record.digest, pack: parsed.pack });
  }
  return [...newest.values()];
}

/** Packs in force that the use is in scope of, by the newest scope determination of each. */
export function packsInScope(
  set: RecordSet,
  ref: { readonly workspace: string; readonly model: string; readonly use: string },
): readonly PackInForce[] {
  const superseded = supersededDigests(set);
  const inScope = new Map<string, boolean>();
  for (const { digest, statement } of set.records) {
    const { predicate } = statement;
    const mine =
      predicate.type === 'scope-determination' &&
      predicate.subjectRef.workspace === ref.workspace &&
      predicate.subjectRef.model === ref.model &&
      (predicate.subjectRef.use === undefined || predicate.subjectRef.use === ref.use) &&
      !superseded.has(digest);
    if (mine) inScope.set(String(predicate.content.pack), predicate.content.inScope === true);
  }
  return packsInForce(set).filter(({ pack }) => inScope.get(pack.id) === true);
}
