// SPDX-License-Identifier: Apache-2.0
import type { ServerContext } from '../context.ts';
import { actionsOf } from '../identity/index.ts';
import { sealedContents } from '../jobs/index.ts';
import type { Actor } from './register-route.ts';

/** What holds rows that were sealed for the validator: splits, the wholes that they were cut from, and the files of those. */
async function sealedDigests(context: ServerContext): Promise<ReadonlyMap<string, boolean>> {
  return sealedContents(await context.records.current(), context.blobs);
}

export async function isSealed(context: ServerContext, digest: string): Promise<boolean> {
  return (await sealedDigests(context)).has(digest);
}

/**
 * Which of these are stored and may be read by who asks. To be told that bytes are here is to be told something of them:
 * whoever may not fetch them is treated as if they were not here, and sends them. Naming a digest gives nobody a right;
 * what somebody may read is decided at each reading, by role and seal.
 */
export async function readableStored(
  context: ServerContext,
  actor: Actor,
  digests: readonly string[],
): Promise<ReadonlySet<string>> {
  const { via } = actor;
  if (via.kind === 'token' && !actionsOf(via.scopes).has('blobs:read')) return new Set();
  const sealed = await sealedDigests(context);
  const mayRead = (isOne: boolean): boolean =>
    context.access.decide(actor, { action: 'blobs:read', sealed: isOne }).allowed;
  const allowed = new Map([true, false].map((isOne) => [isOne, mayRead(isOne)]));
  const stored = new Set<string>();
  for (const digest of digests) {
    if (allowed.get(sealed.has(digest)) !== true || !(await context.blobs.has(digest))) continue;
    await context.blobs.touch(digest);
    stored.add(digest);
  }
  return stored;
}
