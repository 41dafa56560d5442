// SPDX-License-Identifier: Apache-2.0
// The endpoint over real HTTPS, against the records of a test firm.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admission, type AdmissionOptions, startAdmission } from '@countersign/gateway';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hex, MODEL } from '../../kernel/tests/credit-model.ts';
import { httpFeed } from '../src/deployment/http-feed.ts';
import {
  type FixtureServer,
  fixtureServer,
  MODEL_BYTES,
  REASONS_BYTES,
  SPEC,
} from './fixture-server.ts';

const IMAGE = `registry.bank.example/credit@sha256:${hex('image')}`;
const SIDECAR = `docker.io/envoyproxy/envoy:v1.31@sha256:${hex('sidecar')}`;
const OTHER = `registry.bank.example/other@sha256:${hex('other')}`;
const TLS = mkdtempSync(join(tmpdir(), 'admission-tls-'));
const tls = { certFile: join(TLS, 'tls.crt'), keyFile: join(TLS, 'tls.key') };
const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const POLL = { timeout: 10_000, interval: 100 };
const FILES = [
  { path: 'model.onnx', digest: digestOf(MODEL_BYTES), size: MODEL_BYTES.length },
  { path: 'reasons.json', digest: digestOf(REASONS_BYTES), size: REASONS_BYTES.length },
  { path: 'image.json', digest: hex('image'), size: 5 },
];

let server: FixtureServer;
let artifact: string;
const open: Admission[] = [];
const servers: FixtureServer[] = [];

beforeAll(async () => {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', tls.keyFile, '-out', tls.certFile];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...key, '-days', '1', ...subject, ...files], {
    stdio: 'ignore',
  });
  server = await fixtureServer({ build: { files: FILES, spec: SPEC } });
  const set = server.firm.set();
  artifact = String(
    set.byDigest.get(server.production)?.statement.predicate.content.artifactDigest,
  );
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  for (const one of servers.splice(0)) await one.close();
  for (const key of Object.keys(server.lies)) delete server.lies[key as keyof typeof server.lies];
});
afterAll(async () => {
  await common?.close();
  await server.close();
});

async function start(
  change: Partial<AdmissionOptions> = {},
  from: FixtureServer = server,
): Promise<Admission> {
  const admission = await startAdmission({
    feed: httpFeed({ serverUrl: from.url }),
    root: from.firm.root,
    environment: 'production',
    production: false,
    models: [],
    stateDir: mkdtempSync(join(tmpdir(), 'admission-')),
    tls,
    allowedImages: [hex('sidecar')],
    host: '127.0.0.1',
    port: 0,
    pollMs: 50,
    ...change,
  });
  open.push(admission);
  return admission;
}

let common: Admission | undefined;
/** One for all that changes nothing at the server. */
async function shared(): Promise<Admission> {
  if (common === undefined) {
    common = await start();
    open.splice(open.indexOf(common), 1);
  }
  return common;
}

interface Answer {
  readonly status: number;
  readonly body: {
    readonly error?: { readonly message: string };
    readonly kind?: string;
    readonly apiVersion?: string;
    readonly response?: {
      readonly uid: string;
      readonly allowed: boolean;
      readonly status?: { readonly code: number; readonly message: string };
      readonly warnings?: readonly string[];
      readonly auditAnnotations: Readonly<Record<string, string>>;
    };
  };
}

function send(
  admission: Admission,
  body: string | undefined,
  at: { readonly path?: string; readonly type?: string } = {},
): Promise<Answer> {
  const { path = '/admit', type = 'application/json' } = at;
  return new Promise((resolve, reject) => {
    const call = request(
      `${admission.url}${path}`,
      {
        method: body === undefined ? 'GET' : 'POST',
        ca: readFileSync(tls.certFile),
        headers: body === undefined ? {} : { 'content-type': type },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Answer['body'] });
        });
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

const review = (object: unknown, operation = 'CREATE', oldObject: unknown = null) => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
    kind: { group: '', version: 'v1', kind: 'Pod' },
    operation,
    object,
    oldObject,
    dryRun: false,
  },
});

