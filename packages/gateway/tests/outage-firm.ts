// SPDX-License-Identifier: Apache-2.0
// A firm with a live warrant on a real server and a real PostgreSQL, each of which can be taken away.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addSignature,
  canonicalBytes,
  type Envelope,
  PAYLOAD_TYPE_STATEMENT,
  type Predicate,
  type Signer,
  sha256Hex,
  statementBytes,
  subjectOf,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import type { ServerContext } from '../../server/src/context.ts';
import { foundFirm } from '../../server/src/found-firm.ts';
import { openSigner, readKeyFile } from '../../server/src/identity/key-file.ts';
import { openData } from '../../server/src/open-data.ts';
import { type PlatformDraft, recordByPlatform } from '../../server/src/records/index.ts';
import { startServer } from '../../server/src/start.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../server/src/store/embedded/embedded-postgres.ts';
import { ensureDatabase } from '../../server/src/store/prepare-database.ts';
import { testBinDir } from '../../server/tests/database.ts';
import { PASSPHRASE, PASSWORD, PEOPLE, printedName } from '../../server/tests/server-fixture.ts';
import { ARTIFACT_FILES, MODEL_BYTES, REASONS_BYTES, SPEC } from './fixture-server.ts';

export const MODEL = 'consumer-credit';
const MANIFEST = { v: 1, scorer: 'onnx', entry: 'model.onnx', files: ARTIFACT_FILES };
const ARTIFACT = sha256Hex(nodePrimitives, canonicalBytes(MANIFEST));
export const useRef = { workspace: 'main', model: MODEL, use: 'underwriting' };
const versionRef = { ...useRef, version: 1, artifactDigest: ARTIFACT };

export interface OutageFirm {
  readonly root: string;
  readonly dataDir: string;
  readonly warrant: string;
  /** Of an operator. */
  readonly token: string;
  /** With the rights of the application. */
  readonly databaseUrl: string;
  readonly gateway: Signer;
  readonly serverUrl: string;
  startServer(): Promise<void>;
  /** As the power does it. */
  killServer(): Promise<void>;
  startDatabase(): Promise<void>;
  stopDatabase(): Promise<void>;
  /** Signs and records; its digest. */
  record(draft: RecordDraft, ...signers: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

export type RecordDraft = Pick<Predicate, 'type'> &
  Partial<Omit<Predicate, 'content'>> & {
    readonly content: object;
    readonly subjectDigest?: string;
  };

export async function outageFirm(): Promise<OutageFirm> {
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-outage-'));
  const binDir = testBinDir();
  const place = {
    directory: join(dataDir, 'own-postgres'),
    // The same address after a stop.
    settings: [`port=${await freePort()}`],
    ...(binDir === undefined ? {} : { binDir }),
  };
  let postgres: EmbeddedPostgres | undefined = await startEmbeddedPostgres(place);
  const ownerUrl = await ensureDatabase(postgres.url, 'countersign');
  const people = PEOPLE.map((person) => ({
    ...person,
    printedName: printedName(person.account),
    passphrase: PASSPHRASE,
    password: PASSWORD,
  }));
  const plan = { firm: 'Outage Bank', demonstration: true, people };
  const { root } = await foundFirm({ dataDir, databaseUrl: ownerUrl, ...plan });
  const data = await openData({ dataDir, databaseUrl: ownerUrl });
  const databaseUrl = data.database.url;
  await data.close();

  let child: ChildProcess | undefined;
  let serverUrl = '';
  const firm = {
    root,
    dataDir,
    databaseUrl,
    token: await tokenOf(dataDir, 'ops'),
    gateway: openSigner(await readKeyFile(join(dataDir, 'keys', 'gateway.json')), undefined),
    get serverUrl() {
      return serverUrl;
    },
    startServer: async () => {
      const port = serverUrl === '' ? '0' : new URL(serverUrl).port;
      const script = join(import.meta.dirname, 'outage-server.ts');
      child = spawn(process.execPath, [script, dataDir, ownerUrl, port], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      serverUrl = await firstLine(child);
    },
    killServer: async () => {
      if (child === undefined) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      child = undefined;
    },
    startDatabase: async () => {
      postgres = await startEmbeddedPostgres(place);
    },
    stopDatabase: async () => {
      await postgres?.stop();
      postgres = undefined;
    },
    record: async (draft: RecordDraft, ...signers: readonly string[]) => {
      const envelope = await signed({ dataDir, root }, draft, signers);
      return post({ dataDir, url: serverUrl }, signers[0] ?? '', envelope);
    },
    close: async () => {
      await firm.killServer();
      await firm.stopDatabase();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  const warrant = await promoteOne({ dataDir, root, ownerUrl });
  await firm.startServer();
  return Object.defineProperty(firm, 'warrant', { value: warrant }) as typeof firm & OutageFirm;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes('\n')) return text.slice(0, text.indexOf('\n'));
  }
  throw new Error(`the server did not start: ${text}`);
}

async function tokenOf(dataDir: string, account: string): Promise<string> {
  return (await readFile(join(dataDir, 'people', account, 'token'), 'utf8')).trim();
}

async function signed(
  firm: { readonly dataDir: string; readonly root: string },
  draft: RecordDraft,
  signers: readonly string[],
): Promise<Envelope> {
  const { subjectDigest, content, ...rest } = draft;
  const predicate: Predicate = {
    scope: 'version',
    subjectRef: versionRef,
    producer: 'human',
    actor: signers[0] ?? '',
    claimedAt: new Date().toISOString(),
    source: [],
    founding: firm.root,
    ...rest,
    content: content as Predicate['content'],
  };
  const about = subjectOf(nodePrimitives, predicate.subjectRef);
  const subject =
    subjectDigest === undefined ? about : { ...about, digest: { sha256: subjectDigest } };
  const payload = Buffer.from(statementBytes({ subject: [subject], predicate })).toString('base64');
  let envelope: Envelope = { payloadType: PAYLOAD_TYPE_STATEMENT, payload, signatures: [] };
  for (const account of signers) {
    const file = await readKeyFile(join(firm.dataDir, 'people', account, 'key.json'));
    envelope = await addSignature(envelope, openSigner(file, PASSPHRASE));
  }
  return envelope;
}

async function post(
  to: { readonly dataDir: string; readonly url: string },
  account: string,
  envelope: Envelope,
): Promise<string> {
  const response = await fetch(`${to.url}/v1/records`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await tokenOf(to.dataDir, account)}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ envelopes: [envelope] }),
  });
  const body = (await response.json()) as { records?: { digest: string; state: string }[] };
  const [one] = body.records ?? [];
  if (one?.state !== 'recorded') throw new Error(JSON.stringify(body));
  return one.digest;
}

