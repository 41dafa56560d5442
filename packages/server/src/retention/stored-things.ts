// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { isDecisionKind, type StoredThing, type ThingKind } from '@countersign/kernel';
import { listStoredBlobs, storedBlob } from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import { decisionThings, decisionThingsById } from './decision-things.ts';
import { type BlobFacts, blobThing, digestsInUse, namedBlobs } from './named-blobs.ts';
import type { Reading } from './retention-facts.ts';
import { rowThings } from './row-things.ts';

export type Storing = Pick<ServerContext, 'workspace' | 'dataDir' | 'blobs' | 'now'>;

export interface ThingFilter {
  readonly model?: string | undefined;
  readonly kind?: ThingKind | undefined;
}

/** Where the file store of a data directory lies, as open-data.ts opens it. */
export function blobRoot({ dataDir }: Pick<ServerContext, 'dataDir'>): string {
  return join(dataDir, 'blobs');
}

/** Everything that is stored, with what names it. */
export async function* storedThings(
  context: Storing,
  reading: Reading,
  filter: ThingFilter = {},
): AsyncGenerator<StoredThing> {
  const { kind, model } = filter;
  const isDecision = kind !== undefined && (isDecisionKind(kind) || kind === 'decision-proof');
  const all = async function* (): AsyncGenerator<StoredThing> {
    if (!isDecision) {
      const facts = await blobFacts(context, reading);
      for await (const blob of listStoredBlobs(blobRoot(context))) yield blobThing(facts, blob);
      yield* await rowThings(context, reading.db);
    }
    if (kind === undefined || isDecision)
      yield* decisionThings(reading.db, { workspace: context.workspace, model });
  };
  for await (const thing of all()) {
    const isOfModel = model === undefined || thing.references.some((one) => one.model === model);
    if (isOfModel && (kind === undefined || thing.kind === kind)) yield thing;
  }
}

async function blobFacts(context: Storing, reading: Reading): Promise<BlobFacts> {
  return {
    named: await namedBlobs(context, reading.set),
    inUse: await digestsInUse(reading),
    now: context.now(),
  };
}

/** These things as they are stored now; one that is gone is left out. */
export async function storedThingsById(
  context: Storing,
  reading: Reading,
  wanted: readonly { readonly kind: string; readonly id: string }[],
): Promise<ReadonlyMap<string, StoredThing>> {
  const found: StoredThing[] = [];
  const decisions = wanted.filter(({ kind }) => isDecisionKind(kind)).map(({ id }) => id);
  if (decisions.length > 0) {
    const ids = [...new Set(decisions)];
    found.push(...(await decisionThingsById(reading.db, { workspace: context.workspace, ids })));
  }
  const blobs = wanted.filter(({ id }) => /^[0-9a-f]{64}$/.test(id)).map(({ id }) => id);
  if (blobs.length > 0) {
    const facts = await blobFacts(context, reading);
    for (const digest of new Set(blobs)) {
      const blob = await storedBlob(blobRoot(context), digest);
      if (blob !== undefined) found.push(blobThing(facts, blob));
    }
  }
  if (wanted.some(({ kind }) => ROWS.has(kind)))
    found.push(...(await rowThings(context, reading.db)));
  return new Map(found.map((thing) => [thingKey(thing), thing]));
}

const ROWS: ReadonlySet<string> = new Set(['audit-rows', 'sessions', 'job-scratch']);

export function thingKey({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind} ${id}`;
}
