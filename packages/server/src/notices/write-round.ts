// SPDX-License-Identifier: Apache-2.0
import { setImmediate as breathe } from 'node:timers/promises';
import type { NoticeChannelsFile } from '@countersign/contract';
import type { RecordSet } from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { firmNotices, mergeNotices } from './all-notices.ts';
import { EMAIL_CHANNEL, webhookChannel } from './channels.ts';
import { DIGEST_DEFAULT, digestDay } from './digest-day.ts';
import { factSteps, type NoticeFacts, type NoticeQuestion } from './duties.ts';
import { isAlwaysTold, isFor, type Notice } from './notice.ts';
import { type Recipient, untold, writeMessage } from './notice-store.ts';
import { type Reader, readAwaiting, readReaders } from './people.ts';
import { waitingNotices } from './waiting-notices.ts';

export type WriteContext = Pick<
  ServerContext,
  'database' | 'workspace' | 'records' | 'now' | 'primitives'
>;

export interface RoundFacts {
  readonly facts: NoticeFacts;
  readonly readers: readonly Reader[];
  readonly firm: readonly Notice[];
}

/** Everything that a round is computed from. */
export async function readRound(context: ServerContext): Promise<RoundFacts> {
  const [set, readers, awaiting] = await Promise.all([
    context.records.current(),
    readReaders(context),
    readAwaiting(context),
  ]);
  const { workspace } = context;
  const facts = await gather(set, { workspace, now: context.now(), people: readers });
  await breathe();
  return { facts, readers, firm: firmNotices(facts, awaiting) };
}

/** How long a round keeps the processor before those who wait for an answer come in between. */
const SPELL_MS = 15;

async function gather(set: RecordSet, at: NoticeQuestion): Promise<NoticeFacts> {
  const steps = factSteps(set, at);
  let since = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - since < SPELL_MS) continue;
    await breathe();
    since = performance.now();
  }
}

/** Items of one webhook message: it stays small. */
const WEBHOOK_ITEMS_MAX = 50;

/** Writes down what is new for each person and webhook. Sends nothing. */
export async function writeRound(
  context: ServerContext,
  channels: NoticeChannelsFile,
): Promise<void> {
  const round = await readRound(context);
  const all: Notice[] = [...round.firm];
  for (const reader of round.readers) {
    await breathe();
    const notices = noticesOf(round, reader);
    all.push(...notices.waiting);
    if (channels.smtp !== undefined) {
      await writeForReader(context, reader, { notices: notices.all, channels, round });
    }
  }
  for (const { name } of channels.webhooks) {
    const to = { workspace: context.workspace, channel: webhookChannel(name), recipient: name };
    const fresh = await untold(context.database.db, to, mergeNotices(all));
    for (let at = 0; at < fresh.length; at += WEBHOOK_ITEMS_MAX) {
      await write(context, to, fresh.slice(at, at + WEBHOOK_ITEMS_MAX));
    }
  }
}

/** What one reader should hear of now, told or not. */
export function noticesOf(
  round: RoundFacts,
  reader: Reader,
): { readonly all: readonly Notice[]; readonly waiting: readonly Notice[] } {
  const waiting = waitingNotices(round.facts, reader);
  const all = mergeNotices([...round.firm.filter((one) => isFor(one, reader)), ...waiting]);
  return { all, waiting };
}

export type When = 'next-run' | 'next-digest' | 'not-by-email';

/** When a notice goes to a reader by e-mail. */
export function paceOf(notice: Notice, reader: Reader): When {
  if (notice.urgent || isAlwaysTold(notice.kind) || reader.pace === 'at-once') return 'next-run';
  return reader.pace === 'daily' ? 'next-digest' : 'not-by-email';
}

interface ForReader {
  readonly notices: readonly Notice[];
  readonly channels: NoticeChannelsFile;
  readonly round: RoundFacts;
}

async function writeForReader(
  context: WriteContext,
  reader: Reader,
  { notices, channels, round }: ForReader,
): Promise<void> {
  const day = digestDay(round.facts.now, channels.digest ?? DIGEST_DEFAULT);
  const isDigest = reader.pace === 'daily' && (reader.digested ?? '') < day;
  const due = notices.filter((notice) => {
    const when = paceOf(notice, reader);
    return when === 'next-run' || (when === 'next-digest' && isDigest);
  });
  const { db } = context.database;
  const to = recipientOf(context, reader.account);
  const fresh = await untold(db, to, due);
  if (!isDigest) return write(context, to, fresh);
  await db.transaction().execute(async (tx) => {
    // Whoever marks the day writes its digest; a second server finds it marked.
    const { numUpdatedRows } = await tx
      .updateTable('notice_preference')
      .set({ digested: day })
      .where('workspace', '=', context.workspace)
      .where('account', '=', reader.account)
      .where((eb) => eb.or([eb('digested', 'is', null), eb('digested', '<', day)]))
      .executeTakeFirst();
    if (numUpdatedRows === 1n) await writeMessage(tx, to, { notices: fresh, now: context.now() });
  });
}

export function recipientOf(context: Pick<ServerContext, 'workspace'>, account: string): Recipient {
  return { workspace: context.workspace, channel: EMAIL_CHANNEL, recipient: account };
}

async function write(
  context: WriteContext,
  to: Recipient,
  notices: readonly Notice[],
): Promise<void> {
  if (notices.length === 0) return;
  await context.database.db
    .transaction()
    .execute((tx) => writeMessage(tx, to, { notices, now: context.now() }));
}