/** What a production warrant rests on, under a policy that asks for one approval; its digest. */
async function promoteOne(firm: {
  readonly dataDir: string;
  readonly root: string;
  readonly ownerUrl: string;
}): Promise<string> {
  const { dataDir, ownerUrl: databaseUrl } = firm;
  const server = await startServer({ dataDir, databaseUrl, port: 0 });
  const { context } = server;
  try {
    const person = async (draft: RecordDraft, ...signers: readonly string[]) => {
      const envelope = await signed(firm, draft, signers);
      const digest = await post({ dataDir, url: server.url }, signers[0] ?? '', envelope);
      await context.records.including([digest]);
      return digest;
    };
    for (const bytes of [MODEL_BYTES, REASONS_BYTES]) await context.blobs.put(bytes);
    const policy = await person(policyDraft(), 'risk', 'ada');
    await person(tierDraft(), 'risk');
    const request = await person(
      {
        type: 'run-request',
        subjectRef: useRef,
        scope: 'use',
        content: { job: 'run', params: {} },
      },
      'dev',
    );
    const measured = (type: PlatformDraft['type'], content: object) =>
      platform(context, { type, content, source: [request] });
    const run = await measured('training-run', { promotable: true, run: 'run-1' });
    await measured('model-artifact', { manifest: MANIFEST });
    const spec = await measured('model-spec', SPEC);
    const names = { artifactDigest: ARTIFACT, spec, policy, rulesVersion: '1' };
    const change = await person(
      {
        type: 'change-record',
        content: {
          ...{ ...names, transition: 'production', class: 'material', run },
          ...{ evidence: [], packs: [], reason: 'first', impact: 'new', rollback: 'none' },
        },
      },
      'dev',
    );
    const approval = await person(approvalDraft(change), 'legal');
    const warrant = await platform(context, {
      type: 'deployment-record',
      kind: 'promote',
      producer: 'platform',
      source: [change],
      content: {
        ...{ ...names, environment: 'production', warrant: 'full', changeRequest: change },
        ...{ approvals: [approval], exceptions: [], demonstration: true },
        notBefore: new Date(Date.now() - 1000).toISOString(),
        expires: new Date(Date.now() + 29 * 86_400_000).toISOString(),
        ...{ fallback: 'manual-queue', limits: {} },
      },
    });
    await context.checkpoints.waitForCheckpoint(warrant);
    return warrant;
  } finally {
    await server.close();
  }
}

async function platform(
  context: ServerContext,
  draft: Pick<PlatformDraft, 'type' | 'content' | 'source'> & Partial<PlatformDraft>,
): Promise<string> {
  const base = { scope: 'version', subjectRef: versionRef, producer: 'pipeline' } as const;
  const record = await context.database.db
    .transaction()
    .execute((tx) => recordByPlatform(context, tx, { ...base, ...draft }));
  await context.records.including([record.digest]);
  return record.digest;
}

function policyDraft(): RecordDraft {
  const approvals = [{ role: 'legal', count: 1, gate: 'gate/approval', meaning: 'lawful' }];
  const warrantDaysMax = { high: 30, medium: 30, low: 30 };
  const staging = { conditions: [], approvals: [], warrantDaysMax };
  const transitions = { staging, production: { ...staging, approvals } };
  return {
    type: 'policy-document',
    kind: 'promotion-policy',
    scope: 'firm',
    subjectRef: { workspace: 'main' },
    content: {
      title: 'Promotion policy',
      version: '1',
      textDigest: createHash('sha256').update('policy').digest('hex'),
      policy: { id: 'outage', version: '1', transitions, exceptions: [] },
    },
  };
}

function tierDraft(): RecordDraft {
  return {
    type: 'risk-tier',
    scope: 'use',
    subjectRef: useRef,
    content: { tier: 'low', computed: 'low', fairLending: false, floors: [] },
  };
}

function approvalDraft(changeRequest: string): RecordDraft {
  return {
    type: 'approval-record',
    subjectDigest: changeRequest,
    content: {
      ...{ changeRequest, gate: 'gate/approval', role: 'legal', decision: 'approve' },
      ...{ meaning: 'lawful', printedName: printedName('legal'), evidence: [] },
      statement: 'I have read the change request',
    },
  };
}