async function ask(admission: Admission, object: unknown, operation?: string, oldObject?: unknown) {
  const body = JSON.stringify(review(object, operation, oldObject));
  const { status, body: answer } = await send(admission, body);
  expect(status, JSON.stringify(answer)).toBe(200);
  expect(answer).toMatchObject({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' });
  expect(answer.response?.uid).toBe('705ab4f5-6393-11e8-b7cc-42010a800002');
  return answer.response!;
}

const containers = (...images: readonly (string | undefined)[]) =>
  images.map((image, n) => ({ name: `c${n}`, ...(image === undefined ? {} : { image }) }));
const template = (images: readonly string[], annotations: object = {}) => ({
  metadata: { annotations },
  spec: { containers: containers(...images) },
});
const pod = (spec: object, annotations: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'credit', annotations },
  spec,
});
const named = (digest = artifact) => ({ 'countersign.dev/artifact': `sha256:${digest}` });

describe('a workload is admitted', () => {
  test('when its image is a file of the artefact that a live warrant names', async () => {
    const answer = await ask(await shared(), pod({ containers: containers(IMAGE, SIDECAR) }));
    expect(answer.allowed).toBe(true);
    expect(answer.status).toBeUndefined();
    expect(answer.auditAnnotations).toEqual({
      verdict: 'allowed',
      versions: `${MODEL}@1 for underwriting`,
      warrants: server.production,
    });
  });

  test('when it names a live artefact beside a runtime on the list', async () => {
    const answer = await ask(await shared(), pod({ containers: containers(SIDECAR) }, named()));
    expect(answer.allowed).toBe(true);
    expect(answer.auditAnnotations.warrants).toBe(server.production);
  });

  test('with any pinned image beside a live artefact, only where that is asked for', async () => {
    const object = pod({ containers: containers(OTHER) }, named());
    expect((await ask(await shared(), object)).status?.message).toContain('no live warrant covers');
    const trusting = await start({ annotatedImages: true });
    expect((await ask(trusting, object)).allowed).toBe(true);
    const tag = pod({ containers: containers('credit:v1') }, named());
    expect((await ask(trusting, tag)).status?.message).toContain('is not pinned by digest');
    const dead = pod({ containers: containers(OTHER) }, named(hex('no')));
    expect((await ask(trusting, dead)).allowed).toBe(false);
  });

  test.each([
    ['apps/v1', 'Deployment', (one: object) => ({ replicas: 2, template: one })],
    ['apps/v1', 'ReplicaSet', (one: object) => ({ template: one })],
    ['apps/v1', 'StatefulSet', (one: object) => ({ template: one })],
    ['apps/v1', 'DaemonSet', (one: object) => ({ template: one })],
    ['batch/v1', 'Job', (one: object) => ({ template: one })],
    ['batch/v1', 'CronJob', (one: object) => ({ jobTemplate: { spec: { template: one } } })],
    ['v1', 'ReplicationController', (one: object) => ({ template: one })],
  ])('and refused by the pod of its own: %s %s', async (apiVersion, kind, spec) => {
    const admission = await shared();
    const object = (images: readonly string[]) => ({
      apiVersion,
      kind,
      metadata: { name: 'credit' },
      spec: spec(template(images)),
    });
    expect((await ask(admission, object([IMAGE]))).allowed).toBe(true);
    const refused = await ask(admission, object([OTHER]));
    expect(refused.allowed).toBe(false);
    expect(refused.status?.message).toContain(`no live warrant covers image \`${OTHER}\``);
  });

  test('with a warning in the last seven days of its warrant', async () => {
    const late = () => Date.now() + 26 * 86_400_000;
    const admission = await start({ nowMs: late, freshnessMs: 27 * 86_400_000 });
    const answer = await ask(admission, pod({ containers: containers(IMAGE) }));
    expect(answer.allowed).toBe(true);
    expect(answer.warnings).toEqual([expect.stringContaining(`the warrant of ${MODEL}@1 ends at`)]);
  });

  test('when an update of a pod changes nothing that it runs, so that a revoked one can go', async () => {
    const admission = await shared();
    const before = pod({ containers: containers(OTHER) });
    const after = { ...before, metadata: { ...before.metadata, finalizers: [] } };
    expect((await ask(admission, after, 'UPDATE', before)).allowed).toBe(true);
    const ephemeralContainers = containers('sh:1');
    const more = pod({ containers: containers(OTHER), ephemeralContainers });
    expect((await ask(admission, more, 'UPDATE', before)).allowed).toBe(false);
    const template1 = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: { template: template([OTHER]) },
    };
    expect((await ask(admission, template1, 'UPDATE', template1)).allowed).toBe(false);
  });

  test('when it is being deleted, whatever it runs', async () => {
    expect((await ask(await shared(), null, 'DELETE')).allowed).toBe(true);
  });
});

