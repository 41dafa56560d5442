// SPDX-License-Identifier: Apache-2.0
// The firm that the red team attacks: real PostgreSQL, server over HTTP, log, gateway and verifier, made in a few seconds.
import type { AddressInfo } from 'node:net';
import type { Gateway, GatewayOptions } from '@countersign/gateway';
import {
  type Envelope,
  logKeysOf,
  openStatus,
  type ProofBundle,
  type Signer,
  type Status,
} from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { openSigner, readServiceKey } from '@countersign/server';
import type { Client } from 'pg';
import { expect } from 'vitest';
import { MODEL_BYTES, REASONS_BYTES } from '../packages/gateway/tests/fixture-server.ts';
import {
  build,
  type Candidate,
  intake,
  MODEL,
  type Recorder,
  submit,
  USE,
  validate,
} from '../packages/kernel/tests/credit-model.ts';
import { connectClient } from '../packages/server/src/store/database.ts';
import {
  type PEOPLE,
  type TestDraft,
  type TestServer,
  type TestServerOptions,
  testServer,
} from '../packages/server/tests/server-fixture.ts';
import { closedOnce, decideAt, startAttackedGateway } from './attacked-gateway.ts';
import { type ApprovalChange, apiOf, type Caller, type FirmApi, type Reply } from './firm-api.ts';
import { addRecord, artefact, type LiveVersion, produceOver } from './model-in-production.ts';

/** Everyone by first name; `vic` is of the developer's team, `kai` holds both roles and is of no team. */
export const STAFF: typeof PEOPLE = [
  { account: 'ada', roles: ['administrator'] },
  { account: 'ben', roles: ['administrator'] },
  { account: 'dana', roles: ['developer'], team: 'modelling' },
  { account: 'mia', roles: ['model-risk'], team: 'risk' },
  { account: 'vera', roles: ['validator'], team: 'validation' },
  { account: 'vic', roles: ['validator', 'developer'], team: 'modelling' },
  { account: 'kai', roles: ['validator', 'developer'] },
  { account: 'lena', roles: ['legal'] },
  { account: 'cora', roles: ['compliance'] },
  { account: 'eve', roles: ['executive'] },
  { account: 'duo', roles: ['legal', 'executive'] },
  { account: 'omar', roles: ['model-owner'] },
  { account: 'olaf', roles: ['operator'] },
  { account: 'clerk', roles: ['user'] },
  { account: 'audit', roles: ['auditor'] },
];

export interface Refusal {
  readonly status: number;
  readonly code: string;
  /** What the message must say: a refusal for another reason proves nothing. */
  readonly says?: RegExp;
}

/** What must be the same after an attack as before it. */
export interface FirmState {
  /** Recorded or awaiting signatures, apart from the gateway's batches of decisions. */
  readonly records: number;
  readonly live: readonly string[];
  readonly answers: string;
}

export interface FirmUnderAttack {
  readonly server: TestServer;
  /** Of the server's HTTP port. */
  readonly url: string;
  readonly root: string;
  readonly signed: { readonly policy: string; readonly pack: string };
  /** Version 1: answers in production. */
  readonly live: LiveVersion;
  /** Version 2, submitted to staging, rebuilt and validated: it lacks the validator's approval and nothing else. */
  readonly open: { readonly candidate: Candidate; readonly change: string };
  /** Records: by persons over the API, by the platform with its own key. */
  readonly recorder: Recorder;
  /** Calls the API with the account's token, with a given one, or without any. */
  as(caller: Caller): {
    get(path: string): Promise<Reply>;
    post(path: string, body: unknown): Promise<Reply>;
    put(path: string, bytes: Uint8Array): Promise<Reply>;
  };
  signer(account: string): Promise<Signer>;
  serviceSigner(service: 'log' | 'platform' | 'gateway'): Promise<Signer>;
  /** A well-formed record signed by these accounts; nothing is sent. */
  sign(draft: TestDraft, ...accounts: readonly string[]): Promise<Envelope>;
  /** Sends records as an account. */
  send(caller: Caller, ...envelopes: readonly Envelope[]): Promise<Reply>;
  /** An approval, as its signer would give it honestly unless changed. */
  approval(by: string, role: string, change: string, over?: ApprovalChange): Promise<Envelope>;
  approvalDraft(
    by: string,
    role: string,
    change: string,
    over?: ApprovalChange,
  ): Promise<TestDraft>;
  promote(account: string, change: string): Promise<Reply>;
  /** The bundle of a warrant, as a gateway is given it. */
  bundle(warrant: string): Promise<ProofBundle>;
  status(): Promise<Status>;
  /**
   * `200` when the model answers, `fallback` and why when its fallback does, else status and code of the refusal; after the
   * gateway has seen the newest status.
   */
  decide(): Promise<string>;
  readonly gateway: Gateway;
  /** Another gateway over the same server. */
  startGateway(change?: Partial<GatewayOptions>): Promise<Gateway>;
  sqlAsOwner<T>(work: (sql: Client) => Promise<T>): Promise<T>;
  sqlAsApplication<T>(work: (sql: Client) => Promise<T>): Promise<T>;
  /** Audit events of an account, newest first. */
  auditRowsOf(account: string): Promise<readonly { readonly [member: string]: unknown }[]>;
  /** Asserts a refusal and its audit record, where the caller is known (403, 409, 422 are audited). */
  refused(reply: Reply, expected: Refusal): Promise<void>;
  state(): Promise<FirmState>;
  /** Asserts that records, live warrants and answers are those of before. */
  unchanged(before: FirmState): Promise<void>;
  close(): Promise<void>;
}

