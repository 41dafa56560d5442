// SPDX-License-Identifier: Apache-2.0
// The guide docs/guides/found-the-firm-and-keep-its-keys.md, walked command by command against a real firm that is not a
// demonstration: its delays are real, the clock is moved.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  checkpointOf,
  type Draft,
  type Json,
  PAYLOAD_TYPE_STATEMENT,
  parseCheckpoint,
  personStatement,
  type RecordSet,
  readProofBundle,
  signCheckpoint,
  signEnvelope,
  statementBytes,
  verifyBundle,
} from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import {
  openSigner,
  publicKeyOfFile,
  type RunningServer,
  readKeyFile,
  readServiceKey,
  startServer,
} from '@countersign/server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Io, runCommand } from '../src/index.ts';
import { type GuideBlock, guideBlocks, words } from './guide.ts';

const scratch = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
const dataDir = join(scratch, 'bank');
const guide = guideBlocks('found-the-firm-and-keep-its-keys.md');
const variables = new Map<string, string>();
const HOUR = 3_600_000;
let offset = 0;
let port = 0;
let server: RunningServer | undefined;

const now = () => new Date(Date.now() + offset);

interface Ran {
  readonly line: string;
  readonly exitCode: number;
  readonly result: Readonly<Record<string, unknown>>;
  readonly text: string;
}

async function run(line: string): Promise<Ran> {
  const argv = words(line).slice(1);
  const account = argv.includes('--as') ? argv[argv.indexOf('--as') + 1] : undefined;
  const lines: string[] = [];
  const io: Io = {
    out: (text) => lines.push(text),
    err: (text) => lines.push(text),
    isTerminal: false,
    env: { COUNTERSIGN_DATA: dataDir, COUNTERSIGN_PASSPHRASE: passphraseOf(account) },
    cwd: scratch,
    now,
  };
  const free = argv[0] === 'found' ? ['--port', String(port)] : [];
  const { exitCode, result } = await runCommand([...argv, ...free], io);
  return {
    line,
    exitCode,
    result: (result ?? {}) as Ran['result'],
    text: lines.join('\n'),
  };
}

/** Founders keep what the ceremony made for them; others choose their own. */
function passphraseOf(account: string | undefined): string {
  try {
    return readFileSync(
      join(dataDir, 'people', account ?? '', 'initial-passphrase'),
      'utf8',
    ).trim();
  } catch {
    return `${account} has a passphrase`;
  }
}

async function ok(line: string): Promise<Ran> {
  const ran = await run(line);
  expect(ran.exitCode, `${line}\n${ran.text}`).toBe(0);
  const { digest, keyid } = ran.result;
  if (typeof digest === 'string') variables.set('DIGEST', digest);
  if (typeof keyid === 'string') variables.set('KEY', keyid);
  return ran;
}

const filled = (text: string) =>
  text.replaceAll(/\$([A-Z]+)/g, (_, name: string) => variables.get(name) ?? `$${name}`);

/** Runs what stands under a heading of the guide; files come from its YAML blocks. */
async function walk(section: string): Promise<readonly Ran[]> {
  const ran: Ran[] = [];
  const blocks = guide.filter((block) => block.section === section);
  expect(blocks.length, section).toBeGreaterThan(0);
  for (const { language, lines } of blocks) {
    if (language === 'yaml') {
      const name = /^# (\S+\.yaml)$/.exec(lines[0] ?? '')?.[1] ?? 'people.yaml';
      writeFileSync(join(scratch, name), filled(`${lines.join('\n')}\n`));
    }
    if (language === 'sh') ran.push(...(await commands(lines)));
  }
  return ran;
}

const shell = (section: string) =>
  guide.filter((block) => block.section === section && block.language === 'sh');

const lines = (block: GuideBlock | undefined) => commands(block?.lines ?? []);

async function commands(given: readonly string[]): Promise<readonly Ran[]> {
  const ran: Ran[] = [];
  for (const line of given) {
    const hours = /^# (\d+) hours later$/.exec(line)?.[1];
    if (hours !== undefined) offset += Number(hours) * HOUR;
    else if (line === '# restart the server') await restart();
    else if (line.includes(' login ')) ran.push(await atHostTime(() => ok(filled(line))));
    else ran.push(await ok(filled(line)));
  }
  return ran;
}

