// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { NoticeChannelsReply, SentNoticesReply } from '@countersign/contract';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ServerContext } from '../src/context.ts';
import { type NoticeOptions, noticeRounds, startNotices } from '../src/notices/index.ts';
import { takeMessage } from '../src/notices/notice-store.ts';
import {
  enterModel,
  MAIL_PASSWORD,
  MAIL_USER,
  type MailServer,
  mailServer,
  mailsTo,
  openFinding,
  type Receiver,
  receiver,
  setChannels,
  silentServer,
  smtpAt,
  webhookSecret,
} from './notices-fixture.ts';
import { type TestServer, testServer } from './server-fixture.ts';

let server: TestServer;
let mail: MailServer;
let hook: Receiver;
const failures: unknown[] = [];

/** Rounds as a server of its own would make them, at a time of the test's choosing. */
function rounds(options: NoticeOptions = {}, now?: string) {
  const context: ServerContext =
    now === undefined ? server.context : { ...server.context, now: () => now };
  return noticeRounds(context, { onFailure: (error) => failures.push(error), ...options });
}

const later = (minutes: number): string =>
  new Date(Date.parse(server.context.now()) + minutes * 60_000).toISOString();

const sentTo = async (account: string, query = ''): Promise<SentNoticesReply['notices']> => {
  const answer = await server.as('audit', { url: `/v1/notices/all?account=${account}${query}` });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json<SentNoticesReply>().notices;
};
const about = (digest: string, notices: SentNoticesReply['notices']) =>
  notices.filter(({ key }) => key.includes(digest));
/** Of the mail that was tried and not taken: the first shows that there is no way there, and the rest waits. */
const failed = async (): Promise<SentNoticesReply['notices']> => {
  const answer = await server.as('audit', { url: '/v1/notices/all?state=failed&channel=email' });
  return answer.json<SentNoticesReply>().notices;
};
const choose = (account: string, body: object) =>
  server.as(account, { method: 'PUT', url: '/v1/notices/settings', payload: body });

const HOOK = () => ({ name: 'tickets', url: hook.url, allowPrivate: true });

beforeAll(async () => {
  server = await testServer();
  await enterModel(server);
  mail = await mailServer();
  hook = await receiver();
  await setChannels(server, { smtp: smtpAt(mail.port), webhooks: [] });
  // What already waited when mail was set up is told now.
  await rounds().run();
}, 120_000);
afterAll(async () => {
  await mail?.close();
  await hook?.close();
  await server?.close();
});
afterEach(async () => {
  await choose('owner', { email: 'at-once' });
  expect(failures.splice(0)).toEqual([]);
  expect(server.failures).toEqual([]);
  mail.mails.length = 0;
  hook.calls.length = 0;
  hook.answer = (_call, response) => response.writeHead(204).end();
});

