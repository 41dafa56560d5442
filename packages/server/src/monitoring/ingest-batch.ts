// SPDX-License-Identifier: Apache-2.0
import {
  canonicalBytes,
  concatBytes,
  type IngestBatchContent,
  type Json,
  utf8,
} from '@countersign/kernel';
import { sql } from 'kysely';
import type { ServerContext, ServerTransaction } from '../context.ts';
import { ServerError } from '../errors.ts';
import { recordByPlatform } from '../records/index.ts';
import { ACTION_SHAPE, OUTCOME_SHAPE, readAction, readOutcome } from './ingested-row.ts';
import { pages, pagesOfRows } from './pages.ts';
import { type RowProblem, type RowShape, readRows, type UploadedRow } from './read-rows.ts';

export interface IngestUpload {
  readonly bytes: Uint8Array;
  readonly media: 'csv' | 'ndjson';
  /** Who sends the rows; the actor of rows that name none. */
  readonly actor: string;
}

export interface IngestedBatch {
  /** Digest of the record that commits to the rows. */
  readonly record: string;
  readonly rows: number;
  /** False when the very same rows were ingested before. */
  readonly added: boolean;
}

/** Any fixed number that no other lock of ours has. */
const BATCH_LOCK = 7_301_014;
const PROBLEMS_MAX = 50;
const ROWS_PER_INSERT = 1_000;

/**
 * Records what the firm did with answers: columns decision, action and, where they are known, at, actor, override and
 * reason. All rows or none, in one transaction with the record that commits to them.
 * @throws ServerError `ingest_invalid` with every bad row's line
 */
export function ingestActions(
  context: ServerContext,
  upload: IngestUpload,
): Promise<IngestedBatch> {
  const now = context.now();
  return ingest(context, upload, {
    type: 'action-record',
    shape: ACTION_SHAPE,
    read: (row) => readAction(row, upload.actor, now),
    count: ({ action }) => action,
    insert: async (tx, rows, record) => {
      const values = rows.map(({ at, ...row }) => ({
        ...row,
        workspace: context.workspace,
        acted_at: at,
        recorded_at: now,
        record,
      }));
      for (const page of pages(values, ROWS_PER_INSERT))
        await tx
          .insertInto('action')
          .values([...page])
          .execute();
    },
  });
}

/**
 * Records what turned out to be true: columns decision and value, with kind, state and observed where they are not
 * `realised`, `matured` and unknown. All rows or none. A correction is a later row.
 * @throws ServerError `ingest_invalid` with every bad row's line
 */
export function ingestOutcomes(
  context: ServerContext,
  upload: IngestUpload,
): Promise<IngestedBatch> {
  const now = context.now();
  return ingest(context, upload, {
    type: 'outcome-record',
    shape: OUTCOME_SHAPE,
    read: readOutcome,
    count: ({ state, value }) => (state === 'matured' ? `matured ${value}` : state),
    insert: async (tx, rows, record) => {
      const values = rows.map(({ observed, ...row }) => ({
        ...row,
        workspace: context.workspace,
        actor: upload.actor,
        observed_at: observed,
        recorded_at: now,
        record,
      }));
      for (const page of pages(values, ROWS_PER_INSERT))
        await tx
          .insertInto('outcome')
          .values([...page])
          .execute();
    },
  });
}

interface Batch<T> {
  readonly type: 'action-record' | 'outcome-record';
  readonly shape: RowShape;
  readonly read: (row: UploadedRow) => T | string;
  /** What the record's summary counts rows by. */
  readonly count: (row: T) => string;
  readonly insert: (tx: ServerTransaction, rows: readonly T[], record: string) => Promise<void>;
}

