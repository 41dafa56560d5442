// SPDX-License-Identifier: Apache-2.0
// Attacks by way of notices: calls into the firm's own network, notices led away or silenced, text of others in mail.
import { statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type NoticeOptions, noticeRounds } from '../packages/server/src/notices/index.ts';
import { connectClient } from '../packages/server/src/store/database.ts';
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
  sendChannels,
  setChannels,
  smtpAt,
  webhookSecret,
} from '../packages/server/tests/notices-fixture.ts';
import { type TestServer, testServer } from '../packages/server/tests/server-fixture.ts';

let server: TestServer;
let mail: MailServer;
let inside: Receiver;
const failures: unknown[] = [];
const run = (options: NoticeOptions = {}) =>
  noticeRounds(server.context, { onFailure: (error) => failures.push(error), ...options }).run();

interface Notice {
  readonly state: string;
  readonly result: string;
  readonly message: string;
  readonly key: string;
}

const noticesBy = async (channel: string): Promise<readonly Notice[]> => {
  const answer = await server.as('audit', { url: `/v1/notices/all?channel=${channel}` });
  return answer.json<{ notices: readonly Notice[] }>().notices;
};
const auditOf = async (message: string | undefined) => {
  const answer = await server.as('audit', { url: '/v1/audit?outcome=refused&limit=100' });
  const { events } = answer.json<{ events: readonly { requestId: string }[] }>();
  return events.filter(({ requestId }) => requestId === message);
};

beforeAll(async () => {
  server = await testServer();
  mail = await mailServer();
  inside = await receiver();
  await enterModel(server);
  await setChannels(server, { smtp: smtpAt(mail.port), webhooks: [] });
  await run();
}, 120_000);
afterAll(async () => {
  await mail?.close();
  await inside?.close();
  await server?.close();
});
beforeEach(() => {
  mail.mails.length = 0;
  inside.calls.length = 0;
});
afterEach(() => {
  expect(failures.splice(0)).toEqual([]);
  expect(server.failures).toEqual([]);
});

interface Target {
  readonly name: string;
  readonly url: string;
  readonly allowPrivate?: boolean;
}

/** Sets webhooks with their secrets, lets something happen, and says what became of the first call of each. */
async function called(
  webhooks: readonly Target[],
  options: NoticeOptions = {},
): Promise<readonly (Notice | undefined)[]> {
  await setChannels(server, { smtp: smtpAt(mail.port), webhooks: [...webhooks] });
  for (const { name } of webhooks) await webhookSecret(server, name);
  await run(options);
  return Promise.all(webhooks.map(async ({ name }) => (await noticesBy(`webhook:${name}`))[0]));
}

test('RT-401 a webhook to a metadata, link-local, loopback or private address is not called, and that is audited', async () => {
  const targets = [
    { name: 'metadata', url: 'https://169.254.169.254/latest/meta-data/iam/' },
    { name: 'mapped', url: 'https://[::ffff:169.254.169.254]/' },
    { name: 'decimal', url: 'https://2852039166/' },
    { name: 'loopback', url: `https://127.0.0.1:${inside.port}/` },
    { name: 'localhost', url: `https://localhost:${inside.port}/` },
    { name: 'private', url: 'https://10.1.2.3/' },
    // Not even where a channel says that its receiver stands in the own network.
    { name: 'allowed', url: 'http://169.254.169.254/', allowPrivate: true },
  ];
  for (const [n, notice] of (await called(targets)).entries()) {
    const name = targets[n]?.name;
    expect(notice, name).toMatchObject({
      state: 'dead',
      result: expect.stringMatching(/is not called: it has an address/),
    });
    expect(await auditOf(notice?.message), name).toMatchObject([
      { action: 'notice:webhook', code: 'webhook_refused', outcome: 'refused' },
    ]);
  }
  expect(inside.calls).toEqual([]);
});

test('RT-402 a name that resolves to such an address is not called, nor one that does so at the second look', async () => {
  const addresses: Readonly<Record<string, readonly string[]>> = {
    'mixed.example': ['93.184.216.34', '169.254.169.254'],
    'private.example': ['10.0.0.7'],
    'loopback.example': ['127.0.0.1'],
  };
  const asked: string[] = [];
  const resolve = async (name: string) => {
    asked.push(name);
    // A rebinding name: at the second look it is another machine.
    const again = asked.filter((one) => one === name).length > 1 ? '127.0.0.66' : '127.0.0.1';
    return (addresses[name] ?? [again]).map((address) => ({ address, family: 4 }));
  };
  const names = Object.keys(addresses).map((host) => ({
    name: host.replace('.', '-'),
    url: `https://${host}:${inside.port}/`,
  }));
  const rebinding = {
    name: 'rebinding',
    url: `http://rebind.example:${inside.port}/`,
    allowPrivate: true,
  };
  const notices = await called([...names, rebinding], { resolve });
  for (const notice of notices.slice(0, 3)) {
    expect(notice).toMatchObject({ state: 'dead' });
    expect(await auditOf(notice?.message)).toHaveLength(1);
  }
  // What was judged is what is called, and the name is not asked again.
  expect(notices[3]).toMatchObject({ state: 'sent' });
  expect(asked.filter((name) => name === 'rebind.example')).toHaveLength(1);
  expect(inside.calls.map(({ headers }) => headers.host)).toEqual([
    `rebind.example:${inside.port}`,
  ]);
});