describe('a workload is denied', () => {
  const init = { containers: containers(IMAGE), initContainers: containers(OTHER) };
  const ephemeral = { containers: containers(IMAGE), ephemeralContainers: containers(OTHER) };
  const volume = {
    containers: containers(IMAGE),
    volumes: [{ name: 'm', image: { reference: OTHER } }],
  };
  test.each<readonly [string, object, RegExp]>([
    ['with a tag', { containers: containers('credit:v1') }, /`credit:v1` is not pinned by digest/],
    ['with no image', { containers: containers(undefined) }, /no image is named/],
    ['with a digest nobody warranted', { containers: containers(OTHER) }, /no live warrant covers/],
    [
      'with a digest in capitals',
      { containers: containers(IMAGE.replace(/[0-9a-f]+$/, (d) => d.toUpperCase())) },
      /not pinned/,
    ],
    ['with another init container', init, /spec\.initContainers\[0\]: no live warrant covers/],
    ['with another ephemeral container', ephemeral, /spec\.ephemeralContainers\[0\]: no live/],
    ['with another image as a volume', volume, /spec\.volumes\[0\]\.image: no live warrant/],
    ['with no containers', { containers: [] }, /`spec\.containers` is empty/],
    ['with containers that are no list', { containers: { image: IMAGE } }, /is not a list/],
  ])('%s', async (_, spec, reason) => {
    const answer = await ask(await shared(), pod(spec));
    expect(answer.allowed).toBe(false);
    expect(answer.status?.message).toMatch(reason);
    expect(answer.auditAnnotations.verdict).toBe('denied');
  });

  test('for every reason at once', async () => {
    const spec = { containers: containers('credit:v1', OTHER), initContainers: containers('x') };
    const { status } = await ask(await shared(), pod(spec));
    expect(status?.code).toBe(403);
    for (const part of ['`credit:v1` is not pinned', 'no live warrant covers', '`x` is not pinned'])
      expect(status?.message).toContain(part);
  });

  test('when it names an artefact that nobody warranted, though its image is', async () => {
    const answer = await ask(
      await shared(),
      pod({ containers: containers(IMAGE) }, named(hex('no'))),
    );
    expect(answer.status?.message).toContain(`no live warrant covers artefact ${hex('no')}`);
    const bad = { 'countersign.dev/artifact': 'latest' };
    const worse = await ask(await shared(), pod({ containers: containers(IMAGE) }, bad));
    expect(worse.status?.message).toContain('is no SHA-256 digest');
  });

  test('when it names a live artefact beside an image by tag', async () => {
    const answer = await ask(await shared(), pod({ containers: containers('credit:v1') }, named()));
    expect(answer.status?.message).toContain('is not pinned by digest');
  });

  test.each([
    ['of a kind that is not judged', { apiVersion: 'v1', kind: 'ConfigMap', data: {} }, 'CREATE'],
    [
      'of a group of its own',
      { ...pod({ containers: [] }), apiVersion: 'evil.example/v1' },
      'CREATE',
    ],
    ['that is nothing', null, 'CREATE'],
    ['that is connected to', pod({ containers: containers(IMAGE) }), 'CONNECT'],
  ])('%s', async (_, object, operation) => {
    const answer = await ask(await shared(), object, operation);
    expect(answer).toMatchObject({ allowed: false, status: { code: 422 } });
  });

  test('when the warrant is of a model that is not asked for, or for the other stage', async () => {
    for (const change of [{ models: ['fraud'] }, { environment: 'staging' as const }]) {
      const answer = await ask(await start(change), pod({ containers: containers(OTHER) }));
      expect(answer.allowed).toBe(false);
    }
    const fraud = await ask(
      await start({ models: ['fraud'] }),
      pod({ containers: containers(IMAGE) }),
    );
    expect(fraud.allowed).toBe(false);
  });

  test('of a demonstration firm, unless that is what is asked for', async () => {
    const answer = await ask(
      await start({ production: true }),
      pod({ containers: containers(IMAGE) }),
    );
    expect(answer.allowed).toBe(false);
    expect(answer.status?.message).toContain('founded in demonstration mode');
  });

  test('under another root, with the reason', async () => {
    const answer = await ask(
      await start({ root: hex('root') }),
      pod({ containers: containers(IMAGE) }),
    );
    expect(answer).toMatchObject({ allowed: false, status: { code: 503 } });
    expect(answer.status?.message).toContain(hex('root'));
  });
});

