// SPDX-License-Identifier: Apache-2.0
import type { ServerContext } from '../context.ts';
import { actionsOf } from '../identity/index.ts';
import type { Actor } from './register-route.ts';

/** Digests of the splits that were sealed for the validator. */
async function sealedDigests(context: ServerContext): Promise<ReadonlySet<unknown>> {
  const set = await context.records.current();
  return new Set(
    set.records.flatMap(({ statement: { predicate } }) =>
      predicate.type === 'dataset-snapshot' && predicate.content.sealed === true
        ? [predicate.content.contentDigest]
        : [],
    ),
  );
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
