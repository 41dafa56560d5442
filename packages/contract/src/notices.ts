// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { route } from './route.ts';
import { Digest, Name, QueryLimit, UtcTime } from './shared.ts';

/** What a notice is about. */
export const NOTICE_KINDS = [
  'waiting',
  'warrant-lapse',
  'warrant-ended',
  'finding-due',
  'condition-due',
  'risk-acceptance-lapse',
  'review-due',
  'after-review-due',
  'exception-lapse',
  'waiver-lapse',
  'provisional-lapse',
  'overlay-lapse',
  'envelope-lapse',
  'deputy-lapse',
  'attestation-due',
  'trust-change',
  'breach',
  'channels-change',
  'address-change',
  'test',
] as const;
export const NoticeKindSchema = z.enum(NOTICE_KINDS);
export type NoticeKind = z.infer<typeof NoticeKindSchema>;

/**
 * When somebody is written to. Whatever is chosen: what is urgent goes at once, and notices about keys and about who
 * administers the firm always go.
 */
export const NOTICE_PACES = ['at-once', 'daily', 'urgent'] as const;
export const NoticePaceSchema = z.enum(NOTICE_PACES);
export type NoticePace = z.infer<typeof NoticePaceSchema>;

/**
 * `queued`: written down, not yet taken by mail server or receiver. `sent`: taken by it. `failed`: will be tried again.
 * `dead`: tried as often as is allowed, or refused for good.
 */
export const NOTICE_STATES = ['queued', 'sent', 'failed', 'dead'] as const;
export const NoticeStateSchema = z.enum(NOTICE_STATES);
export type NoticeState = z.infer<typeof NoticeStateSchema>;

const NoticeItem = {
  /** The same notice has the same key, for whomever it is. */
  key: z.string(),
  kind: NoticeKindSchema,
  subject: z.string(),
  text: z.string(),
  /** Path of the page: `/changes/<digest>`. */
  link: z.string(),
  /** When it is due, lapses or takes effect. */
  due: UtcTime.nullable(),
  urgent: z.boolean(),
};

export const SentNoticeSchema = z.strictObject({
  ...NoticeItem,
  /** `email`, or `webhook:NAME`. */
  channel: z.string(),
  /** Of an e-mail. */
  account: z.string().nullable(),
  /** Id of the e-mail or webhook message that carried it: `Message-ID` and `webhook-id`. */
  message: z.string(),
  state: NoticeStateSchema,
  attempts: z.int(),
  writtenAt: UtcTime,
  /** When mail server or receiver took it. */
  sentAt: UtcTime.nullable(),
  /** When it is tried again. */
  nextAttemptAt: UtcTime.nullable(),
  /** What the other side said last; never with a secret. */
  result: z.string().nullable(),
});
export type SentNotice = z.infer<typeof SentNoticeSchema>;

/** Newest first. */
export const SentNoticesReply = z.strictObject({ notices: z.array(SentNoticeSchema).readonly() });
export type SentNoticesReply = z.infer<typeof SentNoticesReply>;

export const PENDING_WHENS = ['next-run', 'next-digest', 'not-by-email'] as const;

export const PendingNoticeSchema = z.strictObject({
  ...NoticeItem,
  /** Null for what goes to webhooks. */
  account: z.string().nullable(),
  channel: z.string(),
  when: z.enum(PENDING_WHENS),
});
export const PendingNoticesReply = z.strictObject({
  /** Why nothing will be sent at all, or null. */
  hindrance: z.string().nullable(),
  notices: z.array(PendingNoticeSchema).readonly(),
});
export type PendingNoticesReply = z.infer<typeof PendingNoticesReply>;

export const NoticeSettingsBody = z.strictObject({
  email: NoticePaceSchema.optional(),
  /** Only in a domain that the channel lists; null goes back to the account's own. Not by an API token. */
  address: z
    .string()
    .max(254)
    .regex(/^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,189}$/, 'must be an e-mail address')
    .nullable()
    .optional(),
});
export type NoticeSettingsBody = z.infer<typeof NoticeSettingsBody>;

