// SPDX-License-Identifier: Apache-2.0
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import { asBoolean, asString } from '../records/shape.ts';
import { evidenceItems, type VersionContext } from './evidence-items.ts';
import type { FrameworkPack } from './pack.ts';
import { packIn } from './pack-in.ts';

export interface ScopedPack {
  /** Digest of the `policy-document` that the firm adopted it by. */
  readonly digest: string;
  readonly pack: FrameworkPack;
}

/** The newest document of a kind that takes effect by two signatures; an older one is no longer the firm's. */
export function newestPolicyDocument(set: RecordSet, kind: string): CountedRecord | undefined {
  return recordsOfType(set, 'policy-document').findLast(
    ({ statement }) => statement.predicate.kind === kind,
  );
}

/**
 * Packs that model risk put in scope of the use and that the firm has adopted, each by its newest record. Whoever prepares a
 * change request and whoever judges it must agree on these to the digest, so both ask here.
 * @throws KernelError `record_malformed` for a scope determination that cannot be read
 */
export function packsInScope(set: RecordSet, context: VersionContext): readonly ScopedPack[] {
  return [...scopeDecisions(set, context)].flatMap(([id, inScope]) =>
    inScope ? (newestPack(set, id) ?? []) : [],
  );
}

/**
 * Pack ids that model risk decided about for the use, adopted or not, with whether each is in scope; the newest counts.
 * @throws KernelError `record_malformed` for a scope determination that cannot be read
 */
export function scopeDecisions(
  set: RecordSet,
  context: VersionContext,
): ReadonlyMap<string, boolean> {
  const decided = new Map<string, boolean>();
  for (const item of evidenceItems(set, context, { id: 'scope-determination' })) {
    const { content } = item.statement.predicate;
    decided.set(
      asString(content.pack, 'content.pack'),
      asBoolean(content.inScope, 'content.inScope'),
    );
  }
  return decided;
}

function newestPack(set: RecordSet, id: string): ScopedPack | undefined {
  const documents = recordsOfType(set, 'policy-document').filter(
    ({ statement }) => statement.predicate.kind === 'framework-pack',
  );
  for (const record of documents.reverse()) {
    const parsed = packIn(record);
    if (parsed.ok && parsed.pack.id === id) return { digest: record.digest, pack: parsed.pack };
  }
  return undefined;
}
