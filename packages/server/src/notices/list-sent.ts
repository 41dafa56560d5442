// SPDX-License-Identifier: Apache-2.0
import type { NoticeState, SentNoticesReply } from '@countersign/contract';
import { NOTICE_KINDS } from '@countersign/contract';
import { sql } from 'kysely';
import type { ServerContext } from '../context.ts';

export interface SentQuery {
  readonly account?: string | undefined;
  readonly channel?: string | undefined;
  readonly state?: NoticeState | undefined;
  readonly limit: number;
}

/** What was written for whom and how that ended, newest first. */
export async function listSent(
  context: Pick<ServerContext, 'database' | 'workspace'>,
  query: SentQuery,
): Promise<SentNoticesReply> {
  let select = context.database.db
    .selectFrom('notice_item as item')
    .innerJoin('notice_message as message', 'message.id', 'item.message')
    .select([
      'item.key',
      'item.kind',
      'item.subject',
      'item.text',
      'item.link',
      'item.due',
      'item.urgent',
      'message.channel',
      'message.account',
      'message.id',
      'message.state',
      'message.attempts',
      'message.written_at',
      'message.sent_at',
      'message.next_attempt_at',
      'message.result',
    ])
    .where('message.workspace', '=', context.workspace)
    .orderBy('message.written_at', 'desc')
    .orderBy('message.id')
    .orderBy('item.key')
    .limit(query.limit);
  if (query.account !== undefined) select = select.where('message.account', '=', query.account);
  if (query.channel !== undefined) select = select.where('message.channel', '=', query.channel);
  if (query.state !== undefined) select = select.where('message.state', '=', query.state);
  const rows = await select.execute();
  return {
    notices: rows.map((row) => ({
      key: row.key,
      kind: NOTICE_KINDS.find((one) => one === row.kind) ?? 'waiting',
      subject: row.subject,
      text: row.text,
      link: row.link,
      due: row.due?.toISOString() ?? null,
      urgent: row.urgent,
      channel: row.channel,
      account: row.account,
      message: row.id,
      state: row.state,
      attempts: row.attempts,
      writtenAt: row.written_at.toISOString(),
      sentAt: row.sent_at?.toISOString() ?? null,
      nextAttemptAt: row.next_attempt_at?.toISOString() ?? null,
      result: row.result,
    })),
  };
}

export interface ChannelHealth {
  readonly channel: string;
  readonly lastSentAt: string | null;
  readonly queued: number;
  readonly failed: number;
  readonly dead: number;
  readonly lastFailure: { readonly at: string; readonly result: string } | null;
}

const DEAD_DAYS_MS = 7 * 86_400_000;

/** How each channel fares that ever had a message. What was given up counts for a week: the register keeps it. */
export async function noticeHealth(
  context: Pick<ServerContext, 'database' | 'workspace' | 'now'>,
): Promise<readonly ChannelHealth[]> {
  const since = new Date(Date.parse(context.now()) - DEAD_DAYS_MS).toISOString();
  const { rows } = await sql<{
    channel: string;
    last_sent: Date | null;
    queued: number;
    failed: number;
    dead: number;
    failed_at: Date | null;
    result: string | null;
  }>`
    SELECT m.channel, max(m.sent_at) AS last_sent,
           count(*) FILTER (WHERE m.state = 'queued') AS queued,
           count(*) FILTER (WHERE m.state = 'failed') AS failed,
           count(*) FILTER (WHERE m.state = 'dead' AND m.attempted_at > ${since}::timestamptz) AS dead,
           f.attempted_at AS failed_at, f.result
    FROM notice_message m
    LEFT JOIN LATERAL (
      SELECT attempted_at, result FROM notice_message
      WHERE workspace = m.workspace AND channel = m.channel AND state IN ('failed', 'dead')
        AND attempted_at > ${since}::timestamptz
      ORDER BY attempted_at DESC NULLS LAST LIMIT 1) f ON true
    WHERE m.workspace = ${context.workspace}
    GROUP BY m.channel, f.attempted_at, f.result
    ORDER BY m.channel`.execute(context.database.db);
  return rows.map((row) => ({
    channel: row.channel,
    lastSentAt: row.last_sent?.toISOString() ?? null,
    queued: Number(row.queued),
    failed: Number(row.failed),
    dead: Number(row.dead),
    lastFailure:
      row.failed_at === null || row.result === null
        ? null
        : { at: row.failed_at.toISOString(), result: row.result },
  }));
}
