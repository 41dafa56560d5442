// SPDX-License-Identifier: Apache-2.0
// A real server over HTTP with one version in production, and the commands as a pipeline starts them: as processes.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SPEC } from '../../gateway/tests/fixture-server.ts';
import {
  approve,
  type BuildOptions,
  build,
  type Candidate,
  intake,
  type Recorder,
  report,
  submit,
  validate,
} from '../../kernel/tests/credit-model.ts';
import type { Draft } from '../../kernel/tests/firm.ts';
import type { JobRunners } from '../../server/src/jobs/job.ts';
import { recordByPlatform } from '../../server/src/records/index.ts';
import {
  PASSPHRASE,
  type PEOPLE,
  printedName,
  type TestDraft,
  type TestServer,
  type TestServerOptions,
  testServer,
} from '../../server/tests/server-fixture.ts';
import { runCommand } from '../src/index.ts';

const STAFF: typeof PEOPLE = [
  { account: 'ada', roles: ['administrator'] },
  { account: 'ben', roles: ['administrator'] },
  { account: 'dana', roles: ['developer'], team: 'modelling' },
  { account: 'mia', roles: ['model-risk'] },
  { account: 'vera', roles: ['validator'] },
  { account: 'lena', roles: ['legal'] },
  { account: 'eve', roles: ['executive'] },
  { account: 'omar', roles: ['model-owner'] },
  { account: 'olaf', roles: ['operator'] },
];

export const BYTES = {
  'model.onnx': 'the model',
  'reasons/codes.json': 'the reasons',
  'image.json': 'an image manifest',
} as const;
export const IMAGE = sha256('an image manifest');
const FILES = Object.entries(BYTES).map(([path, text]) => ({
  path,
  digest: sha256(text),
  size: text.length,
}));

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export interface WarrantedFirm {
  readonly server: TestServer;
  readonly url: string;
  readonly root: string;
  readonly candidate: Candidate;
  readonly staging: string;
  readonly production: string;
  revoke(warrant: string, reason: string): Promise<void>;
  close(): Promise<void>;
}

export interface FirmOptions {
  readonly demonstration?: boolean;
  readonly runners?: JobRunners;
  /** Another artefact than the one whose files are texts, with its bytes. */
  readonly build?: BuildOptions;
  readonly bytes?: Iterable<Uint8Array>;
}

export interface ListeningFirm {
  readonly server: TestServer;
  readonly url: string;
  readonly root: string;
  readonly recorder: Recorder;
}

/** Those without whom no version can be registered. */
export const BUILDERS: typeof PEOPLE = [
  { account: 'ada', roles: ['administrator'] },
  { account: 'ben', roles: ['administrator'] },
  { account: 'dana', roles: ['developer'], team: 'modelling' },
  { account: 'mia', roles: ['model-risk'] },
  { account: 'omar', roles: ['model-owner'] },
];

