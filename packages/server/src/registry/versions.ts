// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord, RecordSet } from '@countersign/kernel';
import { sql } from 'kysely';
import type { ServerTransaction } from '../context.ts';

export interface RegisteredVersion {
  readonly version: number;
  readonly artifact: CountedRecord;
  readonly artifactDigest: string;
  /** The use it was built for, and those that a change request proposed it for. */
  readonly uses: readonly string[];
}

/** Registered versions of a model, in order of their number. */
export function registeredVersions(
  set: RecordSet,
  ref: { readonly workspace: string; readonly model: string },
): readonly RegisteredVersion[] {
  const artifacts = set.records.filter(({ statement: { predicate } }) => {
    const { workspace, model, version } = predicate.subjectRef;
    return (
      predicate.type === 'model-artifact' &&
      workspace === ref.workspace &&
      model === ref.model &&
      version !== undefined
    );
  });
  return artifacts
    .map((artifact) => {
      const { version = 0, artifactDigest = '' } = artifact.statement.predicate.subjectRef;
      return { version, artifact, artifactDigest, uses: usesOfVersion(set, ref, version) };
    })
    .sort((a, b) => a.version - b.version);
}

function usesOfVersion(
  set: RecordSet,
  ref: { readonly workspace: string; readonly model: string },
  version: number,
): readonly string[] {
  const uses = new Set<string>();
  for (const { statement } of set.records) {
    const { type, subjectRef } = statement.predicate;
    const mine =
      (type === 'model-artifact' || type === 'change-record') &&
      subjectRef.workspace === ref.workspace &&
      subjectRef.model === ref.model &&
      subjectRef.version === version;
    if (mine && subjectRef.use !== undefined) uses.add(subjectRef.use);
  }
  return [...uses].sort();
}

/** Any fixed number: the first half of the key of advisory locks on a model's version numbers. */
const VERSION_LOCK = 7_301_011;

/**
 * The next number of a model, held until the transaction ends: two runs that finish at once get different numbers.
 * Numbers start at 1 and have no gaps, since a run that fails registers nothing.
 */
export async function takeVersionNumber(
  tx: ServerTransaction,
  ref: { readonly workspace: string; readonly model: string },
): Promise<number> {
  const name = `${ref.workspace}/${ref.model}`;
  await sql`SELECT pg_advisory_xact_lock(${VERSION_LOCK}, hashtext(${name}))`.execute(tx);
  const row = await tx
    .selectFrom('record')
    .select((build) => build.fn.max('version').as('last'))
    .where('workspace', '=', ref.workspace)
    .where('model', '=', ref.model)
    .where('type', '=', 'model-artifact')
    .executeTakeFirst();
  return Number(row?.last ?? 0) + 1;
}