test('RT-403 a redirect into the own network is not followed, and that is audited', async () => {
  const outside = await receiver();
  outside.answer = (_call, response) =>
    response.writeHead(307, { location: `${inside.url}?admin` }).end();
  const [notice] = await called([{ name: 'bouncing', url: outside.url, allowPrivate: true }]);
  expect(outside.calls).toHaveLength(1);
  expect(inside.calls).toEqual([]);
  expect(notice).toMatchObject({ state: 'dead', result: expect.stringContaining('redirects') });
  expect(await auditOf(notice?.message)).toHaveLength(1);
  await outside.close();
});

test('RT-404 administrators without model risk, and the owner of the database, lead no notice away', async () => {
  await setChannels(server, { smtp: smtpAt(mail.port), webhooks: [] });
  const thief = await mailServer();
  const away = { smtp: smtpAt(thief.port, { domains: ['thief.example'] }), webhooks: [] };
  for (const signers of [['ada'], ['ada', 'ben'], ['risk']]) {
    const answer = await sendChannels(server, away, signers);
    expect(answer.json()).toMatchObject({ records: [{ state: 'awaiting-signatures' }] });
  }
  const sql = await connectClient(server.database.ownerUrl);
  await sql.query(`INSERT INTO notice_preference (account, pace, address, set_at)
                   VALUES ('owner', 'urgent', 'owner@thief.example', now())
                   ON CONFLICT (workspace, account) DO UPDATE SET address = EXCLUDED.address`);
  await sql.query(`UPDATE account SET email = 'o@thief.example' WHERE account = 'owner'`);
  await sql.end();
  await openFinding(server, 'dev');
  const key = (await server.signer('clerk')).keyid;
  const suspend = await server.sign(
    {
      type: 'key-change',
      kind: 'suspend',
      scope: 'firm',
      actor: 'clerk',
      content: { keyid: key, reason: 'lost' },
    },
    ['clerk'],
  );
  const sent = await server.as('clerk', {
    method: 'POST',
    url: '/v1/records',
    payload: { envelopes: [suspend] },
  });
  expect(sent.json()).toMatchObject({ records: [{ state: 'recorded' }] });
  await server.context.records.including([sent.json().records[0].digest]);
  await run();
  expect(thief.mails).toEqual([]);
  expect(mail.mails.flatMap(({ to }) => to).filter((to) => to.includes('thief'))).toEqual([]);
  expect(mailsTo(mail, 'owner@bank.example')[0]?.raw).toContain('a key was suspended');
  await thief.close();
});

test('RT-405 a stolen token neither leads its owner’s notices away nor silences those about keys, and keeps no channel', async () => {
  const put = (url: string, payload: object) => server.as('dev', { method: 'PUT', url, payload });
  const address = await put('/v1/notices/settings', { address: 'other@bank.example' });
  expect(address.json()).toMatchObject({ error: { code: 'scope_missing' } });
  const none = await put('/v1/notices/settings', { email: 'never' });
  expect(none.statusCode).toBe(400);
  const urgent = await put('/v1/notices/settings', { email: 'urgent' });
  expect(urgent.json()).toMatchObject({
    always: ['trust-change', 'channels-change', 'address-change'],
  });
  for (const [method, url, payload] of [
    ['PUT', '/v1/notices/channels/smtp/password', { password: 'mine now' }],
    ['POST', '/v1/notices/channels/webhooks/tickets/secret', undefined],
    ['POST', '/v1/notices/test', undefined],
    ['GET', '/v1/notices/channels', undefined],
    ['GET', '/v1/notices/all', undefined],
  ] as const) {
    const answer = await server.as('dev', {
      method,
      url,
      ...(payload === undefined ? {} : { payload }),
    });
    expect(answer.json(), url).toMatchObject({ error: { code: 'not_permitted' } });
  }
  const { events } = (
    await server.as('audit', { url: '/v1/audit?account=dev&outcome=refused' })
  ).json<{ events: readonly { code: string }[] }>();
  expect(events.filter(({ code }) => code === 'not_permitted')).toHaveLength(5);
  expect(events.filter(({ code }) => code === 'scope_missing')).toHaveLength(1);
});