/** Sessions of signing in run by the clock of the host, which is not moved. */
async function atHostTime<T>(act: () => Promise<T>): Promise<T> {
  const moved = offset;
  offset = 0;
  try {
    return await act();
  } finally {
    offset = moved;
  }
}

/** A record as any client could send it, signed with the account's key. */
async function post(account: string, draft: Draft) {
  const folder = join(dataDir, 'people', account);
  const signer = openSigner(await readKeyFile(join(folder, 'key.json')), passphraseOf(account));
  const by = { account, founding: variables.get('ROOT') ?? '', now: now().toISOString() };
  const bytes = statementBytes(personStatement(p, draft, by));
  const envelope = await signEnvelope(PAYLOAD_TYPE_STATEMENT, bytes, [signer]);
  const response = await fetch(`${server?.url}/v1/records`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${readFileSync(join(folder, 'token'), 'utf8').trim()}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ envelopes: [envelope] }),
  });
  return { status: response.status, text: await response.text() };
}

async function restart(): Promise<void> {
  await server?.close();
  server = await startServer({ dataDir, now: () => now().toISOString() });
}

interface ListedKey {
  readonly keyid: string;
  readonly account: string;
  readonly standing: string;
  readonly endings: readonly { readonly kind: string }[];
}

async function keysOf(account: string): Promise<readonly ListedKey[]> {
  const { result } = await ok(`countersign keys list --account ${account} --as mia.risk`);
  return result as unknown as readonly ListedKey[];
}

const standingOf = async (account: string) =>
  (await keysOf(account)).map(({ standing }) => standing);

