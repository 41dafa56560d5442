// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { ServerTransaction } from '../context.ts';
import type { Database } from '../store/index.ts';
import type { WrittenItem } from './mail-message.ts';
import type { Notice } from './notice.ts';
import type { SendResult } from './post-webhook.ts';

export interface Recipient {
  readonly workspace: string;
  /** `email` or `webhook:NAME`. */
  readonly channel: string;
  /** Account, or the name of the webhook. */
  readonly recipient: string;
}

const TEXT_MAX = 1_000;

/** Notices that this recipient has not been told of by this channel. */
export async function untold(
  db: Kysely<Database>,
  to: Recipient,
  notices: readonly Notice[],
): Promise<readonly Notice[]> {
  if (notices.length === 0) return [];
  const keys = notices.map(({ key }) => key);
  const { rows } = await sql<{ key: string }>`
    SELECT key FROM notice_item
    WHERE workspace = ${to.workspace} AND channel = ${to.channel} AND recipient = ${to.recipient}
      AND key = ANY(${keys}::text[])`.execute(db);
  const told = new Set(rows.map(({ key }) => key));
  return notices.filter(({ key }) => !told.has(key));
}

/**
 * Writes one message for a recipient with those of the notices that nobody else has claimed: whoever's row of
 * `notice_item` comes first tells it. Nothing is sent here. The id of the message, or undefined when nothing was left.
 * @param address fixed where the mail must go somewhere else than the account's address
 */
export async function writeMessage(
  tx: ServerTransaction,
  to: Recipient,
  at: { readonly notices: readonly Notice[]; readonly now: string; readonly address?: string },
): Promise<string | undefined> {
  const { workspace, channel, recipient } = to;
  if (at.notices.length === 0) return undefined;
  const id = randomUUID();
  // Before the message that they name, whose foreign key is looked at when the transaction ends.
  const claimed = await tx
    .insertInto('notice_item')
    .values(at.notices.map((notice) => ({ ...to, ...rowOf(notice), message: id })))
    .onConflict((conflict) => conflict.doNothing())
    .returning('urgent')
    .execute();
  if (claimed.length === 0) return undefined;
  await tx
    .insertInto('notice_message')
    .values({
      id,
      workspace,
      channel,
      account: channel === 'email' ? recipient : null,
      address: at.address ?? null,
      urgent: claimed.some(({ urgent }) => urgent),
      state: 'queued',
      written_at: at.now,
      next_attempt_at: at.now,
      lease_until: null,
      sent_at: null,
      attempted_at: null,
      result: null,
    })
    .execute();
  return id;
}

function rowOf(notice: Notice) {
  return {
    key: notice.key,
    kind: notice.kind,
    subject: kept(notice.subject),
    text: kept(notice.text),
    link: kept(notice.link),
    due: notice.due ?? null,
    urgent: notice.urgent,
    record: notice.record === '' ? null : notice.record,
  };
}

/** Others wrote parts of it; U+0000, which PostgreSQL holds in no text, must not keep the rest from being told. */
function kept(text: string): string {
  return text.slice(0, TEXT_MAX).replaceAll('\0', '\ufffd').toWellFormed();
}

export interface TakenMessage {
  readonly id: string;
  readonly account: string | null;
  readonly address: string | null;
  readonly attempts: number;
  readonly lease: string;
  readonly items: readonly WrittenItem[];
}

/** Longer than the longest attempt, so that nobody else takes a message that is being sent. */
const LEASE_MS = 120_000;

/**
 * Takes the next message of a channel in hand, urgent ones first. A server that dies with it in hand leaves the lease: the
 * message is then sent again under its id. So each is sent at least once, and twice only where a server died between the
 * other side's answer and the row that says so.
 */