/** A founded firm that answers over HTTP and into which records are put over its API. */
export async function listeningFirm(options: TestServerOptions): Promise<ListeningFirm> {
  const server = await testServer(options);
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`;
  const recorder: Recorder = { add: (...at) => recordIn(server, ...at), now: server.context.now };
  return { server, url, root: server.context.root, recorder };
}

/** A firm whose version 1 has a full production warrant; every gate was passed over the API. */
export async function warrantedFirm(options: FirmOptions = {}): Promise<WarrantedFirm> {
  const { demonstration = false, runners } = options;
  const { server, url, root, recorder } = await listeningFirm({
    people: STAFF,
    demonstration,
    ...(runners === undefined ? {} : { runners }),
  });
  const bytes = options.bytes ?? Object.values(BYTES).map((text) => Buffer.from(text));
  for (const one of bytes) await server.context.blobs.put(one);
  const signed = await intake(recorder);
  const candidate = await build(recorder, signed, {
    files: FILES,
    spec: SPEC,
    ...options.build,
  });
  const first = await submit(recorder, candidate, 'staging');
  await validate(recorder, candidate);
  await approve(recorder, candidate, first, {
    by: 'vera',
    gate: 'gate/validation',
    role: 'validator',
  });
  const staging = await promoted(server, first);
  await recorder.add(
    {
      type: 'implementation-test',
      subjectRef: candidate.ref,
      content: report([{ metric: 'flipped-decisions', value: '0', verdict: 'pass' }]),
    },
    'platform',
  );
  const second = await submit(recorder, candidate, 'production');
  for (const [by, role] of [
    ['lena', 'legal'],
    ['eve', 'executive'],
  ] as const)
    await approve(recorder, candidate, second, { by, role, gate: 'gate/approval' });
  const production = await promoted(server, second);
  const revoke = async (warrant: string, reason: string) => {
    await recorder.add(
      {
        type: 'deployment-record',
        kind: 'revoke',
        scope: 'version',
        subjectRef: candidate.ref,
        source: [warrant],
        content: { warrant, environment: 'production', reason },
      },
      'mia',
    );
    await published(server, ({ live }) => !live.includes(warrant));
  };
  await published(server, ({ live }) => live.includes(production));
  return { server, url, root, candidate, staging, production, revoke, close: () => server.close() };
}

async function promoted(server: TestServer, change: string): Promise<string> {
  const url = `/v1/change-requests/${change}/promote`;
  const reply = await server.as('omar', { method: 'POST', url, payload: {} });
  if (reply.statusCode !== 200) throw new Error(reply.body, { cause: server.failures.at(-1) });
  return String(reply.json().digest);
}

const WAIT_MS = 10_000;

/** Waits for the published status to say something, as every reader of the feed does. */
async function published(
  server: TestServer,
  says: (status: { readonly live: readonly string[] }) => boolean,
): Promise<void> {
  for (const started = performance.now(); performance.now() - started < WAIT_MS; await sleep(50)) {
    const reply = await server.app.inject({ method: 'GET', url: '/v1/feed/status' });
    if (reply.statusCode !== 200) continue;
    if (says(JSON.parse(Buffer.from(reply.json().payload, 'base64').toString()))) return;
  }
  throw new Error('the published status does not say it');
}

/** One record, signed by persons over the API or made by the platform; its digest once it counts. */
export async function recordIn(
  server: TestServer,
  draft: Draft,
  ...names: readonly string[]
): Promise<string> {
  const {
    subject,
    subjectRef = { workspace: 'main' },
    scope = 'version',
    source = [],
    ...rest
  } = draft;
  const common = { ...rest, subjectRef, scope, source };
  const actor = names[0] ?? '';
  if (actor === 'platform') {
    const made = { producer: 'platform' as const, ...common };
    const record = await server.context.database.db
      .transaction()
      .execute((tx) => recordByPlatform(server.context, tx, made));
    await server.context.records.including([record.digest]);
    return record.digest;
  }
  const digest = subject?.[0]?.digest.sha256;
  const printed = draft.type === 'approval-record' ? { printedName: printedName(actor) } : {};
  const made: TestDraft = {
    ...common,
    actor,
    content: { ...draft.content, ...printed },
    ...(digest === undefined ? {} : { subjectDigest: digest }),
  };
  const payload = { envelopes: [await server.sign(made, names)] };
  const reply = await server.as(actor, { method: 'POST', url: '/v1/records', payload });
  const recorded = reply.json().records?.[0];
  if (recorded?.state !== 'recorded') throw new Error(`${draft.type}: ${reply.body}`);
  await server.context.records.including([recorded.digest]);
  return String(recorded.digest);
}

export const BIN = join(import.meta.dirname, '../bin');
const PROCESS_MS = 120_000;

export interface Ended {
  readonly exitCode: number | null;
  readonly text: string;
}

/** A process to its end, with an environment of its own: what a pipeline sets and nothing of ours. */
export function runProcess(
  command: string,
  argv: readonly string[],
  at: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...argv], {
      cwd: at.cwd,
      env: { PATH: process.env.PATH ?? '', HOME: at.cwd, ...at.env },
      timeout: PROCESS_MS,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, text: Buffer.concat(chunks).toString() }));
  });
}

export interface Ran {
  readonly exitCode: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: each command prints JSON of its own shape
  readonly result: any;
}

/** A command in this process, by a person of the firm whose key opens. */
export async function runAs(
  firm: Pick<WarrantedFirm, 'server' | 'url' | 'root'>,
  account: string,
  argv: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const lines: string[] = [];
  const { exitCode, result } = await runCommand(argv, {
    out: (line) => lines.push(line),
    err: (line) => lines.push(line),
    isTerminal: false,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      COUNTERSIGN_DATA: firm.server.dataDir,
      COUNTERSIGN_SERVER: firm.url,
      COUNTERSIGN_ROOT: firm.root,
      COUNTERSIGN_AS: account,
      COUNTERSIGN_PASSPHRASE: PASSPHRASE,
      ...variables,
    },
    cwd: firm.server.dataDir,
    now: () => new Date(),
  });
  return { exitCode, text: lines.join('\n'), result };
}