describe('one who must act', () => {
  test('is told once, by one mail, however many servers run and however often they are restarted', async () => {
    const first = await openFinding(server, 'owner');
    const second = await openFinding(server, 'owner');
    const servers = [rounds(), rounds(), rounds()];
    await Promise.all(servers.map((one) => one.run()));
    for (const one of servers) await one.stop();
    for (let restart = 0; restart < 3; restart += 1) await rounds().run();
    const [only, ...others] = mailsTo(mail, 'owner@bank.example');
    expect(others).toEqual([]);
    expect(only?.raw).toMatch(/^Subject: credit F-\d+: respond to F-\d+ by .* \(and 1 more\)/m);
    expect(only?.raw).toMatch(/^Auto-Submitted: auto-generated/m);
    const notices = await sentTo('owner');
    for (const digest of [first, second]) {
      expect(about(digest, notices)).toMatchObject([{ state: 'sent', attempts: 1 }]);
    }
    expect(new Set(notices.slice(0, 2).map(({ message }) => message)).size).toBe(1);
  });

  test('is told that a record awaits a signature, unless it is theirs already', async () => {
    const envelope = await server.sign(
      {
        type: 'policy-document',
        kind: 'deputies',
        scope: 'firm',
        actor: 'risk',
        content: {
          title: 'deputies',
          version: '1',
          textDigest: '0'.repeat(64),
          deputies: {
            deputations: [
              {
                deputy: 'legal',
                for: 'exec',
                role: 'executive',
                from: server.context.now(),
                until: later(60 * 24 * 60),
              },
            ],
          },
        },
      },
      ['risk'],
    );
    const answer = await server.as('risk', {
      method: 'POST',
      url: '/v1/records',
      payload: { envelopes: [envelope] },
    });
    const [{ digest, state } = { digest: '', state: '' }] = answer.json<{
      records: { digest: string; state: string }[];
    }>().records;
    expect(state).toBe('awaiting-signatures');
    await rounds().run();
    const whom = mail.mails.flatMap(({ to }) => to).sort();
    expect(whom).toEqual(['ada@bank.example', 'ben@bank.example']);
    expect(mail.mails[0]?.raw).toContain(digest.slice(0, 12));
  });

  test('is told again when the next threshold has passed, and not in between', async () => {
    const due = new Date(Date.parse(later(20 * 1440))).toISOString().slice(0, 10);
    const digest = await openFinding(server, 'owner', { due });
    await rounds().run();
    for (const days of [7, 8, 9, 14, 15, 20, 21.5, 22]) await rounds({}, later(days * 1440)).run();
    const keys = about(digest, await sentTo('owner', '&limit=500')).map(({ key }) =>
      key.replace(digest, ''),
    );
    expect(keys.sort()).toEqual([
      'finding-due::1',
      'finding-due::14',
      'finding-due::7',
      'finding-due::late',
      'waiting:finding:',
    ]);
  });
});

describe('a person', () => {
  test('who chose a daily digest gets one mail a day, with what came since the last', async () => {
    // Of this moment on, so that no digest hour passes while the test runs.
    const now = server.context.now();
    const noon = (days: number, minutes = 0) => {
      const day = new Date(Date.parse(now) + days * 86_400_000).toISOString().slice(0, 10);
      return new Date(Date.parse(`${day}T12:00:00.000Z`) + minutes * 60_000).toISOString();
    };
    await choose('owner', { email: 'daily' });
    const [one, two] = [await openFinding(server, 'owner'), await openFinding(server, 'owner')];
    await rounds({}, now).run();
    expect(mailsTo(mail, 'owner@bank.example')).toEqual([]);
    await Promise.all([rounds({}, noon(1)).run(), rounds({}, noon(1)).run()]);
    const three = await openFinding(server, 'owner');
    await rounds({}, noon(1, 1)).run();
    const [digest, ...others] = mailsTo(mail, 'owner@bank.example');
    expect(others).toEqual([]);
    expect(digest?.raw).toMatch(/^Subject: .* \(and 1 more\)/m);
    await rounds({}, noon(2)).run();
    expect(mailsTo(mail, 'owner@bank.example')).toHaveLength(2);
    const notices = await sentTo('owner', '&limit=500');
    for (const record of [one, two, three]) expect(about(record, notices)).toHaveLength(1);
  });

  test('who chose only what is urgent still hears of every change of keys, and of nothing else that can wait', async () => {
    await choose('owner', { email: 'urgent' });
    await openFinding(server, 'owner');
    const key = (await server.signer('clerk')).keyid;
    const envelope = await server.sign(
      {
        type: 'key-change',
        kind: 'suspend',
        scope: 'firm',
        actor: 'clerk',
        content: { keyid: key, reason: 'lost laptop' },
      },
      ['clerk'],
    );
    const answer = await server.as('clerk', {
      method: 'POST',
      url: '/v1/records',
      payload: { envelopes: [envelope] },
    });
    expect(answer.json(), answer.body).toMatchObject({ records: [{ state: 'recorded' }] });
    await rounds().run();
    const [only, ...others] = mailsTo(mail, 'owner@bank.example');
    expect(others).toEqual([]);
    expect(only?.raw).toMatch(/^Subject: URGENT a key was suspended/m);
    // Everybody with an account is told, whoever changed it.
    expect(new Set(mail.mails.flatMap(({ to }) => to)).size).toBe(11);
    const pending = await server.as('owner', { url: '/v1/notices/pending' });
    expect(pending.json()).toMatchObject({
      hindrance: null,
      notices: [{ kind: 'waiting', when: 'not-by-email' }],
    });
    await choose('owner', { email: 'at-once' });
    await rounds().run();
    expect(mailsTo(mail, 'owner@bank.example')).toHaveLength(2);
  });
});

