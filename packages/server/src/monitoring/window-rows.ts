// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import {
  decodeRow,
  exactDecimal,
  type Json,
  parseStrictJson,
  type RowValue,
  toHex,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { pagesOfRows } from './pages.ts';

/** Which answers a window holds: those of one version for one use, served from `from` up to but not including `to`. */
export interface Window {
  readonly model: string;
  readonly use: string;
  readonly version: number;
  readonly from: string;
  readonly to: string;
}

/** One answer with what is known of it since. Cells are text; null where there is none. */
export interface WindowRow {
  readonly decision: string;
  readonly cells: ReadonlyMap<string, string | null>;
}

export interface WindowRows {
  readonly rows: readonly WindowRow[];
  /** Digest of the blob that lists the decisions with their leaf bytes: what was measured, exactly. */
  readonly digest: string;
  /** Warrants that the answers were given under, oldest first. */
  readonly warrants: readonly string[];
  readonly refused: number;
  readonly withOutcome: number;
  readonly withAction: number;
}

export const DECISION_COLUMN = 'served_decision';
export const ACTION_COLUMN = 'recorded_action';
/** Day of the answer, UTC. */
export const DAY_COLUMN = 'answered_on';

/** Answers in one window; more are refused rather than silently cut. */
const ROWS_MAX = 1_000_000;

/**
 * Reads the answers of a window with inputs, score, protected attributes, the newest action and the newest matured,
 * realised outcome. Parts that were destroyed leave empty cells.
 */
export async function windowRows(
  context: ServerContext,
  window: Window,
  names: { readonly score: string; readonly output: string; readonly label: string },
): Promise<WindowRows> {
  const decisions = await answersOf(context, window);
  const ids = decisions.map(({ id }) => id);
  const parts = await partsOf(context, ids);
  const actions = await newestActions(context, ids);
  const outcomes = await newestOutcomes(context, ids);
  const rows = decisions.map(({ id, decided_at: at }) => {
    const cells = new Map<string, string | null>();
    for (const [name, value] of rowCells(parts.get(`${id}/inputs`))) cells.set(name, value);
    for (const [name, value] of jsonCells(parts.get(`${id}/protected`))) cells.set(name, value);
    const output = new Map(rowCells(parts.get(`${id}/output`)));
    cells.set(names.score, output.get(names.output) ?? null);
    cells.set(DAY_COLUMN, new Date(at).toISOString().slice(0, 10));
    cells.set(DECISION_COLUMN, output.get('decision') ?? null);
    cells.set(ACTION_COLUMN, actions.get(id) ?? null);
    cells.set(names.label, outcomes.get(id) ?? null);
    return { decision: id, cells };
  });
  return {
    rows,
    digest: await listDigest(context, decisions),
    warrants: [...new Set(decisions.flatMap(({ warrant }) => warrant ?? []))],
    refused: await refusedIn(context, window),
    withOutcome: outcomes.size,
    withAction: actions.size,
  };
}

async function answersOf(context: ServerContext, window: Window) {
  return context.database.db
    .selectFrom('decision')
    .select(['id', 'leaf', 'warrant', 'decided_at'])
    .where('workspace', '=', context.workspace)
    .where('model', '=', window.model)
    .where('use', '=', window.use)
    .where('version', '=', window.version)
    .where('kind', '=', 'answer')
    .where('decided_at', '>=', new Date(window.from))
    .where('decided_at', '<', new Date(window.to))
    .orderBy('decided_at')
    .orderBy('id')
    .limit(ROWS_MAX)
    .execute();
}

/**
 * Refusals name no version, since the request was never understood so far; they are counted for the model. What a fallback
 * answered is neither: it says nothing of the model.
 */
async function refusedIn(context: ServerContext, window: Window): Promise<number> {
  const row = await context.database.db
    .selectFrom('decision')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('workspace', '=', context.workspace)
    .where('model', '=', window.model)
    .where('kind', 'not in', ['answer', 'fallback'])
    .where('decided_at', '>=', new Date(window.from))
    .where('decided_at', '<', new Date(window.to))
    .executeTakeFirst();
  return Number(row?.n ?? 0);
}

async function partsOf(
  context: ServerContext,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  const read = (page: readonly string[]) =>
    context.database.db
      .selectFrom('decision_part')
      .select(['decision', 'part', 'bytes'])
      .where('workspace', '=', context.workspace)
      .where('decision', 'in', page)
      .where('part', 'in', ['inputs', 'output', 'protected'])
      .execute();
  for await (const rows of pagesOfRows(ids, read)) {
    for (const row of rows) found.set(`${row.decision}/${row.part}`, new Uint8Array(row.bytes));
  }
  return found;
}

async function newestActions(
  context: ServerContext,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const read = (page: readonly string[]) =>
    context.database.db
      .selectFrom('action')
      .select(['decision', 'action'])
      .where('workspace', '=', context.workspace)
      .where('decision', 'in', page)
      .orderBy('id')
      .execute();
  for await (const rows of pagesOfRows(ids, read)) {
    for (const row of rows) found.set(row.decision, row.action);
  }
  return found;
}

async function newestOutcomes(
  context: ServerContext,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const read = (page: readonly string[]) =>
    context.database.db
      .selectFrom('outcome')
      .select(['decision', 'state', 'value'])
      .where('workspace', '=', context.workspace)
      .where('decision', 'in', page)
      .where('kind', '=', 'realised')
      .orderBy('id')
      .execute();
  for await (const rows of pagesOfRows(ids, read)) {
    for (const { decision, state, value } of rows) {
      // A later row corrects an earlier one, also by taking an outcome back.
      if (state === 'matured' && value !== null) found.set(decision, value);
      else found.delete(decision);
    }
  }
  return found;
}

function rowCells(bytes: Uint8Array | undefined): readonly (readonly [string, string | null])[] {
  if (bytes === undefined || bytes.length === 0) return [];
  return decodeRow(bytes).map(({ name, value }) => [name, cellText(value)]);
}

function cellText(value: RowValue): string | null {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if ('f64' in value) return Number.isFinite(value.f64) ? exactDecimal(value.f64) : null;
  if ('f32' in value) return Number.isFinite(value.f32) ? exactDecimal(value.f32) : null;
  return 'i64' in value ? value.i64.toString() : null;
}

function jsonCells(bytes: Uint8Array | undefined): readonly (readonly [string, string | null])[] {
  if (bytes === undefined || bytes.length === 0) return [];
  const json = parseStrictJson(bytes);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return [];
  return Object.entries(json).map(([name, value]) => [name, jsonText(value)]);
}

function jsonText(value: Json): string | null {
  if (value === null || typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

async function listDigest(
  context: ServerContext,
  decisions: readonly { readonly id: string; readonly leaf: Uint8Array }[],
): Promise<string> {
  const lines = decisions.map(({ id, leaf }) => {
    const digest = createHash('sha256').update(leaf).digest();
    return `${id} ${toHex(digest)}\n`;
  });
  const { digest } = await context.blobs.put(new TextEncoder().encode(lines.join('')));
  return digest;
}