describe('a KServe inference service', () => {
  const service = (predictor: object, annotations: object = {}) => ({
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    metadata: { name: 'credit', annotations },
    spec: { predictor },
  });
  const model = { modelFormat: { name: 'onnx' }, storageUri: 's3://models/credit/1' };

  test('is admitted when it names the artefact that it fetches, or fetches it by digest', async () => {
    const admission = await shared();
    expect((await ask(admission, service({ model }, named()))).allowed).toBe(true);
    const own = { model, annotations: named() };
    expect((await ask(admission, service(own))).allowed).toBe(true);
    const pinned = { model: { ...model, storageUri: `oci://${IMAGE}` } };
    expect((await ask(admission, service(pinned))).allowed).toBe(true);
  });

  test.each<readonly [string, object, RegExp]>([
    ['fetches a model by its address', { model }, /fetched by its address/],
    [
      'hides it under a framework',
      { sklearn: { storageUri: 's3://m' } },
      /predictor\.sklearn\.storageUri: model/,
    ],
    [
      'hides it in a worker',
      { workerSpec: { containers: [{ image: 'a:b' }] } },
      /`a:b` is not pinned/,
    ],
    [
      'lists several',
      { model: { storageUris: [{ uri: 'hf://x' }] } },
      /storageUris\[0\]: model `hf:\/\/x`/,
    ],
    [
      'uses a storage secret',
      { model: { storage: { key: 'k' } } },
      /predictor\.model\.storage: model/,
    ],
    ['brings an image by tag', { containers: containers('kserve:1') }, /`kserve:1` is not pinned/],
  ])('is denied when it %s', async (_, predictor, reason) => {
    const answer = await ask(await shared(), service(predictor));
    expect(answer.allowed).toBe(false);
    expect(answer.status?.message).toMatch(reason);
  });

  test('without any component is denied', async () => {
    const object = { apiVersion: 'serving.kserve.io/v1beta1', kind: 'InferenceService', spec: {} };
    expect(await ask(await shared(), object)).toMatchObject({ allowed: false });
  });
});

