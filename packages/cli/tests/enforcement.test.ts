// SPDX-License-Identifier: Apache-2.0
// Enforcement outside the gateway: gate, admission and verification summary against a real server, without a token where
// none is needed.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { envelopePayload, fromUtf8, type Json, parseEnvelope } from '@countersign/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Io, runCommand } from '../src/index.ts';
import { BYTES, IMAGE, sha256, type WarrantedFirm, warrantedFirm } from './warranted-firm.ts';

const scratch = mkdtempSync(join(tmpdir(), 'countersign-enforce-'));
let firm: WarrantedFirm;

beforeAll(async () => {
  firm = await warrantedFirm();
}, 120_000);
afterAll(async () => {
  await firm?.close();
  rmSync(scratch, { recursive: true, force: true });
});

interface Ran {
  readonly exitCode: number;
  readonly text: string;
  readonly result: Record<string, unknown>;
}

/** Without data directory, account and token, as in a container. */
async function run(argv: readonly string[], change: Partial<Io> = {}): Promise<Ran> {
  const lines: string[] = [];
  const { env, ...rest } = change;
  const io: Io = {
    out: (line) => lines.push(line),
    err: (line) => lines.push(line),
    isTerminal: false,
    env: { HOME: scratch, ...env },
    cwd: scratch,
    now: () => new Date(),
    ...rest,
  };
  const { exitCode, result } = await runCommand(argv, io);
  return { exitCode, text: lines.join('\n'), result: (result ?? {}) as Record<string, unknown> };
}

const gate = (argv: readonly string[], change?: Partial<Io>) =>
  run(
    ['gate', ...argv, '--stage', 'production', '--root', firm.root, '--server', firm.url],
    change,
  );
const reasonsOf = ({ result }: Ran) => (result.reasons as readonly string[]).join('\n');

let folders = 0;
/** The files of the artefact, changed as told. */
function artefact(change: (directory: string) => void = () => undefined): string {
  folders += 1;
  const directory = join(scratch, `models-${folders}`);
  mkdirSync(join(directory, 'reasons'), { recursive: true });
  for (const [path, text] of Object.entries(BYTES)) writeFileSync(join(directory, path), text);
  change(directory);
  return directory;
}