describe('a mail server', () => {
  test('that is gone gets its mail once it is back, under the same id', async () => {
    const { port } = mail;
    await mail.close();
    const digest = await openFinding(server, 'owner');
    await rounds().run();
    expect(about(digest, await sentTo('owner'))).toMatchObject([
      { state: 'failed', attempts: 1, result: expect.stringContaining('ECONNREFUSED') },
    ]);
    const health = await server.as('ada', { url: '/v1/notices/channels' });
    expect(health.json<NoticeChannelsReply>().health).toMatchObject([
      { channel: 'email', failed: 1, lastFailure: { result: expect.any(String) } },
    ]);
    mail = await mailServer({}, port);
    await rounds().run();
    expect(mail.mails).toEqual([]);
    await rounds({}, later(2)).run();
    const [notice] = about(digest, await sentTo('owner'));
    expect(notice).toMatchObject({ state: 'sent', attempts: 2 });
    expect(mail.mails[0]?.raw).toContain(`Message-ID: <${notice?.message}@bank.example>`);
  });

  test('that refuses one address keeps the mail of nobody else', async () => {
    const picky = await mailServer({
      onRcptTo: ({ address }, _session, done) =>
        address.startsWith('owner@')
          ? done(Object.assign(new Error('no such mailbox'), { responseCode: 550 }))
          : done(),
    });
    await setChannels(server, { smtp: smtpAt(picky.port), webhooks: [] });
    const [gone, there] = [await openFinding(server, 'owner'), await openFinding(server, 'dev')];
    await rounds().run();
    expect(about(gone, await sentTo('owner'))).toMatchObject([
      { state: 'dead', result: expect.stringContaining('550 no such mailbox') },
    ]);
    expect(about(there, await sentTo('dev'))).toMatchObject([{ state: 'sent' }]);
    const [{ message } = { message: '' }] = about(gone, await sentTo('owner'));
    await picky.close();
    await setChannels(server, { smtp: smtpAt(mail.port), webhooks: [] });
    const retry = await server.as('ada', {
      method: 'POST',
      url: `/v1/notices/messages/${message}/retry`,
    });
    expect(retry.statusCode, retry.body).toBe(200);
    await rounds().run();
    expect(about(gone, await sentTo('owner'))).toMatchObject([{ state: 'sent' }]);
  });

  test('that says nothing delays nothing: webhooks and requests go on, and the mail is tried again', async () => {
    const silent = await silentServer();
    await setChannels(server, { smtp: smtpAt(silent.port), webhooks: [HOOK()] });
    await webhookSecret(server, 'tickets');
    const digest = await openFinding(server, 'owner');
    const round = rounds({ silenceMs: 1_500 });
    await round.begin();
    await vi.waitFor(() => expect(silent.connections).toHaveLength(1), { timeout: 20_000 });
    await vi.waitFor(() => expect(hook.calls.length).toBeGreaterThan(0), { timeout: 20_000 });
    const answer = await server.as('owner', { url: '/v1/inbox' });
    expect(answer.statusCode).toBe(200);
    expect(about(digest, await sentTo('owner'))).toMatchObject([{ state: 'queued' }]);
    await round.run();
    expect((await failed())[0]).toMatchObject({ state: 'failed', attempts: 1 });
    await silent.close();
    await setChannels(server, { smtp: smtpAt(mail.port), webhooks: [] });
    await rounds({}, later(2)).run();
    expect(about(digest, await sentTo('owner'))).toMatchObject([{ state: 'sent' }]);
  });

  test('is left in the middle by a server that dies: the next one sends, after the lease and once', async () => {
    const digest = await openFinding(server, 'owner');
    const { workspace, database } = server.context;
    const port = mail.port;
    await mail.close();
    await rounds().run();
    mail = await mailServer({}, port);
    // The server that dies: it takes the message in hand, and that is the last that is heard of it.
    const at = later(2);
    expect(await takeMessage(database.db, { workspace, channel: 'email', now: at })).toBeDefined();
    await rounds({}, at).run();
    expect(mail.mails).toEqual([]);
    await Promise.all([rounds({}, later(5)).run(), rounds({}, later(5)).run()]);
    expect(mailsTo(mail, 'owner@bank.example')).toHaveLength(1);
    expect(about(digest, await sentTo('owner'))).toMatchObject([{ state: 'sent' }]);
  });
});

