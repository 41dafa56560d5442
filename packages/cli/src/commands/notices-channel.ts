// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  NoticeChannelsFile,
  type NoticeChannelsReply,
  noticesRoutes,
  SMTP_SECURITY,
} from '@countersign/contract';
import { canonicalJson, type Json } from '@countersign/kernel';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { fields, short, table } from '../output/table.ts';
import type { Session } from '../session.ts';
import { signOne } from '../signing/sign-and-record.ts';
import { describeProposed } from './keys.ts';

export const noticesChannel: Command = {
  name: 'notices channel',
  summary: 'show where notices go, or propose a mail server, a webhook or the hour of the digest',
  description:
    'smtp --host --from --domain [--port --security --user] | webhook NAME --url [--allow-private] | webhook NAME --remove | digest --at 07:00 --zone Europe/Vienna. The channels are a signed policy document: model risk and one more of model risk and administrators sign it. The first counts at once, a later one after the firm’s delay, of which the channels in force still tell. Secrets are no part of it: `countersign notices secret`.',
  example:
    'countersign notices channel smtp --host mail.bank.example --from countersign@bank.example --domain bank.example --user countersign --as mia.risk',
  arguments: [
    { name: 'what', summary: 'smtp, webhook or digest', isOptional: true },
    { name: 'name', summary: 'of the webhook', isOptional: true },
  ],
  options: [
    { flags: '--host HOST', summary: 'mail server' },
    { flags: '--port PORT', summary: 'its port; 465 for tls, 587 for starttls, else 25' },
    { flags: '--security HOW', summary: 'starttls unless given', choices: SMTP_SECURITY },
    { flags: '--from ADDRESS', summary: 'of whom mail comes' },
    {
      flags: '--domain DOMAIN',
      summary: 'people are written to at ACCOUNT@ the first',
      isRepeated: true,
    },
    { flags: '--user USER', summary: 'who signs in to the mail server' },
    { flags: '--url URL', summary: 'of the webhook' },
    { flags: '--allow-private', summary: 'its receiver stands in the firm’s own network' },
    { flags: '--remove', summary: 'propose to be without it' },
    { flags: '--at TIME', summary: 'of the digest: 07:00' },
    { flags: '--zone ZONE', summary: 'IANA time zone of the digest: Europe/Vienna' },
  ],
  run: channel,
};

export const noticesSecret: Command = {
  name: 'notices secret',
  summary:
    'give the server the mail server’s password, or make a webhook’s secret (administrators)',
  description:
    'The password is read from --secret-file, COUNTERSIGN_SMTP_PASSWORD, or asked for; it is never shown again. A webhook’s secret is made by the server and shown once; the one before signs along for a day, so that the receiver can be changed in between.',
  example: 'countersign notices secret webhook tickets --as ada.admin',
  arguments: [
    { name: 'what', summary: 'smtp or webhook' },
    { name: 'name', summary: 'of the webhook', isOptional: true },
  ],
  options: [{ flags: '--secret-file FILE', summary: 'file with the password of the mail server' }],
  run: secret,
};

async function channel(input: Input, session: Session): Promise<Outcome> {
  const state = await session.client().call(noticesRoutes.channels);
  const what = input.optionalArgument('what');
  if (what === undefined) return done(state, ...stateLines(state));
  // What is proposed builds on what was signed last, or the one that waits would be undone.
  const latest = state.coming?.channels ?? state.inForce;
  const before = state.coming?.record ?? state.record;
  const parsed = NoticeChannelsFile.safeParse(changed(input, what, latest));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw usage(`\`${issue?.path.join('.') ?? what}\` ${issue?.message ?? 'cannot be used'}`);
  }
  // Without members that are absent: a record is JSON.
  const settings = JSON.parse(JSON.stringify(parsed.data)) as Json;
  const text = canonicalJson(settings);
  const recorded = await signOne(session, {
    type: 'policy-document',
    kind: 'notice-channels',
    scope: 'firm',
    subjectRef: { workspace: session.profile().workspace },
    ...(before === null ? {} : { supersedes: before }),
    content: {
      title: 'where notices go',
      version: session.now(),
      textDigest: createHash('sha256').update(text, 'utf8').digest('hex'),
      notices: settings,
    },
  });
  return done(recorded, ...describeProposed(recorded));
}

type Channels = NoticeChannelsReply['inForce'];

function changed(input: Input, what: string, latest: Channels): unknown {
  if (what === 'smtp') {
    const { smtp: _smtp, ...rest } = latest;
    return input.flag('remove') ? rest : { ...rest, smtp: smtpOf(input) };
  }
  if (what === 'webhook') return { ...latest, webhooks: webhooksOf(input, latest) };
  if (what === 'digest')
    return { ...latest, digest: { at: input.text('at'), zone: input.text('zone') } };
  throw usage(`\`${what}\` is no channel: smtp, webhook or digest`);
}

