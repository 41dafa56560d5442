// SPDX-License-Identifier: Apache-2.0
import {
  decodeRow,
  type Envelope,
  type Json,
  leafHash,
  merkleTree,
  parseStrictJson,
  type Receipt,
  type RowValue,
  readRecord,
  toBase64,
  toHex,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';

export interface DecisionSummary {
  readonly id: string;
  readonly kind: string;
  readonly model: string;
  readonly use: string | null;
  readonly version: number | null;
  readonly stage: string | null;
  readonly warrant: string | null;
  readonly at: string;
}

export interface DecisionQuery {
  readonly model?: string | undefined;
  readonly version?: number | undefined;
  readonly limit: number;
  /** Id of the last decision of the page before. */
  readonly before?: string | undefined;
}

/** Decisions, newest first. */
export async function listDecisions(
  context: ServerContext,
  query: DecisionQuery,
): Promise<readonly DecisionSummary[]> {
  let select = context.database.db
    .selectFrom('decision')
    .select(['id', 'kind', 'model', 'use', 'version', 'stage', 'warrant', 'decided_at'])
    .where('workspace', '=', context.workspace)
    .orderBy('decided_at', 'desc')
    .orderBy('id', 'desc')
    .limit(query.limit);
  if (query.model !== undefined) select = select.where('model', '=', query.model);
  if (query.version !== undefined) select = select.where('version', '=', query.version);
  if (query.before !== undefined) {
    const last = await findDecision(context, query.before);
    select = select.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('decided_at', 'id'), '<', tuple(last.decided_at, last.id)),
    );
  }
  const rows = await select.execute();
  return rows.map(({ decided_at, ...row }) => ({ ...row, at: decided_at.toISOString() }));
}

export interface DecisionView extends DecisionSummary {
  readonly header: Json;
  /** By name, as the model was given them; absent once destroyed. */
  readonly inputs?: Json;
  readonly output?: Json;
  readonly reasons?: Json;
  readonly protected?: Json;
  readonly leaf: string;
  /** Salts of the parts that exist, hex: with bytes they open the leaf's commitments. */
  readonly salts: Readonly<Record<string, string>>;
  readonly receipt: Receipt;
  /** Digest of the record of the batch header. */
  readonly batch: string;
  readonly actions: readonly Json[];
  readonly outcomes: readonly Json[];
}

/** One decision with everything that is kept of it. @throws ServerError `decision_unknown` */
export async function readDecisionView(context: ServerContext, id: string): Promise<DecisionView> {
  const row = await findDecision(context, id);
  const { db } = context.database;
  const parts = await db
    .selectFrom('decision_part')
    .select(['part', 'salt', 'bytes'])
    .where('workspace', '=', context.workspace)
    .where('decision', '=', id)
    .execute();
  const bytesOf = (name: string) => parts.find(({ part }) => part === name)?.bytes;
  // A fallback's answer is an answer too, though not the model's.
  const answered = row.kind === 'answer' || row.kind === 'fallback';
  const { receipt, batch } = await receiptOf(context, row);
  return {
    id: row.id,
    kind: row.kind,
    model: row.model,
    use: row.use,
    version: row.version,
    stage: row.stage,
    warrant: row.warrant,
    at: row.decided_at.toISOString(),
    header: parseStrictJson(row.header),
    ...member('inputs', bytesOf('inputs'), rowJson),
    ...member('output', answered ? bytesOf('output') : undefined, rowJson),
    ...member('reasons', answered ? bytesOf('reasons') : undefined, parseStrictJson),
    ...member('protected', answered ? bytesOf('protected') : undefined, parseStrictJson),
    leaf: toBase64(row.leaf),
    salts: Object.fromEntries([
      ['header', toHex(row.header_salt)],
      ...parts.map(({ part, salt }) => [part, toHex(salt)]),
    ]),
    receipt,
    batch,
    actions: await actionsOf(context, id),
    outcomes: await outcomesOf(context, id),
  };
}

export interface DecisionParts {
  readonly summary: DecisionSummary;
  readonly receipt: Receipt;
  readonly batch: string;
  /** The header and every part that still exists, as they were committed to. */
  readonly parts: readonly {
    readonly name: string;
    readonly salt: Uint8Array;
    readonly bytes: Uint8Array;
  }[];
}

/** One decision as bytes, for a case file. @throws ServerError `decision_unknown` */
export async function readDecisionParts(
  context: ServerContext,
  id: string,
): Promise<DecisionParts> {
  const row = await findDecision(context, id);
  const rows = await context.database.db
    .selectFrom('decision_part')
    .select(['part', 'salt', 'bytes'])
    .where('workspace', '=', context.workspace)
    .where('decision', '=', id)
    .orderBy('part')
    .execute();
  const { kind, model, use, version, stage, warrant } = row;
  return {
    summary: { id, kind, model, use, version, stage, warrant, at: row.decided_at.toISOString() },
    ...(await receiptOf(context, row)),
    parts: [
      { name: 'header', salt: row.header_salt, bytes: row.header },
      ...rows.map(({ part, salt, bytes }) => ({ name: part, salt, bytes })),
    ],
  };
}

