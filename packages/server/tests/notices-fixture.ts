// SPDX-License-Identifier: Apache-2.0
// The other sides of notices: a real mail server, one that says nothing, and a real receiver of webhooks.
import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { NoticeChannelsFile } from '@countersign/contract';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { expect } from 'vitest';
import type { TestServer } from './server-fixture.ts';

export interface ReceivedMail {
  readonly to: readonly string[];
  /** As it came, head, empty line, body, with long lines of the head put together again (RFC 5322, 2.2.3). */
  readonly raw: string;
  readonly secure: boolean;
  readonly user: string | undefined;
}

export interface MailServer {
  readonly port: number;
  readonly mails: ReceivedMail[];
  close(): Promise<void>;
}

export const MAIL_USER = 'countersign';
export const MAIL_PASSWORD = 'a pass phrase of the mail server';

/** A mail server that takes what it is sent; in clear and without a password unless told otherwise. */
export async function mailServer(options: SMTPServerOptions = {}, port = 0): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    onAuth: ({ username, password }, _session, done) => {
      const isRight = username === MAIL_USER && password === MAIL_PASSWORD;
      // As a careless server might: it says what it was given.
      if (isRight) done(null, { user: username });
      else done(new Error(`535 not accepted: ${password}`));
    },
    onData: (stream, session, done) => {
      text(stream).then((raw) => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        const user = typeof session.user === 'string' ? session.user : undefined;
        mails.push({ to, raw: unfolded(raw), secure: session.secure === true, user });
        done();
      }, done);
    },
    ...options,
  });
  // What a client does to it is the client's matter.
  server.on('error', () => undefined);
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    port: portOf(server.server.address()),
    mails,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function unfolded(raw: string): string {
  const end = raw.indexOf('\r\n\r\n');
  return raw.slice(0, end).replaceAll(/\r\n(?=[ \t])/g, '') + raw.slice(end);
}

/** Takes connections and never says a word. */
export async function silentServer(): Promise<{
  readonly port: number;
  readonly connections: Socket[];
  close(): Promise<void>;
}> {
  const connections: Socket[] = [];
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    connections.push(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: portOf(server.address()),
    connections,
    close: async () => {
      for (const socket of connections) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

export interface Call {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly calls: Call[];
  /** How the next calls are answered; 204 until set. */
  answer: (call: Call, response: ServerResponse) => void;
  close(): Promise<void>;
}

export async function receiver(): Promise<Receiver> {
  const calls: Call[] = [];
  const server = createHttpServer((request: IncomingMessage, response) => {
    text(request).then(
      (body) => {
        const call = { headers: request.headers as Readonly<Record<string, string>>, body };
        calls.push(call);
        made.answer(call, response);
      },
      () => undefined, // it was hung up on
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server.address());
  const made: Receiver = {
    url: `http://127.0.0.1:${port}/notices`,
    port,
    calls,
    answer: (_call, response) => response.writeHead(204).end(),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return made;
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A mail server in clear on this machine. */
export function smtpAt(
  port: number,
  over: Partial<NonNullable<NoticeChannelsFile['smtp']>> = {},
): NonNullable<NoticeChannelsFile['smtp']> {
  return {
    host: '127.0.0.1',
    port,
    security: 'none',
    from: 'countersign@bank.example',
    domains: ['bank.example', 'group.example'],
    ...over,
  };
}

let version = 0;

/** The record that says where notices go, signed by these; the answer of the door. */
export async function sendChannels(
  server: TestServer,
  notices: NoticeChannelsFile,
  signers: readonly string[] = ['risk', 'ada'],
) {
  version += 1;
  const draft = {
    type: 'policy-document' as const,
    kind: 'notice-channels',
    scope: 'firm' as const,
    actor: signers[0] ?? 'risk',
    content: {
      title: 'where notices go',
      version: String(version),
      textDigest: '0'.repeat(64),
      notices,
    },
  };
  const envelope = await server.sign(draft, signers);
  return server.as(signers[0] ?? 'risk', {
    method: 'POST',
    url: '/v1/records',
    payload: { envelopes: [envelope] },
  });
}

/** As `sendChannels`, shown to count; its digest. */
export async function setChannels(
  server: TestServer,
  notices: NoticeChannelsFile,
): Promise<string> {
  const answer = await sendChannels(server, notices);
  expect(answer.json(), answer.body).toMatchObject({ records: [{ state: 'recorded' }] });
  const digest = answer.json<{ records: { digest: string }[] }>().records[0]?.digest ?? '';
  const set = await server.context.records.including([digest]);
  expect(set.byDigest.has(digest)).toBe(true);
  return digest;
}

/** Makes the secret of a webhook, as an administrator does. */
export async function webhookSecret(server: TestServer, name: string): Promise<string> {
  const url = `/v1/notices/channels/webhooks/${name}/secret`;
  const answer = await server.as('ada', { method: 'POST', url });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json<{ secret: string }>().secret;
}

let findings = 0;

/** The model that findings are opened about. */
export async function enterModel(server: TestServer): Promise<void> {
  const draft = {
    type: 'inventory-entry' as const,
    scope: 'model' as const,
    actor: 'owner',
    subjectRef: { workspace: 'main', model: 'credit' },
    content: {
      name: 'Credit',
      purpose: 'underwriting',
      owner: 'owner',
      developer: 'dev',
      origin: 'built',
      businessLine: 'retail',
      jurisdictions: ['US'],
      uses: ['underwriting'],
    },
  };
  const envelope = await server.sign(draft, ['owner']);
  const payload = { envelopes: [envelope] };
  const answer = await server.as('owner', { method: 'POST', url: '/v1/records', payload });
  expect(answer.json(), answer.body).toMatchObject({ records: [{ state: 'recorded' }] });
  const digest = answer.json<{ records: { digest: string }[] }>().records[0]?.digest ?? '';
  await server.context.records.including([digest]);
}

/** A finding that `owner` must answer: something that newly waits for one person. */
export async function openFinding(
  server: TestServer,
  owner: string,
  over: object = {},
): Promise<string> {
  findings += 1;
  const due = new Date(Date.parse(server.context.now()) + 60 * 86_400_000);
  const draft = {
    type: 'finding' as const,
    scope: 'use' as const,
    actor: 'val',
    subjectRef: { workspace: 'main', model: 'credit', use: 'underwriting' },
    content: {
      id: `F-${findings}`,
      title: `Missing values ${findings}`,
      source: 'validation',
      severity: 'low',
      blocking: false,
      status: 'open',
      owner,
      due: due.toISOString().slice(0, 10),
      description: 'An incomplete application must not be scored.',
      ...over,
    },
  };
  const envelope = await server.sign(draft, ['val']);
  const answer = await server.as('val', {
    method: 'POST',
    url: '/v1/records',
    payload: { envelopes: [envelope] },
  });
  expect(answer.json(), answer.body).toMatchObject({ records: [{ state: 'recorded' }] });
  const digest = answer.json<{ records: { digest: string }[] }>().records[0]?.digest ?? '';
  await server.context.records.including([digest]);
  return digest;
}

export const mailsTo = ({ mails }: MailServer, address: string): readonly ReceivedMail[] =>
  mails.filter(({ to }) => to.includes(address));