async function get(path: string): Promise<string> {
  const token = readFileSync(join(dataDir, 'people', 'mia.risk', 'token'), 'utf8').trim();
  const response = await fetch(`${server?.url}${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(response.status, path).toBe(200);
  return response.text();
}

async function bundle() {
  return readProofBundle(JSON.parse(await get('/v1/trust')) as Json);
}

async function trust(): Promise<RecordSet> {
  const verified = verifyBundle(p, await bundle(), variables.get('ROOT') ?? '');
  if (!verified.ok) throw new Error(verified.reason);
  return verified.set;
}

beforeAll(async () => {
  port = await new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : 0),
      );
    });
  });
  writeFileSync(join(scratch, 'val-password.txt'), 'the first password of val\n');
  writeFileSync(join(scratch, 'nora-password.txt'), 'the first password of nora\n');
}, 30_000);

afterAll(async () => {
  await server?.close();
  rmSync(scratch, { recursive: true, force: true });
}, 60_000);

test('the ceremony: two administrators, a root, and everybody’s own folder to hand over', async () => {
  const [first, ...rest] = guide.filter(({ section }) => section === 'The ceremony');
  writeFileSync(join(scratch, 'people.yaml'), `${first?.lines.join('\n')}\n`);
  const found = rest[0]?.lines[0] ?? '';
  const founded = await ok(found);
  expect(founded.result.root).toMatch(/^[0-9a-f]{64}$/);
  expect(founded.text).toContain('signed by ada.admin and ben.admin');
  expect(founded.text).toContain(join(dataDir, 'people', 'vera.validator'));
  variables.set('ROOT', String(founded.result.root));
  await restart();
  for (const line of rest[1]?.lines ?? []) await ok(line);
  const shown = await ok('countersign founding show --as ada.admin');
  expect(shown.result).toMatchObject({
    root: variables.get('ROOT'),
    demonstration: false,
    rules: { quorum: 2, delayHours: 24 },
    recovery: { persons: 3, delayHours: 168 },
    pending: [],
  });
}, 120_000);

test('an enrolment counts after the delay, and everybody sees it coming', async () => {
  const [make, propose, later] = shell('Enrol a key');
  await lines(make);
  const walked = await lines(propose);
  expect(walked.at(-1)?.text).toMatch(/notice .*key [0-9a-f]{12} of val\.two/);
  const shown = walked.find(({ line }) => line.includes('vera.validator'))?.text;
  expect(shown).toContain(`gives val.two the key ${variables.get('KEY')}`);
  expect(shown).toContain('proofing: passport, seen in person by Ada');
  expect(await standingOf('val.two')).toEqual(['pending']);
  // Val's own signature, as it would come from any client.
  const early = await post('val.two', {
    type: 'validation-report',
    scope: 'version',
    subjectRef: { workspace: 'main', model: 'credit', version: 1, use: 'underwriting' },
    content: { conclusion: 'fit' },
  });
  expect(early.status).toBe(403);
  const stop = await post('val.two', {
    type: 'key-change',
    kind: 'suspend',
    scope: 'firm',
    subjectRef: { workspace: 'main' },
    content: { keyid: variables.get('KEY') ?? '', reason: 'too early' },
  });
  expect(stop.text).toMatch(/signature_invalid.*takes effect at/);
  await lines(later);
  expect(await standingOf('val.two')).toEqual(['in force']);
}, 120_000);

test('a suspension is at once; a reinstatement takes two others and the delay', async () => {
  const key = variables.get('KEY') ?? '';
  const [suspend, ...rest] = guide.filter(
    ({ section }) => section === 'Suspend, reinstate, retire',
  );
  await ok(filled(suspend?.lines[0] ?? ''));
  expect(await standingOf('val.two')).toEqual(['suspended']);
  const refused = await run(`countersign keys reinstate ${key} --reason "it is mine" --as val.two`);
  expect(refused.text).toContain('holds no role');
  const signed = await post('val.two', {
    type: 'key-change',
    kind: 'reinstate',
    scope: 'firm',
    subjectRef: { workspace: 'main' },
    content: { keyid: key, reason: 'it is mine' },
  });
  expect(signed.text).toMatch(/signature_invalid.*the key is suspended/);
  for (const line of rest[0]?.lines.slice(0, 2) ?? []) await ok(filled(line));
  expect(await standingOf('val.two')).toEqual(['suspended']);
  offset += 24 * HOUR;
  expect(await standingOf('val.two')).toEqual(['in force']);
}, 120_000);

test('a replacement is confirmed by the old key, which ends when the new one begins', async () => {
  const [old] = await keysOf('val.two');
  variables.set('OLD', old?.keyid ?? '');
  await walk('Replace a key');
  const keys = await keysOf('val.two');
  expect(keys.map(({ standing }) => standing)).toEqual(['retired', 'in force']);
  expect(keys[0]?.keyid).toBe(old?.keyid);
}, 120_000);

test('administrators rotate by old and new quorum, with the delay that was in force', async () => {
  for (const name of ['ada', 'ben']) {
    variables.set(name.toUpperCase(), (await keysOf(`${name}.admin`))[0]?.keyid ?? '');
  }
  const walked = await walk('Rotate the administrators');
  const [before, after] = walked.filter(({ line }) => line.includes('founding show'));
  expect(before?.result.pending).toHaveLength(1);
  expect(await standingOf('nora.admin')).toEqual(['in force']);
  expect(after?.result).toMatchObject({ rules: { quorum: 2 }, pending: [] });
  // Two of three: Ben is not asked.
  const file = join('bank', 'people', 'val.two', 'third.json');
  await ok(`countersign keys new --out ${file} --as val.two`);
  await ok(
    `countersign keys enrol val.two --role validator --key ${file} --proofing "seen by Nora" --as nora.admin`,
  );
  const signed = await ok(filled('countersign sign --add $DIGEST --as ada.admin'));
  expect(signed.result).toMatchObject({ needs: expect.stringContaining('new key itself') });
}, 120_000);

test('a log key rotation: what the old key signed stays true, what it signs later is refused', async () => {
  const old = await readServiceKey(dataDir, 'log');
  const oldText = await get('/v1/log/checkpoint');
  const oldBundle = await bundle();
  const walked = await walk('Rotate the keys of the log, the platform and the gateway');
  expect(walked.at(-1)?.text).toContain('everything agrees');
  expect((await readServiceKey(dataDir, 'log')).keyid).not.toBe(old.keyid);

  const root = variables.get('ROOT') ?? '';
  expect(verifyBundle(p, oldBundle, root).ok).toBe(true);
  const set = await trust();
  const text = await get('/v1/log/checkpoint');
  const head = checkpointOf(p, text, set);
  expect(head?.size).toBeGreaterThan(parseCheckpoint(oldText).size);
  const forged = await signCheckpoint(
    p,
    { ...parseCheckpoint(text), size: parseCheckpoint(text).size + 1 },
    {
      name: parseCheckpoint(text).origin,
      signer: openSigner(old),
      publicKey: publicKeyOfFile(old),
    },
  );
  expect(checkpointOf(p, forged, set)).toBeUndefined();
  expect(checkpointOf(p, oldText, set)).toBeUndefined();
}, 120_000);

test('while the log key is being replaced both sign, and the platform key follows without a restart', async () => {
  // A stolen key is stopped by one person first, and replaced by two all the same.
  const [stolen] = await keysOf('service:platform');
  await ok(`countersign keys suspend ${stolen?.keyid} --reason "copied" --as ada.admin`);
  expect(await standingOf('service:platform')).toEqual(['suspended']);
  await ok('countersign keys rotate-service platform --data ./bank --as ada.admin');
  const platform = await ok(filled('countersign sign --add $DIGEST --as ben.admin'));
  expect(platform.result).toMatchObject({ state: 'recorded' });
  const next = JSON.parse(readFileSync(join(dataDir, 'keys', 'platform.next.json'), 'utf8'));
  expect(server?.context.platform.keyid).toBe(next.keyid);

  await ok('countersign keys rotate-service log --data ./bank --as ada.admin');
  const proposal = variables.get('DIGEST');
  await ok('countersign people --as ada.admin');
  await ok(
    'countersign keys suspend $NORA --reason "a reason to publish" --as ada.admin'.replace(
      '$NORA',
      (await keysOf('nora.admin'))[0]?.keyid ?? '',
    ),
  );
  const both = await get('/v1/log/checkpoint');
  expect(both.match(/^— /gm)).toHaveLength(2);
  expect(JSON.parse(await get('/v1/status')).signatures).toHaveLength(2);
  expect(checkpointOf(p, both, await trust())).toBeDefined();
  variables.set('DIGEST', proposal ?? '');
  await ok(filled('countersign sign --add $DIGEST --as ben.admin'));
  await restart();
  const one = await get('/v1/status');
  expect(JSON.parse(one).signatures).toHaveLength(1);
  expect((await ok('countersign ledger verify --data ./bank --as ada.admin')).text).toContain(
    'everything agrees',
  );
}, 120_000);

test('a gateway key rotation, and a backup of a firm whose log had three keys', async () => {
  const old = await readServiceKey(dataDir, 'gateway');
  await ok('countersign keys rotate-service gateway --data ./bank --as ada.admin');
  await ok(filled('countersign sign --add $DIGEST --as ben.admin'));
  await server?.close();
  server = undefined;
  const copy = join(scratch, 'copy');
  await ok('countersign backup --out ./backup --data ./bank --as ada.admin');
  await ok(`countersign restore ./backup --data ${copy} --as ada.admin`);
  const audited = await ok(`countersign ledger verify --data ${copy} --as ada.admin`);
  expect(audited.text).toContain('everything agrees');
  await restart();
  expect((await readServiceKey(dataDir, 'gateway')).keyid).not.toBe(old.keyid);
  const [first, second] = await keysOf('service:gateway-1');
  expect([first?.standing, second?.standing]).toEqual(['retired', 'in force']);
}, 180_000);

test('a lost quorum is recovered by watching duties; until it takes effect an administrator can object', async () => {
  const walked = await walk('Recover a lost quorum');
  const inbox = walked.find(({ line }) => line.includes('inbox'));
  expect(inbox?.text).toMatch(/a recovery replaces them at/);
  const [objected, after] = walked.filter(({ line }) => line.includes('founding show'));
  expect(objected?.result.pending).toEqual([]);
  const standing = after?.result.administrators as readonly ListedKey[];
  expect(
    standing
      .filter((one) => one.standing === 'in force')
      .map(({ account }) => account)
      .sort(),
  ).toEqual(['olga.ops', 'piet.ops']);
  const late = await run(
    'countersign people add a.ghost --name Ghost --password-file val-password.txt --as ada.admin',
  );
  expect(late.text).toContain('holds no role');
}, 120_000);

test('the root stays the one that was written down, and the whole log agrees with it', async () => {
  expect((await trust()).root).toBe(variables.get('ROOT'));
  const verified = await ok('countersign ledger verify --published --data ./bank --as mia.risk');
  expect(verified.text).toContain('everything agrees');
}, 60_000);
