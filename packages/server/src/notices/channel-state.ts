// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type {
  NoticeChannelsReply,
  NoticeTestReply,
  WebhookSecretReply,
} from '@countersign/contract';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { type Resolve, resolveByDns } from './address-guard.ts';
import { channelsAt, EMAIL_CHANNEL, webhookChannel } from './channels.ts';
import { callWebhook, type Delivery, placeOf } from './deliver.ts';
import { noticeHealth } from './list-sent.ts';
import { mailText, type WrittenItem } from './mail-message.ts';
import { changeNoticeSecrets, type NoticeSecrets, readNoticeSecrets } from './secrets.ts';
import { openMailer } from './send-mail.ts';
import { noticeSettings } from './settings.ts';
import { newWebhookSecret } from './webhook-signature.ts';

/** Where notices go and how that fares, without a secret. */
export async function channelState(context: ServerContext): Promise<NoticeChannelsReply> {
  const set = await context.records.current();
  const { inForce, coming } = channelsAt(set, context.now());
  const secrets = await readNoticeSecrets(context.dataDir);
  return {
    record: inForce?.record ?? null,
    inForce: inForce?.channels ?? { webhooks: [] },
    coming: coming ?? null,
    hasPassword: secrets.smtpPassword !== undefined,
    secrets: Object.keys(secrets.webhooks).map((webhook) => secretState(secrets, webhook)),
    health: await noticeHealth(context),
  };
}

function secretState(secrets: NoticeSecrets, webhook: string) {
  const held = secrets.webhooks[webhook];
  return { webhook, since: held?.since ?? '', formerUntil: held?.former?.until ?? null };
}

const FORMER_MS = 24 * 3_600_000;

/**
 * A new secret for a webhook of the channels in force or coming; the one before signs along for a day.
 * @throws ServerError `webhook_unknown`
 */
export async function rotateWebhookSecret(
  context: ServerContext,
  webhook: string,
): Promise<WebhookSecretReply> {
  const now = context.now();
  const { inForce, coming } = channelsAt(await context.records.current(), now);
  const known = [inForce, coming].flatMap((one) => one?.channels.webhooks ?? []);
  if (!known.some(({ name }) => name === webhook)) {
    throw new ServerError(
      'webhook_unknown',
      `no webhook \`${webhook}\` is among the firm's channels; propose it with \`countersign notices channel webhook\``,
      { details: { webhook } },
    );
  }
  const secret = newWebhookSecret();
  const until = new Date(Date.parse(now) + FORMER_MS).toISOString();
  const after = await changeNoticeSecrets(context.dataDir, (before) => {
    const held = before.webhooks[webhook];
    const former = held === undefined ? {} : { former: { secret: held.secret, until } };
    return {
      ...before,
      webhooks: { ...before.webhooks, [webhook]: { secret, since: now, ...former } },
    };
  });
  return { ...secretState(after, webhook), secret };
}

export async function setMailPassword(context: ServerContext, password: string): Promise<void> {
  await changeNoticeSecrets(context.dataDir, (before) => ({ ...before, smtpPassword: password }));
}

/** Sends a test to one account and to every webhook, now; nothing of it is queued or tried again. */
export async function testChannels(
  context: ServerContext,
  account: string,
  at: { readonly resolve?: Resolve } = {},
): Promise<NoticeTestReply> {
  const set = await context.records.current();
  const channels = channelsAt(set, context.now()).inForce?.channels;
  const secrets = await readNoticeSecrets(context.dataDir);
  const signal = AbortSignal.timeout(TEST_MS);
  const delivery: Delivery = { context, secrets, signal, resolve: at.resolve ?? resolveByDns };
  const id = randomUUID();
  const results: Promise<NoticeTestReply['results'][number]>[] = [];
  if (channels?.smtp !== undefined) {
    const { address } = await noticeSettings(context, account);
    const mail = { ...mailText([TEST], placeOf(context)), id, to: address ?? '' };
    const mailer = openMailer(channels.smtp, { password: secrets.smtpPassword, signal });
    results.push(
      mailer
        .send(mail)
        .then(({ ok, result }) => ({
          channel: EMAIL_CHANNEL,
          ok,
          result: ok ? `${address} ${result}` : result,
        }))
        .finally(() => mailer.close()),
    );
  }
  for (const webhook of channels?.webhooks ?? []) {
    const channel = webhookChannel(webhook.name);
    results.push(
      secrets.webhooks[webhook.name] === undefined
        ? Promise.resolve({ channel, ok: false, result: 'it has no secret yet, and is not called' })
        : callWebhook(delivery, webhook, { id, items: [TEST] }).then(({ ok, result }) => ({
            channel,
            ok,
            result,
          })),
    );
  }
  return { results: await Promise.all(results) };
}

const TEST_MS = 30_000;

const TEST: WrittenItem = {
  key: 'test',
  kind: 'test',
  subject: 'test',
  text: 'an administrator tries whether notices arrive; nothing is to be done',
  link: '/inbox',
  due: null,
  urgent: false,
  record: null,
};
