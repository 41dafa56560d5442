// SPDX-License-Identifier: Apache-2.0
import {
  blobsNamedBy,
  digestsIn,
  type Json,
  parseStrictJson,
  type RecordSet,
  type StoredThing,
  specialDatasets,
  type ThingKind,
  type ThingReference,
} from '@countersign/kernel';
import { type BlobStore, contentsOfTree, type StoredBlob } from '@countersign/pipeline';
import { sql } from 'kysely';
import type { ServerContext } from '../context.ts';
import type { Reading } from './retention-facts.ts';

type NamedBlobs = ReadonlyMap<string, readonly ThingReference[]>;

/** Of one list of records, which never changes: a sweep asks for every few things that it deletes. */
const KNOWN = new WeakMap<RecordSet['records'], Promise<NamedBlobs>>();

/**
 * Every digest that counted records name, those that the result of a run names for them (wheels, parts of an image,
 * snapshots, papers), and the files of every data version that one of them read.
 * @throws PipelineError when a run's result is damaged: what it names is then unknown, and nothing may be deleted
 */
export function namedBlobs(
  context: Pick<ServerContext, 'blobs'>,
  set: RecordSet,
): Promise<NamedBlobs> {
  const known = KNOWN.get(set.records);
  if (known !== undefined) return known;
  const found = collect(context.blobs, set);
  KNOWN.set(set.records, found);
  found.catch(() => KNOWN.delete(set.records));
  return found;
}

async function collect(blobs: BlobStore, set: RecordSet): Promise<NamedBlobs> {
  const special = specialDatasets(set);
  const found = new Map<string, ThingReference[]>();
  const add = (digest: string, reference: ThingReference) => {
    const named = found.get(digest);
    if (named === undefined) found.set(digest, [reference]);
    else named.push(reference);
  };
  for (const record of set.records) {
    for (const [digest, reference] of blobsNamedBy(record, special)) add(digest, reference);
    // A payload that was too large for its row lies under the record's own digest.
    add(record.digest, { kind: 'record', record: record.digest, moments: {} });
    const { type, content } = record.statement.predicate;
    if (type === 'dataset-snapshot') {
      const version = dataVersionOf(content);
      const own = version === undefined ? undefined : blobsNamedBy(record, special).get(version);
      if (version === undefined || own === undefined || !(await blobs.has(version))) continue;
      for await (const digest of contentsOfTree(blobs, version)) add(digest, own);
      continue;
    }
    if (type !== 'training-run' || typeof content.result !== 'string') continue;
    const own = blobsNamedBy(record, special).get(content.result);
    if (own === undefined || !(await blobs.has(content.result))) continue;
    for (const digest of await digestsInBlob(blobs, content.result)) add(digest, own);
  }
  for (const { digest } of set.rejected)
    add(digest, { kind: 'record', record: digest, moments: {} });
  return found;
}

/** The manifest that a snapshot was read from: what is in it is the version's as well. */
function dataVersionOf({
  source,
}: {
  readonly [name: string]: Json | undefined;
}): string | undefined {
  const origin = memberOf(source, 'origin');
  const version = memberOf(origin, 'snapshot');
  const isOfTable = memberOf(origin, 'iceberg') !== undefined;
  return typeof version === 'string' && !isOfTable ? version : undefined;
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [name: string]: Json })[name]
    : undefined;
}

/** A run's result: larger ones were never written. */
const RESULT_BYTES_MAX = 256 * 1024 * 1024;

async function digestsInBlob(blobs: BlobStore, digest: string): Promise<ReadonlySet<string>> {
  const json: Json = parseStrictJson(await blobs.get(digest), { maxBytes: RESULT_BYTES_MAX });
  return digestsIn(json);
}

/** Digests that must not go now, with the reason: of records without a place in the log, of jobs that are under way. */
export async function digestsInUse({ db, set }: Reading): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const rejected = set.rejected.map(({ digest }) => digest);
  const { rows: links } = await sql<{ to_digest: string; from_digest: string }>`
    SELECT to_digest, from_digest FROM record_link
     WHERE from_digest = ANY(${rejected})
        OR from_digest IN (SELECT u.record FROM unsequenced u)`.execute(db);
  for (const { to_digest, from_digest } of links) {
    found.set(to_digest, `record ${from_digest.slice(0, 12)}, which does not count, names it`);
  }
  const { rows: unplaced } = await sql<{ record: string }>`SELECT record FROM unsequenced`.execute(
    db,
  );
  for (const { record } of unplaced)
    found.set(record, 'it is a record without a place in the log yet');
  const pending = await db.selectFrom('pending_record').select(['digest', 'payload']).execute();
  for (const { digest, payload } of pending) {
    for (const named of digestsIn(parseStrictJson(payload))) {
      found.set(named, `record ${digest.slice(0, 12)}, which awaits signatures, names it`);
    }
  }
  const jobs = await db
    .selectFrom('job')
    .select(['id', 'params'])
    .where('state', 'in', ['queued', 'running'])
    .execute();
  for (const { id, params } of jobs) {
    for (const named of digestsIn(params as Json)) found.set(named, `job ${id} uses it`);
  }
  return found;
}

/** Whoever put or named bytes a day ago at the most may be about to record them. */
const SETTLED_MS = 24 * 60 * 60 * 1000;
const PRECEDENCE: readonly ThingKind[] = ['record', 'special-category-data'];

export interface BlobFacts {
  readonly named: NamedBlobs;
  readonly inUse: ReadonlyMap<string, string>;
  readonly now: string;
}

/** A stored blob with everything that names it. */
export function blobThing(facts: BlobFacts, { digest, size, storedAt }: StoredBlob): StoredThing {
  const stored = { stored: storedAt };
  const named = facts.named.get(digest) ?? [];
  const references: readonly ThingReference[] =
    named.length === 0
      ? [{ kind: 'unnamed-bytes', moments: stored }]
      : named.map((one) => ({ ...one, moments: { ...one.moments, ...stored } }));
  const kinds = references.map(({ kind }) => kind);
  const kind = PRECEDENCE.find((one) => kinds.includes(one)) ?? kinds[0] ?? 'unnamed-bytes';
  const isFresh = Date.parse(facts.now) - Date.parse(storedAt) < SETTLED_MS;
  const why =
    facts.inUse.get(digest) ??
    (isFresh ? `its bytes were stored on ${storedAt}, less than a day ago` : undefined);
  return {
    kind,
    id: digest,
    bytes: size,
    count: 1,
    references,
    ...(why === undefined ? {} : { inUse: why }),
  };
}
