// SPDX-License-Identifier: Apache-2.0
// The commands of docs/guides/notices.md against a real server, mail server and receiver.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { noticeRounds } from '../../server/src/notices/index.ts';
import {
  enterModel,
  MAIL_PASSWORD,
  type MailServer,
  mailServer,
  mailsTo,
  openFinding,
  type Receiver,
  receiver,
} from '../../server/tests/notices-fixture.ts';
import {
  PASSPHRASE,
  PASSWORD,
  type TestServer,
  testServer,
} from '../../server/tests/server-fixture.ts';
import { freePort } from '../src/demo/free-port.ts';
import { runCommand } from '../src/index.ts';
import { guideBlocks } from './guide.ts';

const scratch = mkdtempSync(join(tmpdir(), 'countersign-notices-'));
let server: TestServer;
let url: string;
let mail: MailServer;
let hook: Receiver;
let digest = '';

const PEOPLE = { 'ada.admin': 'ada', 'mia.risk': 'risk', 'omar.owner': 'owner' } as const;

interface Ran {
  readonly exitCode: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: each command prints JSON of its own shape
  readonly result: any;
}

/** A line of the guide, by the people and addresses that are there. */
function argvOf(line: string): readonly string[] {
  const named = Object.entries(PEOPLE).reduce(
    (text, [guide, ours]) => text.replace(`--as ${guide}`, `--as ${ours}`),
    line,
  );
  return named
    .replace('npx countersign ', '')
    .replace('$DIGEST', digest)
    .replace('--host mail.bank.example', `--host 127.0.0.1 --port ${mail.port} --security none`)
    .replace('--url https://hooks.bank.example/countersign', `--url ${hook.url} --allow-private`)
    .split(' ');
}

async function run(argv: readonly string[]): Promise<Ran> {
  const lines: string[] = [];
  const { exitCode, result } = await runCommand(argv, {
    out: (line) => lines.push(line),
    err: (line) => lines.push(line),
    isTerminal: false,
    env: {
      COUNTERSIGN_DATA: server.dataDir,
      COUNTERSIGN_SERVER: url,
      COUNTERSIGN_ROOT: server.context.root,
      COUNTERSIGN_PASSPHRASE: PASSPHRASE,
      COUNTERSIGN_PASSWORD: PASSWORD,
    },
    cwd: scratch,
    now: () => new Date(),
  });
  return { exitCode, text: lines.join('\n'), result };
}

async function ok(line: string): Promise<Ran> {
  const ran = await run(argvOf(line));
  expect(ran.exitCode, `${line}\n${ran.text}`).toBe(0);
  if (typeof ran.result?.digest === 'string') {
    digest = ran.result.digest;
    if (ran.result.state === 'recorded') await server.context.records.including([digest]);
  }
  return ran;
}

async function walk(section: string): Promise<readonly Ran[]> {
  const blocks = guideBlocks('notices.md').filter(
    (block) => block.section === section && block.language === 'sh',
  );
  expect(blocks.length, section).toBeGreaterThan(0);
  const ran: Ran[] = [];
  for (const line of blocks.flatMap(({ lines }) => lines)) ran.push(await ok(line));
  return ran;
}

const tell = () => noticeRounds(server.context).run();

beforeAll(async () => {
  // Whoever signs in says from which site, which the server must know.
  const port = await freePort(0);
  url = `http://127.0.0.1:${port}`;
  server = await testServer({ origin: url });
  await server.app.listen({ host: '127.0.0.1', port });
  await enterModel(server);
  mail = await mailServer();
  hook = await receiver();
  writeFileSync(join(scratch, 'smtp-password'), `${MAIL_PASSWORD}\n`);
}, 120_000);
afterAll(async () => {
  expect(server.failures).toEqual([]);
  await mail?.close();
  await hook?.close();
  await server?.close();
  rmSync(scratch, { recursive: true, force: true });
});