const PORTS = { tls: 465, starttls: 587, none: 25 } as const;

function smtpOf(input: Input) {
  const how = input.optionalText('security');
  const security = SMTP_SECURITY.find((one) => one === how) ?? 'starttls';
  const user = input.optionalText('user');
  const domains = input.list('domain');
  if (domains.length === 0) throw usage('`--domain` is missing: people have addresses in it');
  return {
    host: input.text('host'),
    port: input.count('port') ?? PORTS[security],
    security,
    from: input.text('from'),
    ...(user === undefined ? {} : { user }),
    domains,
  };
}

function webhooksOf(input: Input, latest: Channels): readonly unknown[] {
  const name = input.argument('name');
  const others = latest.webhooks.filter((one) => one.name !== name);
  if (input.flag('remove')) {
    if (others.length < latest.webhooks.length) return others;
    throw new CliError('not_found', `no webhook \`${name}\` is among the channels`);
  }
  const isPrivate = input.flag('allow-private');
  return [
    ...others,
    { name, url: input.text('url'), ...(isPrivate ? { allowPrivate: true } : {}) },
  ];
}

function stateLines(state: NoticeChannelsReply): readonly string[] {
  const { record, inForce, coming, hasPassword, secrets, health } = state;
  if (record === null && coming === null) return ['no channel is set: nobody is written to'];
  const { smtp, webhooks } = inForce;
  const from =
    smtp?.user === undefined ? '' : ` as ${smtp.user}${hasPassword ? '' : ', NO PASSWORD'}`;
  const lines = fields([
    ['record', record === null ? undefined : short(record)],
    [
      'mail server',
      smtp === undefined ? 'none' : `${smtp.host}:${smtp.port} ${smtp.security}${from}`,
    ],
    ['from', smtp?.from],
    ['domains', smtp?.domains.join(', ')],
    ...webhooks.map(({ name, url, allowPrivate }) => {
      const held = secrets.find(({ webhook }) => webhook === name);
      const note = held === undefined ? ' NO SECRET, and so not called' : '';
      return [
        `webhook ${name}`,
        `${url}${allowPrivate === true ? ' (own network)' : ''}${note}`,
      ] as const;
    }),
    [
      'digest',
      inForce.digest === undefined ? '07:00 UTC' : `${inForce.digest.at} ${inForce.digest.zone}`,
    ],
    ['coming', coming === null ? undefined : `${short(coming.record)} counts from ${coming.from}`],
  ]);
  const rows = health.map((one) => [
    one.channel,
    one.lastSentAt ?? 'never',
    one.queued,
    one.failed,
    one.dead,
    one.lastFailure === null ? '' : `${one.lastFailure.at} ${one.lastFailure.result}`,
  ]);
  const headings = ['channel', 'last taken', 'queued', 'failed', 'given up', 'last failure'];
  return [...lines, ...table(headings, rows)];
}

async function secret(input: Input, session: Session): Promise<Outcome> {
  const what = input.argument('what');
  const client = session.client();
  if (what === 'smtp') {
    const password = await smtpPassword(input, session);
    const reply = await client.call(noticesRoutes.setPassword, { body: { password } });
    return done(reply, 'the server has the password; try it with: countersign notices test');
  }
  if (what !== 'webhook') throw usage(`\`${what}\` has no secret: smtp or webhook`);
  const name = input.argument('name');
  const reply = await client.call(noticesRoutes.rotateSecret, { params: { name } });
  return done(
    reply,
    ...fields([
      ['webhook', reply.webhook],
      ['secret, shown once', reply.secret],
      ['the one before signs until', reply.formerUntil ?? undefined],
    ]),
  );
}

async function smtpPassword(input: Input, session: Session): Promise<string> {
  const file = input.optionalText('secret-file');
  if (file !== undefined) {
    try {
      return readFileSync(resolve(session.cwd, file), 'utf8').replace(/\r?\n$/, '');
    } catch (cause) {
      throw new CliError('file_missing', `the secret in \`${file}\` cannot be read`, { cause });
    }
  }
  const { io } = session;
  const given = io.env.COUNTERSIGN_SMTP_PASSWORD;
  if (given !== undefined && given !== '') return given;
  if (io.isTerminal && io.askHidden !== undefined)
    return io.askHidden('password of the mail server: ');
  throw usage(
    'the password of the mail server is missing',
    'give --secret-file FILE or COUNTERSIGN_SMTP_PASSWORD, or run it in a terminal',
  );
}