describe('the gate, without a token', () => {
  test('opens for the version, its artefact, its image and its files, and says under what', async () => {
    const ran = await gate(['consumer-credit@1', '--json']);
    expect(ran.exitCode, ran.text).toBe(0);
    expect(JSON.parse(ran.text)).toMatchObject({
      ok: true,
      warrant: firm.production,
      model: 'consumer-credit',
      version: 1,
      artifactDigest: firm.candidate.artifactDigest,
    });
    for (const argv of [
      ['--artifact', `sha256:${firm.candidate.artifactDigest}`],
      ['--image', `registry.bank.example/credit:1@sha256:${IMAGE}`],
      ['--files', artefact()],
      ['consumer-credit@1', '--use', 'underwriting', '--files', artefact()],
    ]) {
      const one = await gate(argv);
      expect(one.exitCode, one.text).toBe(0);
      expect(one.text).toContain(`open: consumer-credit@1 for underwriting in production`);
    }
  });

  test.each<readonly [string, (directory: string) => void, RegExp]>([
    ['a missing file', (at) => rmSync(join(at, 'model.onnx')), /`model\.onnx` is missing/],
    ['an extra file', (at) => writeFileSync(join(at, 'run.sh'), 'x'), /`run\.sh` is not part/],
    ['a hidden file', (at) => writeFileSync(join(at, '.x'), ''), /`\.x` is not part/],
    [
      'one byte more',
      (at) => writeFileSync(join(at, 'model.onnx'), 'the model '),
      /`model\.onnx` has other bytes/,
    ],
    [
      'a file in another place',
      (at) => cpSync(join(at, 'model.onnx'), join(at, 'reasons/model.onnx')),
      /`reasons\/model\.onnx` is not part/,
    ],
    [
      'a link out',
      (at) => {
        const target = join(scratch, 'outside');
        writeFileSync(target, 'the model');
        rmSync(join(at, 'model.onnx'));
        symlinkSync(target, join(at, 'model.onnx'));
      },
      /`model\.onnx` is a link that leads out of the directory/,
    ],
    [
      'a link to a directory',
      (at) => symlinkSync(join(at, 'reasons'), join(at, 'more')),
      /`more` is a link to something that is no file/,
    ],
    [
      'a link to nothing',
      (at) => symlinkSync(join(at, 'none'), join(at, 'more')),
      /`more` is a link that leads nowhere/,
    ],
    [
      'a pipe',
      (at) => execFileSync('mkfifo', [join(at, 'pipe')]),
      /`pipe` is neither a file nor a directory/,
    ],
    [
      'nothing in it',
      (at) => rmSync(at, { recursive: true }) ?? mkdirSync(at),
      /`model\.onnx` is missing[\s\S]*`reasons\/codes\.json` is missing/,
    ],
  ])('stays closed for a directory with %s', async (_, change, reason) => {
    const ran = await gate(['--files', artefact(change), '--json']);
    expect(ran.exitCode).toBe(1);
    expect(reasonsOf(ran)).toMatch(reason);
  });

  test('follows a link to a file inside, as volumes of a cluster have', async () => {
    const directory = artefact((at) => {
      const text = readFileSync(join(at, 'model.onnx'));
      rmSync(join(at, 'model.onnx'));
      writeFileSync(join(at, 'reasons/codes.json'), BYTES['reasons/codes.json']);
      writeFileSync(join(at, '.data'), text);
      symlinkSync('.data', join(at, 'model.onnx'));
    });
    const ran = await gate(['--files', directory]);
    expect(ran.exitCode).toBe(1);
    expect(ran.text).not.toContain('model.onnx');
    expect(ran.text).toContain('`.data` is not part of the artefact');
  });

  test.each([
    ['another version', ['consumer-credit@2']],
    ['another model', ['fraud@1']],
    ['another use', ['consumer-credit@1', '--use', 'pricing']],
    ['another artefact', ['--artifact', sha256('another')]],
    ['another image', ['--image', `credit@sha256:${sha256('another')}`]],
  ])('stays closed for %s', async (_, argv) => {
    const ran = await gate(argv);
    expect(ran.exitCode).toBe(1);
    expect(ran.text).toContain('closed: ');
    expect(reasonsOf(ran)).not.toBe('');
  });

  test.each([
    ['nothing to judge', []],
    ['an image by tag', ['--image', 'credit:v1']],
    ['an artefact that is no digest', ['--artifact', 'latest']],
    ['a version that is none', ['consumer-credit']],
    ['a feed that is no address', ['consumer-credit@1', '--feed', 'ftp://x']],
  ])('is misuse with %s', async (_, argv) => {
    const ran = await gate(argv);
    expect(ran.exitCode).toBe(2);
  });

  test('stays closed under another root', async () => {
    const argv = ['gate', 'consumer-credit@1', '--stage', 'production', '--server', firm.url];
    const ran = await run([...argv, '--root', sha256('root')]);
    expect(ran.exitCode).toBe(1);
    expect(reasonsOf(ran)).toContain(sha256('root'));
  });

  test('stays closed once the status is older than a minute, on this clock', async () => {
    const ran = await gate(['consumer-credit@1'], { now: () => new Date(Date.now() + 75_000) });
    expect(ran.exitCode).toBe(1);
    expect(reasonsOf(ran)).toMatch(/the last status is \d\d s old/);
  });

  test('stays closed while nothing answers, and for a directory that is not there', async () => {
    const away = ['gate', 'consumer-credit@1', '--stage', 'production', '--root', firm.root];
    const ran = await run([...away, '--server', 'http://127.0.0.1:9']);
    expect(ran.exitCode).toBe(1);
    expect(reasonsOf(ran)).toContain('could not be fetched');
    const missing = await gate(['--files', join(scratch, 'nowhere')]);
    expect(missing.result).toHaveProperty('error.code', 'file_missing');
  });
});