/** A firm with one version in production and one that waits for a last approval. */
export async function firmUnderAttack(options: TestServerOptions = {}): Promise<FirmUnderAttack> {
  const server = await testServer({ people: STAFF, ...options });
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`;
  const recorder: Recorder = { add: (...at) => addRecord(server, ...at), now: server.context.now };
  const api = apiOf(server, url);
  const gateways: Gateway[] = [];
  const start = async (change: Partial<GatewayOptions> = {}) => {
    const gateway = closedOnce(await startAttackedGateway(server, url, change));
    gateways.push(gateway);
    return gateway;
  };
  for (const bytes of [MODEL_BYTES, REASONS_BYTES]) await server.context.blobs.put(bytes);
  const signed = await intake(recorder);
  await authoriseWork(recorder);
  const live = await produceOver(api, recorder, signed);
  const candidate = await build(recorder, signed, artefact(2));
  const change = await submit(recorder, candidate, 'staging');
  await validate(recorder, candidate);
  const gateway = await start();
  return {
    ...api,
    ...stateOf(server, api, gateway),
    server,
    url,
    root: server.context.root,
    signed,
    live,
    open: { candidate, change },
    recorder,
    signer: (account) => server.signer(account),
    serviceSigner: async (service) => openSigner(await readServiceKey(server.dataDir, service)),
    gateway,
    startGateway: start,
    sqlAsOwner: (work) => withClient(server.database.ownerUrl, work),
    sqlAsApplication: (work) => withClient(server.database.url, work),
    close: async () => {
      for (const one of gateways) await one.close();
      await server.close();
    },
  };
}

function stateOf(server: TestServer, api: FirmApi, gateway: Gateway) {
  const status = async (): Promise<Status> => {
    const { body } = await api.as(undefined).get('/v1/status');
    const logKeys = logKeysOf(await server.context.records.current());
    const opened = openStatus(p, body as unknown as Envelope, logKeys);
    if (opened === undefined) throw new Error('the status is not signed by the log key');
    return opened;
  };
  const decide = async (): Promise<string> => {
    await gateway.deployments.refresh();
    return decideAt(gateway);
  };
  const state = async (): Promise<FirmState> => {
    // The gateway's own batches come with the answers that these checks ask for.
    const text = `SELECT (SELECT count(*) FROM record WHERE type <> 'decision-log')
                       + (SELECT count(*) FROM pending_record) AS n`;
    const { rows } = await server.database.pool.query<{ n: string }>(text);
    const { live } = await status();
    return { records: Number(rows[0]?.n), live, answers: await decide() };
  };
  const auditRowsOf: FirmUnderAttack['auditRowsOf'] = async (account) => {
    const { body } = await api.as('audit').get(`/v1/audit?account=${account}&limit=100`);
    return body.events as { readonly [member: string]: unknown }[];
  };
  const audited = async (requestId: string) => {
    const { body } = await api.as('audit').get('/v1/audit?outcome=refused&limit=100');
    const events = body.events as { readonly [member: string]: unknown }[];
    return events.find((one) => one.requestId === requestId);
  };
  return {
    status,
    decide,
    state,
    auditRowsOf,
    unchanged: async (before: FirmState) => expect(await state()).toEqual(before),
    refused: async (reply: Reply, expected: Refusal): Promise<void> => {
      const error = reply.body.error as { code: string; message: string; requestId: string };
      expect(`${reply.status} ${error?.code}`).toBe(`${expected.status} ${expected.code}`);
      if (expected.says !== undefined) expect(error.message).toMatch(expected.says);
      if (![403, 409, 422].includes(reply.status)) return;
      expect(await audited(error.requestId)).toMatchObject({
        code: expected.code,
        outcome: 'refused',
      });
    },
  };
}

async function withClient<T>(url: string, work: (sql: Client) => Promise<T>): Promise<T> {
  const client = await connectClient(url);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The rest of intake: without it the platform carries out no run of the model. */
async function authoriseWork(recorder: Parameters<typeof intake>[0]): Promise<void> {
  const subject = { scope: 'model', subjectRef: { workspace: 'main', model: MODEL } } as const;
  const card = {
    name: 'Consumer credit',
    purpose: 'underwriting',
    owner: 'omar',
    developer: 'dana',
    origin: 'built',
    businessLine: 'retail',
    jurisdictions: ['US'],
    uses: [USE],
  };
  await recorder.add({ type: 'inventory-entry', ...subject, content: card }, 'omar');
  const duty = {
    principal: 'vera',
    role: 'validator',
    from: '2026-01-01',
    competence: 'by key',
    conflicts: 'none declared',
  };
  await recorder.add({ type: 'role-assignment', ...subject, content: duty }, 'mia');
}
