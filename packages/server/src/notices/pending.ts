// SPDX-License-Identifier: Apache-2.0
import { setImmediate as breathe } from 'node:timers/promises';
import type { PendingNoticesReply } from '@countersign/contract';
import type { ServerContext } from '../context.ts';
import { mergeNotices } from './all-notices.ts';
import { channelsAt, EMAIL_CHANNEL, webhookChannel } from './channels.ts';
import type { Notice } from './notice.ts';
import { untold } from './notice-store.ts';
import { noticesOf, paceOf, readRound, recipientOf } from './write-round.ts';

type Pending = PendingNoticesReply['notices'][number];

/** What the next run and the next digests would send: to one account, or to everybody and every webhook. */
export async function pendingNotices(
  context: ServerContext,
  account?: string,
): Promise<PendingNoticesReply> {
  const round = await readRound(context);
  const channels = channelsAt(round.facts.set, context.now()).inForce?.channels;
  const { db } = context.database;
  const found: Pending[] = [];
  const everything: Notice[] = [...round.firm];
  for (const reader of round.readers) {
    if (account !== undefined && reader.account !== account) continue;
    await breathe();
    const { all, waiting } = noticesOf(round, reader);
    everything.push(...waiting);
    for (const notice of await untold(db, recipientOf(context, reader.account), all)) {
      const when = paceOf(notice, reader);
      found.push(present(notice, { account: reader.account, channel: EMAIL_CHANNEL, when }));
    }
  }
  if (account === undefined) {
    for (const { name } of channels?.webhooks ?? []) {
      const to = { workspace: context.workspace, channel: webhookChannel(name), recipient: name };
      for (const notice of await untold(db, to, mergeNotices(everything))) {
        found.push(present(notice, { account: null, channel: to.channel, when: 'next-run' }));
      }
    }
  }
  const hindrance =
    channels?.smtp === undefined
      ? 'no mail server is set: `countersign notices channel smtp` proposes one'
      : null;
  return { hindrance, notices: found };
}

function present(notice: Notice, to: Pick<Pending, 'account' | 'channel' | 'when'>): Pending {
  const { key, kind, subject, text, link, due, urgent } = notice;
  return { key, kind, subject, text, link, due: due ?? null, urgent, ...to };
}