describe('a plain copy of the published directory', () => {
  let files: Server;
  let url: string;
  let copy: string;

  beforeAll(async () => {
    copy = join(scratch, 'copy');
    cpSync(join(firm.server.dataDir, 'published'), copy, { recursive: true });
    files = createServer((call, reply) => {
      try {
        reply.end(readFileSync(join(copy, new URL(call.url ?? '/', 'http://files').pathname)));
      } catch {
        reply.writeHead(404).end();
      }
    });
    await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(files.address() as AddressInfo).port}/`;
  });
  afterAll(() => new Promise((resolve) => files.close(resolve)));

  test('opens the gate, and a copy that lags behind what was seen does not', async () => {
    const state = join(scratch, 'state');
    const argv = ['gate', 'consumer-credit@1', '--stage', 'production', '--root', firm.root];
    const opened = await run([...argv, '--feed', url, '--state', state]);
    expect(opened.exitCode, opened.text).toBe(0);
    const mark = JSON.parse(readFileSync(join(state, 'seen.json'), 'utf8'));
    const later = { ...mark, size: mark.size + 5, time: new Date().toISOString() };
    writeFileSync(join(state, 'seen.json'), JSON.stringify(later));
    const lagging = await run([...argv, '--feed', url, '--state', state]);
    expect(lagging.exitCode).toBe(1);
    expect(reasonsOf(lagging)).toContain('older than one seen before');
  });

  test('with one changed byte in a bundle opens nothing', async () => {
    const path = join(copy, 'bundles', firm.production);
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text.replace(/"leaf":"./, (found) => `${found.slice(0, -1)}A`),
    );
    const argv = ['gate', 'consumer-credit@1', '--stage', 'production', '--root', firm.root];
    const ran = await run([...argv, '--feed', url]);
    writeFileSync(path, text);
    expect(ran.exitCode).toBe(1);
  });
});

describe('the feed of the server', () => {
  test('gives out to everybody what a check needs, and nothing else that is published', async () => {
    const get = async (path: string) => (await fetch(`${firm.url}/v1/feed/${path}`)).status;
    expect(await get('status')).toBe(200);
    expect(await get('trust')).toBe(200);
    expect(await get(`bundles/${firm.production}`)).toBe(200);
    const { size } = (await firm.server.context.records.checkpointed())!.checkpoint;
    expect(await get(`tile/0/000.p/${size}`)).toBe(200);
    const withheld = [
      `blobs/${sha256('the model')}`,
      'records/0-1',
      'checkpoint',
      'tile/entries/000.p/1',
    ];
    for (const path of [...withheld, '../config.json', 'tile/0/..', '%2e%2e/config.json', ''])
      expect([404, 400], path).toContain(await get(path));
  });
});

describe('admission', () => {
  test('answers the API server over HTTPS with no token, from the command line', async () => {
    const tls = { crt: join(scratch, 'tls.crt'), key: join(scratch, 'tls.key') };
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const keys = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const out = ['-days', '1', '-keyout', tls.key, '-out', tls.crt];
    execFileSync('openssl', ['req', '-x509', ...keys, ...subject, ...out], { stdio: 'ignore' });
    writeFileSync(
      join(scratch, 'images.txt'),
      `# sidecars\nproxy@sha256:${sha256('proxy')}  # 1.31\n`,
    );
    const stop = new AbortController();
    const started = Promise.withResolvers<string>();
    const argv = [
      ...[
        'admission',
        '--root',
        firm.root,
        '--server',
        firm.url,
        '--json',
        '--allow-images',
        'images.txt',
      ],
      ...['--tls-cert', tls.crt, '--tls-key', tls.key, '--host', '127.0.0.1', '--port', '0'],
    ];
    const running = run(argv, { signal: stop.signal, out: (line) => started.resolve(line) });
    const { url } = JSON.parse(
      await Promise.race([started.promise, running.then((one) => one.text)]),
    );
    const ask = (image: string) => review(`${url}/admit`, tls.crt, image);
    expect(await ask(`credit@sha256:${IMAGE}`)).toMatchObject({ allowed: true });
    expect(await ask(`proxy@sha256:${sha256('proxy')}`)).toMatchObject({ allowed: true });
    expect(await ask(`credit@sha256:${sha256('x')}`)).toMatchObject({ allowed: false });
    expect(await ask('credit:latest')).toMatchObject({ allowed: false });
    stop.abort();
    expect((await running).exitCode).toBe(0);
  });

  test.each([
    ['a list with a tag', 'proxy:1.31\n', 'images.txt:1: '],
    ['a certificate that is not there', undefined, 'file_missing'],
  ])('does not start with %s', async (_, images, says) => {
    writeFileSync(join(scratch, 'images.txt'), images ?? '');
    writeFileSync(join(scratch, 'any.pem'), '');
    const certificate = images === undefined ? 'none.pem' : 'any.pem';
    const files = [
      '--tls-cert',
      certificate,
      '--tls-key',
      'any.pem',
      '--allow-images',
      'images.txt',
    ];
    const ran = await run(['admission', '--root', firm.root, '--server', firm.url, ...files]);
    expect(ran.exitCode).toBe(1);
    expect(ran.text).toContain(says);
  });
});