test('RT-406 what somebody writes in a record is text in a mail: no header, no recipient, no markup', async () => {
  const title =
    'x\r\nBcc: everybody@thief.example\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script><img src=//t.example/p onerror=a()>\u202egnp';
  await openFinding(server, 'legal', { title });
  await run();
  const [one, ...others] = mail.mails.filter(({ raw }) => raw.includes('credit F-'));
  expect(others).toEqual([]);
  expect(one?.to).toEqual(['legal@bank.example']);
  const [head = '', body = ''] = [
    one?.raw.slice(0, one.raw.indexOf('\r\n\r\n')),
    one?.raw.slice(one.raw.indexOf('\r\n\r\n')).replaceAll('=\r\n', ''),
  ];
  const names = head.split('\r\n').map((line) => line.split(':')[0]);
  expect(names.sort()).toEqual([
    'Auto-Submitted',
    'Content-Type',
    'Date',
    'From',
    'MIME-Version',
    'Message-ID',
    'Subject',
    'To',
  ]);
  expect(head).toMatch(/^Content-Type: multipart\/alternative/m);
  expect(body).not.toMatch(/^Bcc:/m);
  const html = body.slice(body.indexOf('<!doctype html>'));
  expect(html).not.toMatch(/<script|<img|\u202e/);
  expect(html).toContain('&lt;script&gt;');
});

test('RT-407 password and secrets are in no answer, row, record or log, and in a file for the server’s user alone', async () => {
  const lines: unknown[] = [];
  const secure = { host: 'localhost', security: 'starttls' as const, user: MAIL_USER };
  await setChannels(server, {
    smtp: smtpAt(mail.port, secure),
    webhooks: [{ name: 'kept', url: 'https://127.0.0.1/' }],
  });
  const set = await server.as('ada', {
    method: 'PUT',
    url: '/v1/notices/channels/smtp/password',
    payload: { password: MAIL_PASSWORD },
  });
  expect(set.statusCode).toBe(200);
  const secret = await webhookSecret(server, 'kept');
  await openFinding(server, 'owner');
  await noticeRounds(server.context, { onFailure: (error) => lines.push(error) }).run();
  const answers = await Promise.all(
    [
      '/v1/notices/channels',
      '/v1/notices/all?limit=500',
      '/v1/notices/all/pending',
      '/v1/audit?limit=500',
    ].map(async (url) => (await server.as('ada', { url })).body),
  );
  const tried = await server.as('ada', { method: 'POST', url: '/v1/notices/test' });
  const sql = await connectClient(server.database.ownerUrl);
  const tables = await sql.query<{ name: string }>(
    `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name
     FROM information_schema.tables WHERE table_schema IN ('public', 'pgboss') AND table_type = 'BASE TABLE'`,
  );
  for (const { name } of tables.rows) {
    const { rows } = await sql.query<{ text: string }>(`SELECT t::text AS text FROM ${name} t`);
    answers.push(...rows.map(({ text }) => text));
  }
  await sql.end();
  const all = [...answers, set.body, tried.body, ...lines.map(String)].join('\n');
  for (const hidden of [MAIL_PASSWORD, secret, secret.slice('whsec_'.length)]) {
    expect(all.includes(hidden)).toBe(false);
    expect(all.includes(Buffer.from(hidden).toString('hex'))).toBe(false);
  }
  const file = join(server.dataDir, 'keys', 'notices.json');
  expect(await readFile(file, 'utf8')).toContain(secret);
  expect(statSync(file).mode & 0o077).toBe(0);
  const kept = await readdir(join(server.dataDir, 'keys'));
  expect(kept.filter((name) => name.startsWith('notices.json'))).toEqual(['notices.json']);
  await setChannels(server, { smtp: smtpAt(mail.port), webhooks: [] });
});

test('RT-408 who stands between a server and its webhook can neither change a call nor repeat it later', async () => {
  const webhook = { name: 'between', url: inside.url, allowPrivate: true };
  await setChannels(server, { smtp: smtpAt(mail.port), webhooks: [webhook] });
  const secret = await webhookSecret(server, 'between');
  await run();
  const [call] = inside.calls;
  const headers = { ...call?.headers };
  const body = call?.body ?? '';
  const verify = (text: string, over: Readonly<Record<string, string>> = {}) =>
    new Webhook(secret).verify(text, { ...headers, ...over });
  expect(() => verify(body)).not.toThrow();
  const older = String(Number(headers['webhook-timestamp']) - 3_600);
  expect(() => verify(body.replace('"urgent":true', '"urgent":false'))).toThrow();
  expect(() => verify(body, { 'webhook-id': crypto.randomUUID() })).toThrow();
  expect(() => verify(body, { 'webhook-timestamp': older })).toThrow();
  await setChannels(server, { smtp: smtpAt(mail.port), webhooks: [] });
});

test('RT-409 a line from which STARTTLS was struck carries neither mail nor password', async () => {
  const seen: string[] = [];
  const stripped = await mailServer({
    disabledCommands: ['STARTTLS'],
    onAuth: ({ password }, _session, done) => {
      seen.push(String(password));
      done(null, { user: 'anybody' });
    },
  });
  await setChannels(server, {
    smtp: smtpAt(stripped.port, { host: 'localhost', security: 'starttls', user: MAIL_USER }),
    webhooks: [],
  });
  await openFinding(server, 'owner');
  await run();
  expect([...stripped.mails, ...seen]).toEqual([]);
  const [notice] = await noticesBy('email');
  expect(notice?.key).toBeDefined();
  expect((await noticesBy('email')).some(({ result }) => /STARTTLS/i.test(result ?? ''))).toBe(
    true,
  );
  await stripped.close();
});