describe('TLS', () => {
  let directory: string;
  let secure: MailServer;
  let key: string;
  let cert: string;
  const before = getCACertificates('default');

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'countersign-notices-'));
    const [keyFile, certFile] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const made = ['-keyout', keyFile, '-out', certFile, '-days', '2', '-nodes'];
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    execFileSync('openssl', ['req', ...kind, ...made, ...subject], { stdio: 'ignore' });
    [key, cert] = [readFileSync(keyFile, 'utf8'), readFileSync(certFile, 'utf8')];
    secure = await mailServer({ key, cert, disabledCommands: [], authOptional: false });
  });
  afterAll(async () => {
    setDefaultCACertificates(before);
    await secure?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const starttls = (port: number) =>
    smtpAt(port, { host: 'localhost', security: 'starttls', user: MAIL_USER });
  const setPassword = (password: string, account = 'ada') =>
    server.as(account, {
      method: 'PUT',
      url: '/v1/notices/channels/smtp/password',
      payload: { password },
    });

  test('is begun before the password is sent, and a certificate that nobody vouches for is refused', async () => {
    await setChannels(server, { smtp: starttls(secure.port), webhooks: [] });
    expect((await setPassword(MAIL_PASSWORD)).statusCode).toBe(200);
    await openFinding(server, 'owner');
    await rounds().run();
    expect(secure.mails).toEqual([]);
    expect((await failed())[0]?.result).toMatch(/self.signed/);
    setDefaultCACertificates([...before, cert]);
    await rounds({}, later(2)).run();
    const [one] = mailsTo(secure, 'owner@bank.example');
    expect(one).toMatchObject({ secure: true, user: MAIL_USER });
    expect(secure.mails.every((each) => each.secure)).toBe(true);
  });

  test('from the first byte works as well', async () => {
    const direct = await mailServer({ key, cert, secure: true, authOptional: true });
    const smtp = smtpAt(direct.port, { host: 'localhost', security: 'tls' });
    await setChannels(server, { smtp, webhooks: [] });
    await openFinding(server, 'owner');
    await rounds().run();
    expect(mailsTo(direct, 'owner@bank.example')).toMatchObject([{ secure: true }]);
    await direct.close();
  });

  test('that a server does not offer is not done without', async () => {
    await setChannels(server, { smtp: { ...starttls(mail.port) }, webhooks: [] });
    await openFinding(server, 'owner');
    await rounds().run();
    expect(mail.mails).toEqual([]);
    expect((await failed())[0]?.result).toMatch(/STARTTLS/i);
    await setChannels(server, { smtp: smtpAt(mail.port), webhooks: [] });
    await rounds({}, later(2)).run();
  });

  test('with a wrong password is an error that does not repeat it', async () => {
    await setChannels(server, { smtp: starttls(secure.port), webhooks: [] });
    const wrong = 'a wrong pass phrase';
    await setPassword(wrong);
    await openFinding(server, 'owner');
    await rounds().run();
    const [notice] = await failed();
    expect(notice?.result).toContain('***');
    expect(notice?.result).not.toContain(wrong);
    const told = await server.as('ada', { method: 'POST', url: '/v1/notices/test' });
    expect(told.json()).toMatchObject({ results: [{ channel: 'email', ok: false }] });
    expect(told.body).not.toContain(wrong);
    await setPassword(MAIL_PASSWORD);
    const test = await server.as('ada', { method: 'POST', url: '/v1/notices/test' });
    expect(test.json()).toMatchObject({ results: [{ channel: 'email', ok: true }] });
    expect(secure.mails.at(-1)?.to).toEqual(['ada@bank.example']);
    await setChannels(server, { smtp: smtpAt(mail.port), webhooks: [] });
    await rounds({}, later(2)).run();
  });
});