export const NoticeSettingsReply = z.strictObject({
  account: z.string(),
  email: NoticePaceSchema,
  /** Where mail goes now; null while no mail server is set. */
  address: z.string().nullable(),
  /** Domains that an address of one's own may be in. */
  domains: z.array(z.string()).readonly(),
  /** Kinds that come whatever is chosen. */
  always: z.array(NoticeKindSchema).readonly(),
  /** Time of day and IANA zone of the daily digest. */
  digest: z.strictObject({ at: z.string(), zone: z.string() }),
});
export type NoticeSettingsReply = z.infer<typeof NoticeSettingsReply>;

const host = z
  .string()
  .max(253)
  .regex(/^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])$/, 'must be a host name or address');
const domain = z
  .string()
  .max(189)
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'must be a domain in lower case');

/** `starttls`: refused unless the server offers it. `none`: in clear, for a relay on the same machine. */
export const SMTP_SECURITY = ['tls', 'starttls', 'none'] as const;

/**
 * Where a firm's notices go: `content.notices` of a `policy-document` of kind `notice-channels`. It holds no secret; the
 * password and the webhooks' secrets lie on the server.
 */
export const NoticeChannelsFile = z.strictObject({
  smtp: z
    .strictObject({
      host,
      port: z.int().min(1).max(65_535),
      security: z.enum(SMTP_SECURITY),
      /** Of whom mail comes, an address alone. */
      from: z
        .string()
        .max(254)
        .regex(/^[^\s@<>"(),:;[\]\\]{1,64}@[A-Za-z0-9.-]{1,189}$/, 'must be an e-mail address'),
      /** Without one nothing is signed in with. */
      user: z.string().min(1).max(256).optional(),
      /** People are written to at `account@` the first; they may choose an address in any. */
      domains: z.array(domain).min(1).max(16),
    })
    .refine((smtp) => smtp.security !== 'none' || smtp.user === undefined || isLocal(smtp.host), {
      path: ['security'],
      message: 'must be `tls` or `starttls` where a password is sent to another machine',
    })
    .optional(),
  webhooks: z
    .array(
      z
        .strictObject({
          name: Name,
          url: z
            .url({ protocol: /^https?$/ })
            .max(1_024)
            .refine(hasNoPassword, {
              message: 'must name no user or password: messages are signed',
            }),
          /** The receiver stands in the firm's own network. Without it, private and local addresses are refused. */
          allowPrivate: z.boolean().optional(),
        })
        .refine(({ url, allowPrivate }) => allowPrivate === true || url.startsWith('https:'), {
          path: ['url'],
          message: 'must be https, but for a receiver in the own network (`allowPrivate`)',
        }),
    )
    .max(8)
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, {
      message: 'must have names of their own',
    }),
  digest: z
    .strictObject({
      at: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day like `07:00`'),
      zone: z.string().min(1).max(64).refine(isZone, 'must be an IANA time zone'),
    })
    .optional(),
});
export type NoticeChannelsFile = z.infer<typeof NoticeChannelsFile>;

function isLocal(name: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(name);
}

function hasNoPassword(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username === '' && password === '';
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const ChannelHealth = z.strictObject({
  channel: z.string(),
  lastSentAt: UtcTime.nullable(),
  queued: z.int(),
  failed: z.int(),
  dead: z.int(),
  /** Of the newest attempt that failed. */
  lastFailure: z.strictObject({ at: UtcTime, result: z.string() }).nullable(),
});

export const NoticeChannelsReply = z.strictObject({
  /** The signed record that is in force; null before there is one. */
  record: Digest.nullable(),
  inForce: NoticeChannelsFile,
  /** Signed, and waiting for its delay to pass. */
  coming: z
    .strictObject({ record: Digest, from: UtcTime, channels: NoticeChannelsFile })
    .nullable(),
  /** Whether the server holds a password for the mail server. */
  hasPassword: z.boolean(),
  secrets: z
    .array(
      z.strictObject({
        webhook: z.string(),
        since: UtcTime,
        /** Until when messages are signed with the one before as well. */
        formerUntil: UtcTime.nullable(),
      }),
    )
    .readonly(),
  health: z.array(ChannelHealth).readonly(),
});
export type NoticeChannelsReply = z.infer<typeof NoticeChannelsReply>;

/** `secret` as Standard Webhooks writes it, `whsec_` and base64; shown once. */
export const WebhookSecretReply = z.strictObject({
  webhook: z.string(),
  secret: z.string(),
  since: UtcTime,
  formerUntil: UtcTime.nullable(),
});
export type WebhookSecretReply = z.infer<typeof WebhookSecretReply>;

export const NoticeTestReply = z.strictObject({
  results: z
    .array(z.strictObject({ channel: z.string(), ok: z.boolean(), result: z.string() }))
    .readonly(),
});
export type NoticeTestReply = z.infer<typeof NoticeTestReply>;

const SentQuery = {
  state: NoticeStateSchema.optional(),
  channel: z.string().max(160).optional(),
  limit: QueryLimit,
};

export const noticesRoutes = {
  mine: route({
    method: 'GET',
    path: '/v1/notices',
    summary: 'Notices that were written for me, newest first',
    tag: 'notices',
    access: 'notices:read',
    query: z.strictObject(SentQuery),
    reply: SentNoticesReply,
  }),
  minePending: route({
    method: 'GET',
    path: '/v1/notices/pending',
    summary: 'What the next run and the next digest would send me',
    tag: 'notices',
    access: 'notices:read',
    reply: PendingNoticesReply,
  }),
  all: route({
    method: 'GET',
    path: '/v1/notices/all',
    summary: 'Every notice with its channel, recipient and result, newest first',
    tag: 'notices',
    access: 'notices:audit',
    query: z.strictObject({ ...SentQuery, account: z.string().max(64).optional() }),
    reply: SentNoticesReply,
  }),
  allPending: route({
    method: 'GET',
    path: '/v1/notices/all/pending',
    summary: 'What the next run and the next digests would send to everybody',
    tag: 'notices',
    access: 'notices:audit',
    reply: PendingNoticesReply,
  }),
  settings: route({
    method: 'GET',
    path: '/v1/notices/settings',
    summary: 'When and where I am written to',
    tag: 'notices',
    access: 'notices:read',
    reply: NoticeSettingsReply,
  }),
  setSettings: route({
    method: 'PUT',
    path: '/v1/notices/settings',
    summary: 'Choose when and where I am written to',
    tag: 'notices',
    access: 'notices:settings',
    body: NoticeSettingsBody,
    reply: NoticeSettingsReply,
  }),
  channels: route({
    method: 'GET',
    path: '/v1/notices/channels',
    summary: 'Mail server and webhooks as signed, without secrets, and how they fare',
    tag: 'notices',
    access: 'notices:audit',
    reply: NoticeChannelsReply,
  }),
  setPassword: route({
    method: 'PUT',
    path: '/v1/notices/channels/smtp/password',
    summary: 'Give the server the password of the mail server; it is never shown again',
    tag: 'notices',
    access: 'notices:manage',
    body: z.strictObject({ password: z.string().min(1).max(1_024) }),
    reply: z.strictObject({ stored: z.literal(true) }),
  }),
  rotateSecret: route({
    method: 'POST',
    path: '/v1/notices/channels/webhooks/:name/secret',
    summary: 'Make a new secret for a webhook; the one before signs along for a day',
    tag: 'notices',
    access: 'notices:manage',
    params: z.strictObject({ name: Name }),
    reply: WebhookSecretReply,
  }),
  test: route({
    method: 'POST',
    path: '/v1/notices/test',
    summary: 'Send a test to the caller by e-mail and to every webhook, now',
    tag: 'notices',
    access: 'notices:manage',
    reply: NoticeTestReply,
  }),
  retry: route({
    method: 'POST',
    path: '/v1/notices/messages/:id/retry',
    summary: 'Try a message that was given up once more',
    tag: 'notices',
    access: 'notices:manage',
    params: z.strictObject({ id: z.uuid() }),
    reply: z.strictObject({ queued: z.string() }),
  }),
} as const;
