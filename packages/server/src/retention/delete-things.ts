// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isDecisionKind, PART_OF_KIND, type PlannedThing } from '@countersign/kernel';
import { deleteStoredBlob } from '@countersign/pipeline';
import { type Kysely, sql } from 'kysely';
import type { ServerContext } from '../context.ts';
import type { Database } from '../store/index.ts';
import { blobRoot } from './stored-things.ts';

/**
 * Deletes things that an ordered deletion lists. Rows go with the caller's transaction; files go at once and for good, so
 * the caller has recorded before that they will. Again after a crash it finds less to do and ends the same.
 */
export async function deleteThings(
  context: Pick<ServerContext, 'dataDir'>,
  tx: Kysely<Database>,
  { deletion, things }: { readonly deletion: string; readonly things: readonly PlannedThing[] },
): Promise<void> {
  await destroyParts(tx, deletion, things);
  for (const { kind, id } of things) {
    if (isDecisionKind(kind)) continue;
    if (kind === 'audit-rows')
      await sql`SELECT retention_delete_audit(${deletion}, ${id})`.execute(tx);
    else if (kind === 'sessions') await deleteSessions(tx, id);
    else if (kind === 'job-scratch') await deleteScratch(context, id);
    else await deleteStoredBlob(blobRoot(context), id);
  }
}

async function destroyParts(
  tx: Kysely<Database>,
  deletion: string,
  things: readonly PlannedThing[],
): Promise<void> {
  const parts = things.flatMap(({ kind, id }) =>
    isDecisionKind(kind) ? [{ id, part: PART_OF_KIND[kind] }] : [],
  );
  if (parts.length === 0) return;
  await sql`SELECT retention_destroy_parts(${deletion}, ${parts.map(({ id }) => id)}::text[],
                                           ${parts.map(({ part }) => part)}::text[])`.execute(tx);
}

async function deleteSessions(tx: Kysely<Database>, day: string): Promise<void> {
  const from = new Date(`${day}T00:00:00.000Z`);
  const to = new Date(from.getTime() + 24 * 60 * 60 * 1000);
  await tx
    .deleteFrom('auth_session')
    .where('expiresAt', '>=', from)
    .where('expiresAt', '<', to)
    .execute();
}

async function deleteScratch(context: Pick<ServerContext, 'dataDir'>, name: string): Promise<void> {
  // The name came from a list that was signed, which makes it no path.
  if (name !== basename(name) || name.startsWith('.')) return;
  await rm(join(context.dataDir, 'jobs', name), { recursive: true, force: true });
}