function member(
  name: string,
  bytes: Uint8Array | undefined,
  read: (bytes: Uint8Array) => Json,
): { readonly [name: string]: Json } {
  return bytes === undefined || bytes.length === 0 ? {} : { [name]: read(new Uint8Array(bytes)) };
}

/** A typed row as JSON for people: floats as numbers, 64-bit integers and bytes as text. */
function rowJson(bytes: Uint8Array): Json {
  return Object.fromEntries(decodeRow(bytes).map(({ name, value }) => [name, valueJson(value)]));
}

function valueJson(value: RowValue): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if ('f64' in value) return Number.isFinite(value.f64) ? value.f64 : String(value.f64);
  if ('f32' in value) return Number.isFinite(value.f32) ? value.f32 : String(value.f32);
  if ('i64' in value) return value.i64.toString();
  if ('bytes' in value) return toBase64(value.bytes);
  return 'NaN';
}

async function findDecision(context: ServerContext, id: string) {
  const row = await context.database.db
    .selectFrom('decision')
    .selectAll()
    .where('workspace', '=', context.workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  if (row !== undefined) return row;
  throw new ServerError('decision_unknown', `no decision \`${id.slice(0, 80)}\` is known`, {
    details: { id },
  });
}

/** The receipt made anew from the batch, as the gateway gave it. */
async function receiptOf(
  context: ServerContext,
  at: {
    readonly id: string;
    readonly gateway: string;
    readonly epoch: number;
    readonly batch: number;
    readonly index: number;
  },
): Promise<{ readonly receipt: Receipt; readonly batch: string }> {
  const { db } = context.database;
  const batch = await db
    .selectFrom('decision_batch')
    .innerJoin('record', 'record.digest', 'decision_batch.record')
    .select(['record.digest', 'record.payload_type', 'record.payload', 'record.signatures'])
    .where('gateway', '=', at.gateway)
    .where('epoch', '=', at.epoch)
    .where('n', '=', at.batch)
    .executeTakeFirstOrThrow();
  const leaves = await db
    .selectFrom('decision')
    .select('leaf')
    .where('gateway', '=', at.gateway)
    .where('epoch', '=', at.epoch)
    .where('batch', '=', at.batch)
    .orderBy('index')
    .execute();
  const payload = batch.payload ?? (await context.blobs.get(batch.digest));
  const header: Envelope = {
    payloadType: batch.payload_type,
    payload: toBase64(payload),
    signatures: batch.signatures,
  };
  readRecord(context.primitives, header); // a batch header that is no record proves nothing
  const p = context.primitives;
  const tree = merkleTree(
    p,
    leaves.map(({ leaf }) => leafHash(p, leaf)),
  );
  const own = leaves[at.index]?.leaf ?? new Uint8Array();
  return {
    batch: batch.digest,
    receipt: {
      v: 1,
      decision: at.id,
      leaf: toBase64(own),
      index: at.index,
      size: leaves.length,
      proof: tree.inclusionProof(at.index).map(toHex),
      header,
    },
  };
}

async function actionsOf(context: ServerContext, id: string): Promise<readonly Json[]> {
  const rows = await context.database.db
    .selectFrom('action')
    .select(['action', 'actor', 'override', 'reason', 'acted_at', 'record'])
    .where('workspace', '=', context.workspace)
    .where('decision', '=', id)
    .orderBy('id')
    .execute();
  return rows.map(({ acted_at, ...row }) => ({ ...row, at: acted_at.toISOString() }));
}

async function outcomesOf(context: ServerContext, id: string): Promise<readonly Json[]> {
  const rows = await context.database.db
    .selectFrom('outcome')
    .select(['kind', 'state', 'value', 'actor', 'observed_at', 'record'])
    .where('workspace', '=', context.workspace)
    .where('decision', '=', id)
    .orderBy('id')
    .execute();
  return rows.map(({ observed_at, ...row }) => ({
    ...row,
    observed: observed_at?.toISOString() ?? null,
  }));
}

/** How many decisions a version gave, by kind. */
export async function countDecisions(
  context: ServerContext,
  ref: { readonly model: string; readonly version: number },
): Promise<Readonly<Record<string, number>>> {
  const rows = await context.database.db
    .selectFrom('decision')
    .select(['kind', ({ fn }) => fn.countAll<number>().as('n')])
    .where('workspace', '=', context.workspace)
    .where('model', '=', ref.model)
    .where('version', '=', ref.version)
    .groupBy('kind')
    .execute();
  return Object.fromEntries(rows.map(({ kind, n }) => [kind, Number(n)]));
}