async function ingest<T extends { readonly decision: string }>(
  context: ServerContext,
  upload: IngestUpload,
  batch: Batch<T>,
): Promise<IngestedBatch> {
  const uploaded = readRows(upload.bytes, upload.media, batch.shape);
  if (!uploaded.ok) throw invalid(uploaded.problems);
  if (uploaded.rows.length === 0)
    throw invalid([{ place: 'line 1', message: 'there are no rows' }]);
  const { rows, problems } = readAll(uploaded.rows, batch.read);
  const about = await decisionsOf(context, rows);
  problems.push(...unknownDecisions(rows, about));
  if (problems.length > 0) throw invalid(problems);
  const subject = subjectOf(about);
  const lines = rows.map(({ row }) =>
    concatBytes(canonicalBytes(row as unknown as Json), utf8('\n')),
  );
  const blob = await context.blobs.put(concatBytes(...lines));
  const content: IngestBatchContent = {
    rows: rows.length,
    blob: blob.digest,
    accepted: rows.length,
    rejected: 0, // a batch with a bad row is refused whole
    summary: countBy(rows.map(({ row }) => batch.count(row))),
  };
  return context.database.db.transaction().execute(async (tx) => {
    // One upload of these bytes at a time: a client that sends them again does not wait for the first answer.
    await sql`SELECT pg_advisory_xact_lock(${BATCH_LOCK}::int, hashtext(${blob.digest}))`.execute(
      tx,
    );
    const earlier = await sameBatch(tx, batch.type, blob.digest);
    if (earlier !== undefined) return { record: earlier, rows: rows.length, added: false };
    const { digest } = await recordByPlatform(context, tx, {
      type: batch.type,
      kind: 'batch',
      scope: subject.use === undefined ? 'model' : 'use',
      subjectRef: subject,
      producer: 'serving',
      actor: upload.actor,
      source: [],
      blobs: [blob.digest],
      content,
    });
    await batch.insert(
      tx,
      rows.map(({ row }) => row),
      digest,
    );
    return { record: digest, rows: rows.length, added: true };
  });
}

interface ReadRow<T> {
  readonly line: number;
  readonly row: T;
}

function readAll<T>(
  uploaded: readonly UploadedRow[],
  read: (row: UploadedRow) => T | string,
): { readonly rows: readonly ReadRow<T>[]; readonly problems: RowProblem[] } {
  const rows: ReadRow<T>[] = [];
  const problems: RowProblem[] = [];
  for (const one of uploaded) {
    const row = read(one);
    if (typeof row === 'string') problems.push({ place: `line ${one.line}`, message: row });
    else rows.push({ line: one.line, row });
  }
  return { rows, problems };
}

interface KnownDecision {
  readonly id: string;
  readonly model: string;
  readonly use: string | null;
}

async function decisionsOf(
  context: ServerContext,
  rows: readonly ReadRow<{ readonly decision: string }>[],
): Promise<ReadonlyMap<string, KnownDecision>> {
  const ids = [...new Set(rows.map(({ row }) => row.decision))];
  const known = new Map<string, KnownDecision>();
  const read = (page: readonly string[]) =>
    context.database.db
      .selectFrom('decision')
      .select(['id', 'model', 'use'])
      .where('workspace', '=', context.workspace)
      .where('id', 'in', page)
      .execute();
  for await (const rows of pagesOfRows(ids, read)) {
    for (const decision of rows) known.set(decision.id, decision);
  }
  return known;
}

function unknownDecisions(
  rows: readonly ReadRow<{ readonly decision: string }>[],
  known: ReadonlyMap<string, KnownDecision>,
): readonly RowProblem[] {
  const model = known.values().next().value?.model;
  return rows.flatMap(({ line, row }) => {
    const place = `line ${line}`;
    const decision = known.get(row.decision);
    if (decision === undefined) {
      return [{ place, message: `decision \`${row.decision.slice(0, 80)}\` is not known here` }];
    }
    if (decision.model === model) return [];
    return [
      { place, message: `is of model \`${decision.model}\`; a batch is of one, \`${model}\` here` },
    ];
  });
}

function subjectOf(known: ReadonlyMap<string, KnownDecision>) {
  const decisions = [...known.values()];
  const model = decisions[0]?.model ?? '';
  const uses = new Set(decisions.map(({ use }) => use));
  const use = uses.size === 1 ? decisions[0]?.use : null;
  return { model, ...(use === null || use === undefined ? {} : { use }) };
}

async function sameBatch(
  tx: ServerTransaction,
  type: string,
  blob: string,
): Promise<string | undefined> {
  const row = await tx
    .selectFrom('record_link')
    .innerJoin('record', 'record.digest', 'record_link.from_digest')
    .select('record.digest')
    .where('record_link.to_digest', '=', blob)
    .where('record.type', '=', type)
    .executeTakeFirst();
  return row?.digest;
}

function countBy(names: readonly string[]): { readonly [name: string]: number } {
  const counts: Record<string, number> = {};
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function invalid(problems: readonly RowProblem[]): ServerError {
  const first = problems[0];
  const more = problems.length > 1 ? ` and ${problems.length - 1} more` : '';
  return new ServerError(
    'ingest_invalid',
    `nothing was written: ${first?.place ?? ''}: ${first?.message ?? ''}${more}`,
    { details: { problems: problems.slice(0, PROBLEMS_MAX), field: first?.place } },
  );
}