export async function takeMessage(
  db: Kysely<Database>,
  at: { readonly workspace: string; readonly channel: string; readonly now: string },
): Promise<TakenMessage | undefined> {
  const { workspace, channel, now } = at;
  const lease = new Date(Date.parse(now) + LEASE_MS).toISOString();
  const next = db
    .selectFrom('notice_message')
    .select('id')
    .where('workspace', '=', workspace)
    .where('channel', '=', channel)
    .where('state', 'in', ['queued', 'failed'])
    .where('next_attempt_at', '<=', new Date(now))
    .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<', new Date(now))]))
    .orderBy('urgent', 'desc')
    .orderBy('written_at')
    .orderBy('id')
    .limit(1)
    .forUpdate()
    .skipLocked();
  const taken = await db
    .updateTable('notice_message')
    .set(({ eb }) => ({
      lease_until: lease,
      attempted_at: now,
      attempts: eb('attempts', '+', 1),
    }))
    .where('id', 'in', next)
    .returning(['id', 'account', 'address', 'attempts'])
    .executeTakeFirst();
  if (taken === undefined) return undefined;
  return { ...taken, lease, items: await readItems(db, taken.id) };
}

async function readItems(db: Kysely<Database>, message: string): Promise<readonly WrittenItem[]> {
  const rows = await db
    .selectFrom('notice_item')
    .select(['key', 'kind', 'subject', 'text', 'link', 'due', 'urgent', 'record'])
    .where('message', '=', message)
    .orderBy('key')
    .execute();
  return rows.map((row) => ({ ...row, due: row.due?.toISOString() ?? null }));
}

export const ATTEMPTS_MAX = 8;
const MINUTE_MS = 60_000;
const WAIT_MINUTES_MAX = 720;

/** After 1, 4, 16, 64 and 256 minutes, then every twelve hours: eight attempts in some thirty hours. */
export function nextAttempt(attempts: number, now: string): string {
  const minutes = Math.min(4 ** (attempts - 1), WAIT_MINUTES_MAX);
  return new Date(Date.parse(now) + minutes * MINUTE_MS).toISOString();
}

/** Puts down how an attempt ended. Nothing, when another server took the message over meanwhile. */
export async function endAttempt(
  db: Kysely<Database>,
  taken: TakenMessage,
  at: { readonly outcome: SendResult; readonly now: string; readonly address: string | undefined },
): Promise<void> {
  const { outcome, now } = at;
  const isDead = !outcome.ok && (outcome.isFinal === true || taken.attempts >= ATTEMPTS_MAX);
  const state = outcome.ok ? ('sent' as const) : isDead ? ('dead' as const) : ('failed' as const);
  await db
    .updateTable('notice_message')
    .set({
      state,
      lease_until: null,
      result: outcome.result,
      ...(at.address === undefined ? {} : { address: at.address }),
      ...(outcome.ok ? { sent_at: now } : {}),
      next_attempt_at: state === 'failed' ? nextAttempt(taken.attempts, now) : null,
    })
    .where('id', '=', taken.id)
    .where('lease_until', '=', new Date(taken.lease))
    .execute();
}

/** Gives up what was written for channels that are no more: it would wait, and be warned of, for ever. */
export async function abandonMessages(
  db: Kysely<Database>,
  at: { readonly workspace: string; readonly channels: readonly string[] },
): Promise<void> {
  await sql`
    UPDATE notice_message SET state = 'dead', result = 'its channel was removed', next_attempt_at = NULL
    WHERE workspace = ${at.workspace} AND state IN ('queued', 'failed') AND lease_until IS NULL
      AND channel <> ALL(${[...at.channels]}::text[])`.execute(db);
}

/** Puts a message that was given up back into its queue; false when it is not one. */
export async function reviveMessage(
  db: Kysely<Database>,
  at: { readonly workspace: string; readonly id: string; readonly now: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('notice_message')
    .set({ state: 'queued', attempts: 0, next_attempt_at: at.now })
    .where('workspace', '=', at.workspace)
    .where('id', '=', at.id)
    .where('state', '=', 'dead')
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