describe('a webhook', () => {
  const messages = () => hook.calls.map(({ body }) => JSON.parse(body));
  const sentByHook = async () => {
    const answer = await server.as('audit', { url: '/v1/notices/all?channel=webhook:tickets' });
    return answer.json<SentNoticesReply>().notices;
  };

  test('is signed so that the library of the specification verifies it, and holds ids and links alone', async () => {
    await setChannels(server, { smtp: smtpAt(mail.port), webhooks: [HOOK()] });
    await rounds().run();
    hook.calls.length = 0;
    const secret = await webhookSecret(server, 'tickets');
    const title = 'Says what only some may read';
    const digest = await openFinding(server, 'owner', { title });
    await rounds().run();
    const [call] = hook.calls.filter(({ body }) => body.includes(digest));
    const read = new Webhook(secret).verify(call?.body ?? '', { ...call?.headers });
    expect(read).toEqual({
      type: 'countersign.notices',
      timestamp: expect.any(String),
      data: {
        notices: expect.arrayContaining([
          {
            key: `waiting:finding:${digest}`,
            kind: 'waiting',
            record: digest,
            due: null,
            urgent: false,
            link: 'http://localhost/findings',
          },
        ]),
      },
    });
    expect(call?.body).not.toMatch(/owner|val|Says|Missing|@/);
    const count = hook.calls.length;
    await Promise.all([rounds().run(), rounds().run()]);
    expect(hook.calls).toHaveLength(count);
  });

  test('whose secret is replaced is signed with both for a day', async () => {
    const before = await webhookSecret(server, 'tickets');
    const after = await webhookSecret(server, 'tickets');
    await openFinding(server, 'owner');
    await rounds().run();
    const [call] = hook.calls;
    for (const secret of [before, after]) {
      expect(() =>
        new Webhook(secret).verify(call?.body ?? '', { ...call?.headers }),
      ).not.toThrow();
    }
    expect(call?.headers['webhook-signature']?.split(' ')).toHaveLength(2);
    await openFinding(server, 'owner');
    await rounds({}, later(25 * 60)).run();
    expect(hook.calls.at(-1)?.headers['webhook-signature']?.split(' ')).toHaveLength(1);
  });

  test('that fails is tried again ever more rarely under one id, and given up in the end', async () => {
    hook.answer = (_call, response) =>
      response.writeHead(503).end('internal secret of the receiver');
    const digest = await openFinding(server, 'owner');
    let minutes = 0;
    for (let attempt = 1; attempt <= 10; attempt += 1) {
      await rounds({}, later(minutes)).run();
      minutes += 800;
    }
    const calls = hook.calls.filter(({ body }) => body.includes(`waiting:finding:${digest}`));
    expect(calls).toHaveLength(8);
    expect(new Set(calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    const [notice] = about(digest, await sentByHook());
    expect(notice).toMatchObject({ state: 'dead', attempts: 8, result: 'answered 503' });
    const state = await server.as('ada', { url: '/v1/notices/channels' });
    const health = state.json<NoticeChannelsReply>().health;
    expect(health.find(({ channel }) => channel === 'webhook:tickets')).toMatchObject({ dead: 1 });
  });

  test('that is gone for good, or answers without end, holds up nothing', async () => {
    hook.answer = (_call, response) => {
      response.writeHead(200);
      const flood = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', flood);
      response.on('error', () => undefined);
      flood();
    };
    const endless = await openFinding(server, 'owner');
    await rounds().run();
    expect(about(endless, await sentByHook())).toMatchObject([{ state: 'sent' }]);
    hook.answer = (_call, response) => response.writeHead(410).end();
    const gone = await openFinding(server, 'owner');
    await rounds().run();
    expect(about(gone, await sentByHook())).toMatchObject([
      { state: 'dead', attempts: 1, result: 'answered 410' },
    ]);
    expect(messages().length).toBeGreaterThan(0);
  });

  test('that is removed leaves nothing behind that would wait for ever', async () => {
    hook.answer = (_call, response) => response.writeHead(503).end();
    const digest = await openFinding(server, 'owner');
    await rounds().run();
    expect(about(digest, await sentByHook())).toMatchObject([{ state: 'failed' }]);
    await setChannels(server, { smtp: smtpAt(mail.port), webhooks: [] });
    await rounds().run();
    expect(about(digest, await sentByHook())).toMatchObject([
      { state: 'dead', result: 'its channel was removed' },
    ]);
  });
});

describe('the API', () => {
  test('shows everybody their own notices, and those of all to auditors, administrators and model risk', async () => {
    const digest = await openFinding(server, 'owner');
    await rounds().run();
    const mine = await server.as('owner', { url: '/v1/notices?limit=500' });
    expect(about(digest, mine.json<SentNoticesReply>().notices)).toHaveLength(1);
    const others = await server.as('dev', { url: '/v1/notices?limit=500' });
    expect(about(digest, others.json<SentNoticesReply>().notices)).toEqual([]);
    for (const url of ['/v1/notices/all', '/v1/notices/all/pending', '/v1/notices/channels']) {
      for (const account of ['audit', 'ada', 'risk']) {
        expect((await server.as(account, { url })).statusCode, url).toBe(200);
      }
      const refused = await server.as('dev', { url });
      expect(refused.json()).toMatchObject({ error: { code: 'not_permitted' } });
      expect(refused.json<{ error: { message: string } }>().error.message).toContain('auditor');
    }
  });

  test('refuses channels that cannot be used, naming the member', async () => {
    const { sendChannels } = await import('./notices-fixture.ts');
    const cases = [
      [{ webhooks: [{ name: 'a', url: 'http://hooks.example/x' }] }, /webhooks\.0\.url/],
      [{ webhooks: [{ name: 'a', url: 'https://me:pw@hooks.example/x' }] }, /webhooks\.0\.url/],
      [{ smtp: smtpAt(25, { from: 'a@b\r\nBcc: x@y' }), webhooks: [] }, /smtp\.from/],
      [{ smtp: smtpAt(25, { host: 'mail.example', user: 'u' }), webhooks: [] }, /smtp\.security/],
      [{ webhooks: [], digest: { at: '25:00', zone: 'UTC' } }, /digest\.at/],
      [{ webhooks: [], digest: { at: '07:00', zone: 'Mars/Base' } }, /digest\.zone/],
    ] as const;
    for (const [channels, field] of cases) {
      const answer = await sendChannels(server, channels as never);
      expect(answer.statusCode, answer.body).toBe(409);
      expect(answer.json<{ error: { field: string } }>().error.field).toMatch(field);
    }
  });

  test('lists what the next run would tell, and the run tells that', async () => {
    const digest = await openFinding(server, 'owner');
    const before = await server.as('ada', { url: '/v1/notices/all/pending' });
    const pending = before.json<{ notices: { key: string; account: string }[] }>().notices;
    expect(pending.filter(({ key }) => key.includes(digest))).toMatchObject([
      { account: 'owner', channel: 'email', when: 'next-run' },
    ]);
    await rounds().run();
    const after = await server.as('ada', { url: '/v1/notices/all/pending' });
    expect(after.json()).toEqual({ hindrance: null, notices: [] });
  });
});

test('two running servers tell once between them, and the second takes over from the first', async () => {
  const options = { everyMs: 100, onFailure: (error: unknown) => failures.push(error) };
  const [first, second] = [
    startNotices(server.context, options),
    startNotices(server.context, options),
  ];
  try {
    const one = await openFinding(server, 'owner');
    const told = (digest: string) => async () =>
      expect(about(digest, await sentTo('owner'))).toMatchObject([{ state: 'sent' }]);
    await vi.waitFor(told(one), { timeout: 20_000, interval: 100 });
    await first.stop();
    const two = await openFinding(server, 'owner');
    await vi.waitFor(told(two), { timeout: 20_000, interval: 100 });
    expect(mailsTo(mail, 'owner@bank.example')).toHaveLength(2);
  } finally {
    await first.stop();
    await second.stop();
  }
});
