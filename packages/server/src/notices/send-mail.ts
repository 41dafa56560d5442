// SPDX-License-Identifier: Apache-2.0
import type { NoticeChannelsFile } from '@countersign/contract';
import { visibleText } from '@countersign/kernel';
import { createTransport } from 'nodemailer';
import type { MailText } from './mail-message.ts';
import type { SendResult } from './post-webhook.ts';
import { withoutSecrets } from './secrets.ts';

export type SmtpSettings = NonNullable<NoticeChannelsFile['smtp']>;

export interface Mail extends MailText {
  /** Of the message row: the same for every attempt, so that a mail server or reader can see a second one. */
  readonly id: string;
  readonly to: string;
}

/** Silence on the line; and the whole of one mail, against a server that drips. */
const SILENCE_MS = 10_000;
const MAIL_MS = 30_000;
const RESULT_MAX = 300;

export interface Mailer {
  /** Hands one mail to the firm's mail server. Never throws for what that server does or does not do. */
  send(mail: Mail): Promise<SendResult>;
  close(): void;
}

/** A way to the firm's mail server, kept open from one mail to the next. */
export function openMailer(
  smtp: SmtpSettings,
  at: {
    readonly password: string | undefined;
    readonly signal: AbortSignal;
    readonly silenceMs?: number;
  },
): Mailer {
  const transport = transportOf(smtp, at);
  return {
    send: (mail) => send(transport, mail, { smtp, ...at }),
    close: () => transport.close(),
  };
}

async function send(
  transport: ReturnType<typeof transportOf>,
  mail: Mail,
  at: {
    readonly smtp: SmtpSettings;
    readonly password: string | undefined;
    readonly signal: AbortSignal;
  },
): Promise<SendResult> {
  const { from } = at.smtp;
  const signal = AbortSignal.any([at.signal, AbortSignal.timeout(MAIL_MS)]);
  const cut = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('it took too long')), { once: true });
  });
  try {
    const sent = transport.sendMail({
      messageId: `<${mail.id}@${from.split('@')[1] ?? 'countersign'}>`,
      from: { name: 'Countersign', address: from },
      to: { name: '', address: mail.to },
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      // RFC 3834: no out-of-office reply to a machine.
      headers: { 'Auto-Submitted': 'auto-generated' },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    sent.catch(() => undefined); // when it was cut off, nobody waits for it any more
    const { response } = await Promise.race([sent, cut]);
    return { ok: true, result: resultText(response, at.password) };
  } catch (error) {
    return failure(error, at.password);
  }
}

function transportOf(
  smtp: SmtpSettings,
  at: { readonly password: string | undefined; readonly silenceMs?: number },
) {
  const { host, port, security, user } = smtp;
  const silence = at.silenceMs ?? SILENCE_MS;
  return createTransport({
    pool: true,
    maxConnections: 1,
    // Trying again is the register's business, which counts it.
    maxRequeues: 0,
    host: host.replace(/^\[|\]$/g, ''),
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { minVersion: 'TLSv1.2' },
    connectionTimeout: silence,
    greetingTimeout: silence,
    socketTimeout: silence,
    dnsTimeout: silence,
    ...(user === undefined ? {} : { auth: { user, pass: at.password ?? '' } }),
  });
}

/** What is wrong with this mail alone; anything else is wrong with the way there. */
const OF_THE_MAIL: ReadonlySet<unknown> = new Set(['EENVELOPE', 'EMESSAGE']);

function failure(error: unknown, password: string | undefined): SendResult {
  const text = error instanceof Error ? error.message : String(error);
  const { code, responseCode } = error as { readonly code?: unknown; responseCode?: unknown };
  const isOfMail = OF_THE_MAIL.has(code);
  const isPermanent = isOfMail && typeof responseCode === 'number' && responseCode >= 500;
  return {
    ok: false,
    result: resultText(text, password),
    isFinal: isPermanent,
    isUnreachable: !isOfMail,
  };
}

function resultText(text: string, password: string | undefined): string {
  return visibleText(withoutSecrets(text, [password])).slice(0, RESULT_MAX);
}