test('a mail server is proposed by model risk, signed by an administrator, given its password and tried', async () => {
  const before = await run(['notices', '--pending', '--as', 'owner']);
  expect(before.text).toContain('nothing is sent: no mail server is set');
  const ran = await walk('Set up the mail server');
  expect(ran[0]?.result).toMatchObject({ state: 'awaiting-signatures' });
  expect(ran[3]?.text).toMatch(/mail server\s+127\.0\.0\.1:\d+ none as countersign\n/);
  expect(ran.map(({ text }) => text).join('\n')).not.toContain(MAIL_PASSWORD);
  expect(mailsTo(mail, 'ada@bank.example')).toHaveLength(1);
});

test('a webhook gets a secret that is shown once, and messages that its library verifies', async () => {
  const ran = await walk('Connect a webhook');
  const secret: string = ran[2]?.result.secret;
  expect(ran[2]?.text).toContain(secret);
  const shown = await run(['notices', 'channel', '--json', '--as', 'ada']);
  expect(shown.result).toMatchObject({ secrets: [{ webhook: 'tickets' }], hasPassword: true });
  expect(JSON.stringify(shown.result)).not.toContain(secret);
  await tell();
  const [call] = hook.calls;
  expect(() => new Webhook(secret).verify(call?.body ?? '', { ...call?.headers })).not.toThrow();
});

test('everybody chooses how they are told, and sees what they were told', async () => {
  const [, daily, pending] = await walk('Choose how you are told');
  expect(daily?.text).toMatch(/e-mail\s+once a day, at 07:00 UTC/);
  expect(pending?.text).toBe('everything has been told');
  await openFinding(server, 'owner');
  const soon = await run(['notices', '--pending', '--as', 'owner']);
  expect(soon.text).toMatch(/next digest\s+credit F-\d+\s+respond to F-\d+/);
  await ok('npx countersign notices settings --email at-once --as omar.owner');
  await tell();
  const sent = await run(['notices', '--as', 'owner']);
  expect(sent.text).toMatch(/sent\s+credit F-\d+\s+respond to F-\d+/);
  const misuse = await run(['notices', 'settings', '--email', 'never', '--as', 'owner']);
  expect(misuse.exitCode).toBe(2);
});

test('an address of one’s own takes the password, lies in the firm’s domain, and the one before is told', async () => {
  const signIn = server.person('owner').email;
  const to = (address: string) =>
    run([
      'notices',
      'settings',
      '--address',
      address,
      '--sign-in',
      signIn,
      '--as',
      'owner',
      '--json',
    ]);
  const foreign = await to('owner@elsewhere.example');
  expect(foreign.exitCode).toBe(1);
  expect(foreign.text).toContain('elsewhere.example');
  mail.mails.length = 0;
  expect((await to('o.wner@bank.example')).result).toMatchObject({
    address: 'o.wner@bank.example',
  });
  await tell();
  expect(mailsTo(mail, 'owner@bank.example')[0]?.raw).toContain('another address');
  await openFinding(server, 'owner');
  await tell();
  const mails = mailsTo(mail, 'o.wner@bank.example');
  expect(mails).toHaveLength(1);
  // As `up` prints the pages: a browser gives passkeys to the name alone.
  expect(mails[0]?.raw).toMatch(/http:\/\/localhost:\d/);
  expect(mails[0]?.raw).not.toContain('//127.0.0.1');
  expect((await to('default')).result).toMatchObject({ address: 'owner@bank.example' });
});

test('what was not taken is shown with its reason, and tried again when somebody says so', async () => {
  hook.answer = (_call, response) => response.writeHead(410).end();
  await openFinding(server, 'dev');
  await tell();
  const [failed] = await walk('When something does not arrive');
  expect(failed?.text).toMatch(/webhook:tickets\s+dead .* answered 410\s+given up/);
  const message: string = failed?.result.notices[0].message;
  hook.answer = (_call, response) => response.writeHead(204).end();
  expect((await run(['notices', 'retry', message, '--as', 'ada'])).exitCode).toBe(0);
  await tell();
  const after = await run(['notices', '--all', '--failed', '--as', 'audit']);
  expect(after.text).toBe('no notices');
  const refused = await run(['notices', '--all', '--as', 'dev']);
  expect(refused).toMatchObject({ exitCode: 1 });
  expect(refused.text).toContain('auditor');
});
