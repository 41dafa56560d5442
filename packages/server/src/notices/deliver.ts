// SPDX-License-Identifier: Apache-2.0
import type { NoticeChannelsFile } from '@countersign/contract';
import type { ServerContext } from '../context.ts';
import { pagesOrigin } from '../identity/index.ts';
import type { Resolve } from './address-guard.ts';
import { EMAIL_CHANNEL, webhookChannel } from './channels.ts';
import { mailText, type WrittenItem } from './mail-message.ts';
import { endAttempt, type TakenMessage, takeMessage } from './notice-store.ts';
import { addressOf, type Reader } from './people.ts';
import { postWebhook, type SendResult } from './post-webhook.ts';
import { type NoticeSecrets, signingSecrets } from './secrets.ts';
import { openMailer, type SmtpSettings } from './send-mail.ts';

export interface Delivery {
  readonly context: ServerContext;
  readonly secrets: NoticeSecrets;
  readonly resolve: Resolve;
  readonly signal: AbortSignal;
  /** Of a mail server that says nothing; ten seconds unless given. */
  readonly silenceMs?: number;
}

/** Messages of one channel in one round; the rest waits for the next. */
const MESSAGES_MAX = 200;

interface Sent {
  readonly outcome: SendResult;
  readonly address?: string;
}

type Send = (message: TakenMessage) => Promise<Sent>;

/** Hands what waits to the firm's mail server, until one mail shows that there is no way there. */
export async function deliverMail(
  delivery: Delivery,
  smtp: SmtpSettings,
  readers: readonly Reader[],
): Promise<void> {
  const { context, secrets, signal, silenceMs } = delivery;
  const password = secrets.smtpPassword;
  const mailer = openMailer(smtp, {
    password,
    signal,
    ...(silenceMs === undefined ? {} : { silenceMs }),
  });
  await deliverAll(delivery, EMAIL_CHANNEL, async (message) => {
    const account = message.account ?? '';
    const reader = readers.find((one) => one.account === account);
    if (reader === undefined) {
      return { outcome: { ok: false, isFinal: true, result: 'the account is locked or gone' } };
    }
    const address = message.address ?? addressOf(account, reader.ownAddress, smtp.domains);
    const text = mailText(message.items, placeOf(context));
    return { outcome: await mailer.send({ ...text, id: message.id, to: address }), address };
  }).finally(() => mailer.close());
}

export function placeOf({ founding, identity }: ServerContext): {
  readonly firm: string;
  readonly origin: string;
} {
  return { firm: founding.firm, origin: pagesOrigin(identity.origin) };
}

type Webhook = NoticeChannelsFile['webhooks'][number];

/** Calls one webhook with what waits for it. Without a secret it is not called: nobody could tell a call from a forged one. */
export async function deliverWebhook(delivery: Delivery, webhook: Webhook): Promise<void> {
  const { context, secrets } = delivery;
  if (signingSecrets(secrets, webhook.name, context.now()).length === 0) return;
  await deliverAll(delivery, webhookChannel(webhook.name), async ({ id, items }) => ({
    outcome: await callWebhook(delivery, webhook, { id, items }),
    address: webhook.url,
  }));
}

/** One call; an address that was refused leaves a trace in the audit. */
export async function callWebhook(
  delivery: Delivery,
  webhook: Webhook,
  message: { readonly id: string; readonly items: readonly WrittenItem[] },
): Promise<SendResult> {
  const { context, resolve, signal, secrets } = delivery;
  const now = context.now();
  const target = {
    url: webhook.url,
    allowPrivate: webhook.allowPrivate === true,
    secrets: signingSecrets(secrets, webhook.name, now),
  };
  const timestamp = Math.floor(Date.parse(now) / 1_000);
  const body = webhookBody(message.items, { ...placeOf(context), now });
  const outcome = await postWebhook(
    target,
    { id: message.id, body, timestamp },
    { resolve, signal },
  );
  if (outcome.isRefusedAddress === true || outcome.isFinal === true) {
    await auditRefusedCall(context, { webhook, id: message.id, result: outcome.result });
  }
  return outcome;
}

/** Ids, dates and links: no names of people, no titles that somebody wrote, nothing of a model's inputs. */
export function webhookBody(
  items: readonly WrittenItem[],
  at: { readonly origin: string; readonly now: string },
): string {
  return JSON.stringify({
    type: 'countersign.notices',
    timestamp: at.now,
    data: {
      notices: items.map(({ key, kind, record, due, urgent, link }) => ({
        key: isFirmKey(key) ? key : `${kind}:${record ?? ''}`,
        kind,
        record,
        due,
        urgent,
        link: `${at.origin}${link}`,
      })),
    },
  });
}

/** A key may name accounts, as that of a deputy does; then its record says enough. */
function isFirmKey(key: string): boolean {
  return !key.includes('/');
}

async function auditRefusedCall(
  context: ServerContext,
  at: { readonly webhook: Webhook; readonly id: string; readonly result: string },
): Promise<void> {
  await context.database.db
    .insertInto('audit_event')
    .values({
      workspace: context.workspace,
      at: context.now(),
      account: null,
      action: 'notice:webhook',
      subject: `${at.webhook.name} ${at.webhook.url}`.slice(0, 1_000),
      outcome: 'refused',
      code: 'webhook_refused',
      reason: at.result.slice(0, 1_000),
      request_id: at.id,
    })
    .execute();
}

async function deliverAll(delivery: Delivery, channel: string, send: Send): Promise<void> {
  const { context, signal } = delivery;
  const { db } = context.database;
  const { workspace, now } = context;
  for (let count = 0; count < MESSAGES_MAX && !signal.aborted; count += 1) {
    const message = await takeMessage(db, { workspace, channel, now: now() });
    if (message === undefined) return;
    const { outcome, address } = await send(message);
    // Cut off by our own stop: its lease runs out and the next server sends it.
    if (!outcome.ok && signal.aborted) return;
    await endAttempt(db, message, { outcome, now: now(), address });
    // Who else waits meets the same; a round must not spend its time limit on each of them.
    if (outcome.isUnreachable === true) return;
  }
}