describe('the status', () => {
  const image = () => pod({ containers: containers(IMAGE) });

  test('that no longer lists the warrant denies within a poll', async () => {
    const admission = await start();
    expect((await ask(admission, image())).allowed).toBe(true);
    server.lies.status = (status) => ({ ...status, live: [] });
    await expect.poll(async () => (await ask(admission, image())).allowed, POLL).toBe(false);
  });

  test('that grows stale while the server is away denies, and comes back with it', async () => {
    const admission = await start({ freshnessMs: 2000 });
    expect((await ask(admission, image())).allowed).toBe(true);
    expect((await send(admission, undefined, { path: '/healthz' })).status).toBe(200);
    server.lies.down = true;
    await expect.poll(async () => (await ask(admission, image())).status?.code, POLL).toBe(503);
    const stale = await ask(admission, image());
    expect(stale.status?.message).toMatch(/the last status is \d+ s old, 2 s is the limit/);
    expect((await send(admission, undefined, { path: '/healthz' })).status).toBe(503);
    delete server.lies.down;
    await expect.poll(async () => (await ask(admission, image())).allowed, POLL).toBe(true);
  });

  test('of a log that was rolled back or forked denies at once, with what was found', async () => {
    const admission = await start();
    expect((await ask(admission, image())).allowed).toBe(true);
    for (const [change, says] of [
      [{ size: 3 }, /was rolled back or restored from a backup/],
      [{ root: hex('fork') }, /it was forked/],
    ] as const) {
      server.lies.status = (status) => ({ ...status, ...change });
      const told = async () => (await ask(admission, image())).status?.message ?? '';
      await expect.poll(told, POLL).toMatch(says);
      delete server.lies.status;
      await expect.poll(async () => (await ask(admission, image())).allowed, POLL).toBe(true);
    }
  });

  test('of a server that is away at the start denies until it comes', async () => {
    server.lies.down = true;
    const admission = await start();
    expect(await ask(admission, image())).toMatchObject({ allowed: false, status: { code: 503 } });
    delete server.lies.down;
    await expect.poll(async () => (await ask(admission, image())).allowed, POLL).toBe(true);
  });

  test('of a revoked warrant that a lying server still lists is refused by the records', async () => {
    const other = await fixtureServer({ build: { files: FILES, spec: SPEC } });
    servers.push(other);
    const warrant = other.firm.set().byDigest.get(other.production)?.statement.predicate;
    await other.firm.add(
      {
        type: 'deployment-record',
        kind: 'revoke',
        subjectRef: warrant!.subjectRef,
        content: { warrant: other.production, environment: 'production', reason: 'drift found' },
      },
      'mia',
    );
    other.lies.status = (status) => ({ ...status, live: [other.production] });
    const answer = await ask(await start({}, other), image());
    expect(answer.allowed).toBe(false);
    expect(answer.status?.message).toContain('drift found');
  });
});

describe('a request that is no review', () => {
  const whole = () => JSON.stringify(review(pod({ containers: containers(IMAGE) })));
  test.each<readonly [string, () => string, number]>([
    ['is cut off', () => whole().slice(0, -20), 400],
    [
      'names a member twice',
      () =>
        whole().replace(
          '"kind":"AdmissionReview"',
          '"kind":"AdmissionReview","kind":"AdmissionReview"',
        ),
      400,
    ],
    [
      'is of v1beta1',
      () => whole().replace('admission.k8s.io/v1', 'admission.k8s.io/v1beta1'),
      400,
    ],
    ['has no uid', () => whole().replace('"uid"', '"id"'), 400],
    ['is a list', () => '[]', 400],
    ['is empty', () => '', 400],
    ['is nested too deep', () => '['.repeat(5000), 400],
    [
      'is larger than 8 MiB',
      () => JSON.stringify({ ...review({}), pad: 'x'.repeat(9 << 20) }),
      413,
    ],
  ])('and %s is answered in the fours', async (_, body, status) => {
    const answer = await send(await shared(), body());
    expect(answer.status).toBe(status);
    expect(answer.body.response).toBeUndefined();
    expect(answer.body.error?.message).not.toBe('');
  });

  test('of another media type, path or method is refused', async () => {
    const admission = await shared();
    expect((await send(admission, whole(), { type: 'text/plain' })).status).toBe(415);
    expect((await send(admission, whole(), { path: '/' })).status).toBe(404);
    expect((await send(admission, undefined)).status).toBe(404);
  });

  test('and one that is well are judged side by side', async () => {
    const admission = await shared();
    const bodies = Array.from({ length: 100 }, (_, n) =>
      n % 2 === 0 ? whole() : whole().slice(1),
    );
    const answers = await Promise.all(bodies.map((body) => send(admission, body)));
    for (const [n, answer] of answers.entries())
      expect(answer.status === 200 && answer.body.response?.allowed === true).toBe(n % 2 === 0);
  });
});
