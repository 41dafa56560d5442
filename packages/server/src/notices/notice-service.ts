// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { NoticeChannelsFile } from '@countersign/contract';
import type { Client } from 'pg';
import type { ServerContext } from '../context.ts';
import { type Resolve, resolveByDns } from './address-guard.ts';
import { channelsAt, EMAIL_CHANNEL, webhookChannel } from './channels.ts';
import { type Delivery, deliverMail, deliverWebhook } from './deliver.ts';
import { abandonMessages } from './notice-store.ts';
import { readReaders } from './people.ts';
import { readNoticeSecrets } from './secrets.ts';
import { writeRound } from './write-round.ts';

export interface NoticeOptions {
  /** Told of what went wrong here; what mail server and receivers do wrong is in the register. */
  readonly onFailure?: (error: unknown) => void;
  readonly everyMs?: number;
  readonly resolve?: Resolve;
  readonly silenceMs?: number;
}

export interface NoticeService {
  /** Ends the attempts under way; what they were to send is sent by the next server. */
  stop(): Promise<void>;
}

/** One round of one server: what is new is written down, then every channel gets what waits for it. */
export interface NoticeRounds {
  /** Resolves once everything is written and every channel has been tried. */
  run(): Promise<void>;
  /** Resolves once everything is written; the channels go on by themselves. */
  begin(): Promise<void>;
  stop(): Promise<void>;
}

/** Any fixed number; one server at a time tells. Two would not tell twice, only work twice. */
const LOCK = 7_301_014;
const EVERY_MS = 30_000;
const LOCK_RETRY_MS = 2_000;
/** How often dates, records that await signatures and people's choices are looked at while the log does not grow. */
const IDLE_MS = 5 * 60_000;

/** Rounds over a context, without a timer and without asking whether another server makes them too. */
export function noticeRounds(context: ServerContext, options: NoticeOptions = {}): NoticeRounds {
  const { onFailure = report, resolve = resolveByDns, silenceMs } = options;
  const abort = new AbortController();
  const { signal } = abort;
  // A channel whose other side hangs is left alone until it has come back: the others go on.
  const underWay = new Map<string, Promise<void>>();
  let written: { readonly set: unknown; readonly bucket: number } | undefined;

  const deliver = (channel: string, work: () => Promise<void>): void => {
    if (underWay.has(channel)) return;
    const ended = work()
      .catch((error: unknown) => {
        if (!signal.aborted) onFailure(error);
      })
      .finally(() => underWay.delete(channel));
    underWay.set(channel, ended);
  };
  const begin = async (isForced: boolean): Promise<void> => {
    const set = await context.records.current();
    const channels = channelsAt(set, context.now()).inForce?.channels;
    if (channels === undefined) return;
    await abandonMessages(context.database.db, {
      workspace: context.workspace,
      channels: namesOf(channels),
    });
    if (isEmpty(channels)) return;
    // Without a new record only time brings something new, and that is looked at less often.
    const bucket = Math.floor(Date.parse(context.now()) / IDLE_MS);
    if (isForced || written?.set !== set || written.bucket !== bucket) {
      await writeRound(context, channels);
      written = { set, bucket };
    }
    const secrets = await readNoticeSecrets(context.dataDir);
    const delivery: Delivery = {
      context,
      secrets,
      resolve,
      signal,
      ...(silenceMs === undefined ? {} : { silenceMs }),
    };
    const { smtp } = channels;
    if (smtp !== undefined) {
      const readers = await readReaders(context);
      deliver(EMAIL_CHANNEL, () => deliverMail(delivery, smtp, readers));
    }
    for (const webhook of channels.webhooks) {
      deliver(webhookChannel(webhook.name), () => deliverWebhook(delivery, webhook));
    }
  };
  return {
    begin: () => begin(false),
    run: async () => {
      await begin(true);
      await Promise.all(underWay.values());
    },
    stop: async () => {
      abort.abort();
      await Promise.all(underWay.values());
    },
  };
}

function namesOf({ smtp, webhooks }: NoticeChannelsFile): readonly string[] {
  const email = smtp === undefined ? [] : [EMAIL_CHANNEL];
  return [...email, ...webhooks.map(({ name }) => webhookChannel(name))];
}

function isEmpty({ smtp, webhooks }: NoticeChannelsFile): boolean {
  return smtp === undefined && webhooks.length === 0;
}

/**
 * Tells people and webhooks while the server runs, in rounds, one server of a database at a time. Nothing else waits for it,
 * and nothing that fails in it ends the server.
 */
export function startNotices(context: ServerContext, options: NoticeOptions = {}): NoticeService {
  const { onFailure = report, everyMs = EVERY_MS } = options;
  const abort = new AbortController();
  const rounds = noticeRounds(context, options);
  const worked = (async () => {
    while (!abort.signal.aborted) {
      await whileAlone(context, abort.signal, async () => {
        await rounds.begin().catch(onFailure);
        await pause(everyMs, abort.signal);
      }).catch((error: unknown) => {
        if (!abort.signal.aborted) onFailure(error);
      });
      await pause(Math.min(LOCK_RETRY_MS, everyMs), abort.signal);
    }
  })();
  return {
    stop: async () => {
      abort.abort();
      await rounds.stop();
      await worked;
    },
  };
}

/** Waits for the lock, then works again and again while this server holds it. @throws when the connection is lost */
async function whileAlone(
  context: ServerContext,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  const lock = await context.database.connect();
  try {
    while (!signal.aborted && !(await holdsLock(lock))) await pause(LOCK_RETRY_MS, signal);
    while (!signal.aborted) {
      await work();
      await lock.query('SELECT 1');
    }
  } finally {
    await lock.end();
  }
}

async function holdsLock(lock: Client): Promise<boolean> {
  const { rows } = await lock.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [
    LOCK,
  ]);
  return rows[0]?.held === true;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => undefined); // the loop sees the abort
}

function report(error: unknown): void {
  console.error(`notices: ${error instanceof Error ? error.message : String(error)}`);
}
