// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { addSignature, dutiesOf, versionContext } from '@countersign/kernel';
import { verifyCaseFile } from '@countersign/verifier';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jobRunners } from '../src/jobs/index.ts';
import {
  type Actors,
  actors,
  developerPapers,
  intake,
  MODEL,
  runRequest,
  USE,
} from './model-life.ts';
import { scorecardRepository } from './scorecard-repository.ts';
import { PEOPLE, type TestServer, testServer } from './server-fixture.ts';

const EMAIL = 'night@laptop.example';
const run = promisify(execFile);

let server: TestServer;
let act: Actors;
let directory: string;
let fingerprint: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'countersign-authors-'));
  const compliance = { account: 'comp', roles: ['compliance'] } as const;
  server = await testServer({ runners: jobRunners, people: [...PEOPLE, compliance] });
  act = actors(server);
  await intake(server);
}, 120_000);
afterAll(async () => {
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

/** Configuration of git that signs a commit. */
const bySsh = () => [
  '-c',
  'gpg.format=ssh',
  '-c',
  `user.signingkey=${join(directory, 'commit-key')}`,
];

/** The repository of a model with a second commit, signed as told. */
async function signedRepository(name: string, email: string, signing: readonly string[]) {
  const repository = await scorecardRepository(join(directory, name), {
    name: 'Dev',
    email: server.person('dev').email,
  });
  const env = { ...process.env, GNUPGHOME: directory };
  const git = (...args: readonly string[]) =>
    run('git', ['-C', repository.directory, ...args], { env });
  await git(
    ...['-c', 'user.name=Night', '-c', `user.email=${email}`, ...signing],
    ...['commit', '--quiet', '--allow-empty', '-S', '-m', name],
  );
  const commit = (await git('rev-parse', 'HEAD')).stdout.trim();
  const bundle = join(directory, `${name}.bundle`);
  await git('bundle', 'create', '--quiet', bundle, 'HEAD');
  return { commit, bundle: await readFile(bundle) };
}

async function registered(name: string, email: string, signing = bySsh()): Promise<number> {
  const repository = await signedRepository(name, email, signing);
  const job = await act.job('dev', { kind: 'run', request: await runRequest(server, repository) });
  expect(job.error).toBeUndefined();
  const { version } = job.result as { readonly version: number };
  const tested = await act.job('dev', { kind: 'test', params: { model: MODEL, version } });
  expect(tested.error).toBeUndefined();
  return version;
}

const attribution = (account: string, content: object = {}) => ({
  type: 'author-attribution' as const,
  scope: 'firm' as const,
  content: { email: EMAIL, account, reason: 'the laptop was seen', ...content },
});

const post = async (sender: string, draft: object, signers: readonly string[]) => {
  const envelope = await server.sign(
    { ...(draft as ReturnType<typeof attribution>), actor: sender },
    signers,
  );
  return act.post(sender, '/v1/records', { envelopes: [envelope] });
};

async function duties(version: number) {
  const set = await server.context.records.current();
  const found = versionContext(set, { workspace: 'main', model: MODEL, use: USE, version });
  if (!found.ok) throw new Error(found.reason);
  return dutiesOf(set, found.context);
}

describe('a high-tier version with an unknown commit author', { timeout: 120_000 }, () => {
  let change: string;

  beforeAll(async () => {
    const key = join(directory, 'commit-key');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    fingerprint = (await run('ssh-keygen', ['-l', '-f', key])).stdout.split(' ')[1] ?? '';
    await registered('first', EMAIL);
    await developerPapers(act);
  }, 120_000);

  test('is recorded with its address and the key that signed', async () => {
    const page = await act.get('audit', `/v1/models/${MODEL}/versions/1`);
    const email = server.person('dev').email;
    expect(page.commit.content.authors).toEqual(
      [
        { email, account: 'dev' },
        { email: EMAIL, signature: { format: 'ssh', key: fingerprint, verified: true } },
      ].toSorted((a, b) => (a.email < b.email ? -1 : 1)),
    );
  });

  test('is not promoted, whoever approves it', async () => {
    change = await act.submit('dev', await act.prepare('dev', 'staging'));
    await act.job('val', { kind: 'reproduce', params: { model: MODEL, version: 1 } });
    const page = await act.get('audit', `/v1/models/${MODEL}/versions/1`);
    await act.validate(page.artifactDigest);
    await act.approve('val', 'validator', change);
    const { status, body } = await act.promote('owner', change);
    expect([status, body.error.code]).toEqual([409, 'promotion_refused']);
    expect(body.error.missing).toEqual([
      expect.stringContaining(`commit author \`${EMAIL}\` belongs to no account`),
    ]);
  });

  test.each([
    [
      'by one who is neither the person nor independent',
      attribution('dev'),
      ['owner'],
      /two persons of validator/,
    ],
    [
      'of an account without a key',
      attribution('nobody'),
      ['risk'],
      /no key is enrolled for `nobody`/,
    ],
    ['of a bot by a developer', attribution('bot:ci'), ['dev'], /signed by two persons/],
    [
      'for one model',
      { ...attribution('dev'), scope: 'model' },
      ['risk'],
      /every model of the firm/,
    ],
    [
      'with another key than the one named',
      attribution('dev', { commitKey: 'AB'.repeat(20), publicKey: 'none' }),
      ['risk'],
      /no armoured OpenPGP public key/,
    ],
  ] as const)('an attribution %s is refused', async (_, draft, signers, reason) => {
    const { status, body } = await post(signers[0], draft, signers);
    expect([status, body.error.code]).toEqual([409, 'record_refused']);
    expect(body.error.message).toMatch(reason);
  });

  test('an attribution with a member nobody knows is refused with its place', async () => {
    const { status, body } = await post('risk', attribution('dev', { weight: 1 }), ['risk']);
    expect([status, body.error.code]).toEqual([422, 'record_malformed']);
    expect(body.error.message).toContain('content.weight');
  });

  test('is promoted once two independent persons have said whose the address is', async () => {
    const first = await post('risk', attribution('dev'), ['risk']);
    expect(first.body.records).toMatchObject([
      { state: 'awaiting-signatures', needs: expect.stringContaining('second person') },
    ]);
    expect((await act.promote('owner', change)).status).toBe(409);
    const { digest } = first.body.records[0];
    const { records } = await act.get('comp', '/v1/pending');
    const pending = records.find((one: { digest: string }) => one.digest === digest);
    const signer = await server.signer('comp');
    const signed = await addSignature(pending.envelope, signer);
    const signature = signed.signatures.find(({ keyid }) => keyid === signer.keyid);
    const second = await act.post('comp', `/v1/records/${digest}/signatures`, { signature });
    expect(second.body).toMatchObject({ digest, state: 'recorded' });
    await server.context.records.including([digest]);
    const { status, body } = await act.promote('owner', change);
    expect(body.error).toBeUndefined();
    expect(status).toBe(200);
  });

  test('keeps its warrant in a case file, judged again from records', async () => {
    const reply = await server.as('audit', { url: `/v1/export?version=${MODEL}@1` });
    const { primitives, root } = server.context;
    const report = verifyCaseFile(primitives, new Uint8Array(reply.rawPayload), root);
    expect(report).toMatchObject({ ok: true });
  });

  test('whose address turns out to be the validator’s is closed to that validator', async () => {
    const version = await registered('second', 'val@home.example');
    const draft = attribution('val', { email: 'val@home.example' });
    await act.sign(['risk', 'comp'], { ...draft, actor: 'risk' });
    const request = await act.submit('dev', await act.prepare('dev', 'staging', version));
    const approval = await act.approval('val', 'validator', request);
    const { status, body } = await act.post('val', '/v1/records', { envelopes: [approval] });
    expect([status, body.error.code]).toEqual([409, 'conflict_of_duties']);
    expect(body.error.message).toContain(
      '`val` cannot act as validator: authored the commit as val@home.example (attributed by `comp` and `risk`)',
    );
    expect((await duties(version)).unattributed).toEqual([]);
  });

  test('whose commit key turns out to be the validator’s is closed to that validator', async () => {
    const draft = attribution('val', { email: 'val@office.example', commitKey: fingerprint });
    await act.sign(['val'], { ...draft, actor: 'val' });
    const request = await act.submit('dev', await act.prepare('dev', 'staging', 1));
    const approval = await act.approval('val', 'validator', request);
    const { body } = await act.post('val', '/v1/records', { envelopes: [approval] });
    expect(body.error.message).toContain(`signed the commit with key ${fingerprint}`);
    expect((await duties(1)).developers.map(({ account }) => account)).toEqual(
      expect.arrayContaining(['dev', 'val']),
    );
  });

  test('whose merges a forge signed knows the forge by the key that two persons vouched for', async () => {
    const gpg = async (...args: readonly string[]) =>
      (await run('gpg', ['--homedir', directory, '--batch', '--quiet', ...args])).stdout;
    const forge = 'noreply@forge.example';
    await gpg('--passphrase', '', '--quick-generate-key', forge, 'ed25519', 'sign', 'never');
    const publicKey = await gpg('--armor', '--export', forge);
    const listed = await gpg('--with-colons', '--list-keys', forge);
    const commitKey = /^fpr:+([0-9A-F]+):/m.exec(listed)?.[1] ?? '';
    const draft = attribution('bot:forge', { email: forge, commitKey, publicKey });
    await act.sign(['risk', 'val'], { ...draft, actor: 'risk' });
    const version = await registered('third', forge, ['-c', `user.signingkey=${commitKey}`]);
    const page = await act.get('audit', `/v1/models/${MODEL}/versions/${version}`);
    expect(page.commit.content.authors).toContainEqual({
      email: forge,
      signature: { format: 'gpg', key: commitKey, verified: true },
    });
    const { developers, unattributed } = await duties(version);
    expect(unattributed).toEqual([]);
    expect(new Set(developers.map(({ account }) => account))).toEqual(new Set(['dev']));
    await run('gpgconf', ['--homedir', directory, '--kill', 'all']);
  });
});