function review(url: string, certificate: string, image: string): Promise<unknown> {
  const object = { apiVersion: 'v1', kind: 'Pod', spec: { containers: [{ name: 'c', image }] } };
  const body = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: 'u-1', operation: 'CREATE', object },
  };
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const ca = readFileSync(certificate);
    const call = request(url, { method: 'POST', ca, headers }, (reply) => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk: Buffer) => chunks.push(chunk));
      reply.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString()).response));
    });
    call.on('error', reject);
    call.end(JSON.stringify(body));
  });
}

describe('the verification summary', () => {
  const vsa = (warrant: string, token = firm.server.person('olaf').token) =>
    run(['vsa', warrant, '--out', 'vsa.json', '--server', firm.url], {
      env: { HOME: scratch, COUNTERSIGN_TOKEN: token, COUNTERSIGN_ROOT: firm.root },
    });

  test('is written for the production warrant, in DSSE signed by the platform', async () => {
    const ran = await vsa(firm.production.slice(0, 12));
    expect(ran.exitCode, ran.text).toBe(0);
    const json = JSON.parse(readFileSync(join(scratch, 'vsa.json'), 'utf8')) as Json;
    const statement = JSON.parse(fromUtf8(envelopePayload(parseEnvelope(json))));
    expect(statement).toMatchObject({
      predicateType: 'https://slsa.dev/verification_summary/v1',
      predicate: {
        verificationResult: 'PASSED',
        verifiedLevels: ['COUNTERSIGN_PRODUCTION_WARRANT'],
      },
    });
    const [input] = statement.predicate.inputAttestations;
    expect(input.digest.sha256).toBe(firm.production);
  });

  test('is refused for a staging warrant with the reason, and for nobody', async () => {
    const staging = await vsa(firm.staging);
    expect(staging.result).toHaveProperty('error.code', 'summary_refused');
    expect(staging.text).toContain('the warrant is for staging, not production');
    const nobody = await vsa(firm.production, 'nonsense');
    expect(nobody.result).toHaveProperty('error.code', 'not_signed_in');
  });
});

describe('after the revocation', () => {
  test('gate and summary are closed, and a reader with a token is told by what', async () => {
    await firm.revoke(firm.production, 'drift beyond its limit');
    const blind = await gate(['--files', artefact()]);
    expect(blind.exitCode).toBe(1);
    expect(reasonsOf(blind)).toMatch(/lists no live production warrant/);
    const env = { COUNTERSIGN_TOKEN: firm.server.person('olaf').token };
    const told = await gate(['consumer-credit@1', '--json'], { env });
    expect(told.exitCode).toBe(1);
    expect(reasonsOf(told)).toContain('drift beyond its limit');
    const vsa = await run(['vsa', firm.production, '--out', 'no.json', '--server', firm.url], {
      env: { ...env, COUNTERSIGN_ROOT: firm.root },
    });
    expect(vsa.result).toHaveProperty('error.code', 'summary_refused');
  });
});
