// SPDX-License-Identifier: Apache-2.0
import {
  DESTROYABLE_KINDS,
  isDecisionKind,
  isDigest,
  judgeThing,
  type StoredThing,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { deletionsOf, restoreDeletions } from './deletions.ts';
import { retentionFacts } from './retention-facts.ts';
import { storedThingsById } from './stored-things.ts';

/** Of one blob's references; a wheel may be named by every version of a firm. */
const REFERENCES_MAX = 50;

/**
 * Why a blob, a record or the parts of a decision are kept or may go, and by what parts of it were deleted.
 * @throws ServerError `thing_unknown` for what is not stored and was never deleted
 */
export async function explainThing(
  context: ServerContext,
  { id, at = context.now() }: { readonly id: string; readonly at?: string | undefined },
) {
  const set = await context.records.current();
  const reading = { db: context.database.db, set };
  const facts = await retentionFacts(context, reading, at);
  const stored = await storedThingsById(context, reading, wantedOf(id));
  const things = [...stored.values(), ...recordThing(set.byDigest.has(id), stored.size, id)];
  await restoreDeletions(context, set);
  const deleted = await deletionsOf(context, id);
  if (things.length === 0 && deleted.length === 0) {
    throw new ServerError(
      'thing_unknown',
      `nothing of the name \`${id.slice(0, 80)}\` is stored or was deleted here`,
      {
        details: { id },
      },
    );
  }
  return {
    id,
    at,
    things: things.map((thing) => ({
      kind: thing.kind,
      id: thing.id,
      count: thing.count,
      bytes: thing.bytes,
      fate: judgeThing(facts, thing, at),
      references: thing.references.slice(0, REFERENCES_MAX).map(({ moments: _, ...one }) => one),
    })),
    deleted,
  };
}

/** A digest names bytes; anything else a decision. */
function wantedOf(id: string): readonly { readonly kind: string; readonly id: string }[] {
  if (isDigest(id)) return [{ kind: 'unnamed-bytes', id }];
  return DESTROYABLE_KINDS.filter(isDecisionKind).map((kind) => ({ kind, id }));
}

/** A record whose payload stands in its row is no stored blob. */
function recordThing(isRecord: boolean, found: number, id: string): readonly StoredThing[] {
  if (!isRecord || found > 0) return [];
  return [
    {
      kind: 'record',
      id,
      bytes: 0,
      count: 1,
      references: [{ kind: 'record', record: id, moments: {} }],
    },
  ];
}
