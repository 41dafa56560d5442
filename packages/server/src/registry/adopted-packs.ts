// SPDX-License-Identifier: Apache-2.0
import {
  accountOf,
  inForceOn,
  packScopes,
  type RecordSet,
  recordsOfType,
} from '@countersign/kernel';
import { packHistory, packsInForce } from './packs.ts';

/** A pack that the firm adopted, by its newest text. */
export interface AdoptedPack {
  readonly id: string;
  readonly version: string;
  readonly title: string;
  readonly authority: string;
  /** Of the record that adopted it. */
  readonly digest: string;
  readonly loggedAt: string;
  /** Accounts. */
  readonly signedBy: readonly string[];
  readonly effectiveFrom: string;
  readonly effectiveTo: string | null;
  /** Whether the text it stands for is in force on the day. */
  readonly inForce: boolean;
  readonly clauses: number;
  readonly documents: readonly string[];
  /** Of texts adopted before, oldest first. */
  readonly earlier: readonly string[];
  /** Models and uses that it is in scope of. */
  readonly scope: readonly { readonly model: string; readonly use: string }[];
}

/** Packs of a firm with the uses that each is in scope of, by id. */
export function adoptedPacks(
  set: RecordSet,
  at: { readonly workspace: string; readonly now: string },
): readonly AdoptedPack[] {
  const uses = decidedUses(set, at.workspace);
  const scopes = packScopes(set);
  const day = at.now.slice(0, 'YYYY-MM-DD'.length);
  const found = packsInForce(set).map(({ digest, pack }): AdoptedPack => {
    const record = set.byDigest.get(digest);
    return {
      id: pack.id,
      version: pack.version,
      title: pack.title,
      authority: pack.authority,
      digest,
      loggedAt: record?.loggedAt ?? '',
      signedBy: [...new Set((record?.signers ?? []).map(accountOf))].sort(),
      effectiveFrom: pack.effectiveFrom,
      effectiveTo: pack.effectiveTo,
      inForce: inForceOn(pack, day),
      clauses: pack.clauses.length,
      documents: pack.documents.map(({ id }) => id),
      earlier: packHistory(set, pack.id)
        .filter((one) => one.digest !== digest)
        .map(({ pack: { version } }) => version),
      scope: uses.filter((use) => scopes.concern(pack.id, use) === 'in-scope'),
    };
  });
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Packs that are in scope of uses by model risk's word and that the firm has not adopted, by id. */
export function wantedPacks(
  set: RecordSet,
  workspace: string,
): readonly Pick<AdoptedPack, 'id' | 'scope'>[] {
  const adopted = new Set(packsInForce(set).map(({ pack }) => pack.id));
  const ids = new Set(
    recordsOfType(set, 'scope-determination').map(({ statement }) =>
      String(statement.predicate.content.pack),
    ),
  );
  const uses = decidedUses(set, workspace);
  const scopes = packScopes(set);
  const inScope = (id: string) => uses.filter((use) => scopes.concern(id, use) === 'in-scope');
  return [...ids]
    .filter((id) => !adopted.has(id))
    .sort()
    .map((id) => ({ id, scope: inScope(id) }))
    .filter(({ scope }) => scope.length > 0);
}

function decidedUses(set: RecordSet, workspace: string): AdoptedPack['scope'] {
  const uses = new Map<string, { readonly model: string; readonly use: string }>();
  for (const { statement } of recordsOfType(set, 'scope-determination')) {
    const { model, use, workspace: own } = statement.predicate.subjectRef;
    if (own !== workspace || model === undefined || use === undefined) continue;
    uses.set(JSON.stringify([model, use]), { model, use });
  }
  return [...uses.values()];
}
