// SPDX-License-Identifier: Apache-2.0
import { ConsistencyReply, ErrorReply } from '@countersign/contract';
import {
  type Envelope,
  fromHex,
  merkleRoot,
  openStatus,
  readProofBundle,
  type Status,
  verifyBundle,
  verifyConsistency,
  verifyWarrant,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlatformDraft } from '../src/records/index.ts';
import {
  ARTIFACT,
  changeDraft,
  measured,
  policyDraft,
  runRequestDraft,
  tierDraft,
  useRef,
  versionRef,
} from './credit-drafts.ts';
import { type Recorder, recorder } from './recorder.ts';
import { printedName, type TestDraft, type TestServer, testServer } from './server-fixture.ts';

let server: TestServer;
let facts: { policy: string; run: string; draft: string; spec: string };
let changeRequest: string;

beforeAll(async () => {
  server = await testServer();
  facts = await registerVersion();
  changeRequest = await person(materialDraft(facts.run), ['dev']);
});
afterAll(async () => {
  expect(server.failures).toEqual([]);
  await server.close();
});

const send: Recorder['send'] = (...given) => recorder(server).send(...given);
const person: Recorder['person'] = (...given) => recorder(server).person(...given);
const platform: Recorder['platform'] = (...given) => recorder(server).platform(...given);

/** A policy that asks for one approval and nothing measured; a version by a promotable run, and a draft run. */
async function registerVersion() {
  const policy = await person(lifecyclePolicy(), ['risk', 'ada']);
  await person(tierDraft('low'), ['risk']);
  const request = await person(runRequestDraft(), ['dev']);
  const run = await platform(
    measured('training-run', { promotable: true, run: 'run-1' }, [request]),
  );
  await platform(measured('model-artifact', { run: 'run-1' }, [request]));
  const spec = await platform(measured('model-spec', { algorithm: 'logistic' }));
  const draft = await platform(measured('training-run', { promotable: false, run: 'run-0' }));
  return { policy, run, spec, draft };
}

function lifecyclePolicy(): TestDraft {
  const approvals = [{ role: 'legal', count: 1, gate: 'G-LEGAL', meaning: 'lawful' }];
  const warrantDaysMax = { high: 30, medium: 30, low: 30 };
  const staging = { conditions: [], approvals: [], warrantDaysMax };
  return policyDraft({
    id: 'test',
    version: '1',
    transitions: { staging, production: { ...staging, approvals } },
    exceptions: [{ condition: 'bias', signers: ['validator', 'model-risk'], daysMax: 90 }],
  });
}

const materialDraft = (run: string, over: object = {}): TestDraft =>
  changeDraft({ ...facts, run }, { class: 'material', ...over });

function approvalDraft(actor: string, role: string, name = printedName(actor)): TestDraft {
  return {
    type: 'approval-record',
    actor,
    scope: 'version',
    subjectRef: versionRef,
    subjectDigest: changeRequest,
    content: {
      changeRequest,
      gate: 'G-LEGAL',
      role,
      decision: 'approve',
      meaning: 'lawful',
      printedName: name,
      statement: 'I have read the change request',
      evidence: [],
    },
  };
}

const errorOf = (answer: { json: <T>() => T }) => ErrorReply.parse(answer.json<unknown>()).error;

describe('a change request is refused', () => {
  test.each([
    ['of a draft run', () => materialDraft(facts.draft), /draft run/],
    ['that names no run', () => materialDraft(facts.spec), /the run it names/],
    [
      'for other bytes',
      () => materialDraft(facts.run, { artifactDigest: 'b'.repeat(64) }),
      /other bytes/,
    ],
    [
      'under unknown rules',
      () => materialDraft(facts.run, { rulesVersion: '99' }),
      /rules version 1/,
    ],
    [
      'under a policy that is none',
      () => materialDraft(facts.run, { policy: facts.spec }),
      /policy it names/,
    ],
    [
      'with evidence nobody recorded',
      () => materialDraft(facts.run, { evidence: ['c'.repeat(64)] }),
      /no record c{64}/,
    ],
    [
      'of an unknown version',
      () => ({ ...materialDraft(facts.run), subjectRef: { ...versionRef, version: 7 } }),
      /no version credit@7/,
    ],
  ] as const)('%s', async (_name, draft, says) => {
    const answer = await send(draft(), ['dev']);
    expect(answer.statusCode).toBe(409);
    expect(errorOf(answer).code).toBe('record_refused');
    expect(errorOf(answer).message).toMatch(says);
  });
});

describe('an approval is refused', () => {
  test('to the developer, with the computed conflict and its record, and an audit row', async () => {
    const answer = await send(approvalDraft('dev', 'legal'), ['dev']);
    expect(answer.statusCode).toBe(409);
    const error = errorOf(answer);
    expect(error.code).toBe('conflict_of_duties');
    expect(error.message).toMatch(
      /`dev` cannot act as legal: (requested the run|submitted the version) \(record [0-9a-f]{12}\)/,
    );
    const listed = await server.as('audit', {
      url: '/v1/audit?account=dev&outcome=refused&limit=10',
    });
    const { events } = listed.json<{
      events: { requestId: string; code: string; reason: string }[];
    }>();
    expect(events.find(({ requestId }) => requestId === error.requestId)).toMatchObject({
      code: 'conflict_of_duties',
      reason: error.message,
    });
  });

  test('in a role that the signer’s key does not hold', async () => {
    const answer = await send(approvalDraft('val', 'legal'), ['val']);
    expect(errorOf(answer).message).toContain('did not sign it with a key in the role legal');
  });

  test('under another printed name than the account’s', async () => {
    const answer = await send(approvalDraft('legal', 'legal', 'Somebody Else'), ['legal']);
    expect(errorOf(answer).message).toContain('printed name of `legal` is `Legal Example`');
  });
});

describe('an exception', () => {
  const expires = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  const draft = (over: object = {}): TestDraft => ({
    type: 'exception-record',
    actor: 'val',
    scope: 'version',
    subjectRef: versionRef,
    content: {
      condition: 'bias',
      measurements: ['air sex=female'],
      reason: 'few events',
      limits: 'none',
      extraMonitoring: 'weekly',
      expires: expires(30),
      ...over,
    },
  });

  test('waits for every role that policy names', async () => {
    const answer = await send(draft(), ['val']);
    expect(answer.json()).toMatchObject({
      records: [{ state: 'awaiting-signatures', needs: 'a signature by model-risk' }],
    });
    expect(await person(draft({ reason: 'still few' }), ['val', 'risk'])).toHaveLength(64);
  });

  test.each([
    [
      'where policy allows none',
      { condition: 'performance' },
      ['val'],
      /allows no exception from `performance`/,
    ],
    ['that runs too long', { expires: expires(120) }, ['val'], /within 90 days/],
    ['that has expired', { expires: expires(-1) }, ['val'], /within 90 days/],
  ] as const)('%s is refused', async (_name, over, signers, says) => {
    const answer = await send(draft(over), signers);
    expect(answer.statusCode).toBe(409);
    expect(errorOf(answer).message).toMatch(says);
  });

  test('by nobody whom policy names is refused', async () => {
    const answer = await send({ ...draft(), actor: 'exec' }, ['exec']);
    expect(errorOf(answer).message).toContain('signed by validator and model-risk');
  });
});

describe('a warrant', () => {
  let warrant: string;
  beforeAll(async () => {
    const approval = await person(approvalDraft('legal', 'legal'), ['legal']);
    warrant = await platform(warrantDraft([approval]));
    await server.context.checkpoints.waitForCheckpoint(warrant);
  });

  function warrantDraft(approvals: readonly string[]): PlatformDraft {
    return {
      ...measured('deployment-record', {
        environment: 'production',
        warrant: 'full',
        artifactDigest: ARTIFACT,
        spec: facts.spec,
        changeRequest,
        approvals,
        exceptions: [],
        policy: facts.policy,
        rulesVersion: '1',
        demonstration: true,
        notBefore: new Date(Date.now() - 60_000).toISOString(),
        expires: new Date(Date.now() + 29 * 86_400_000).toISOString(), // policy: 30 days at most
        fallback: 'refuse',
        limits: {},
      }),
      kind: 'promote',
      producer: 'platform',
    };
  }

  const status = async (): Promise<Status> => {
    const answer = await server.app.inject({ url: '/v1/status' });
    const log = server.context.founding.keys.find(
      ({ holder }) => holder.kind === 'service' && holder.service === 'log',
    );
    const opened = openStatus(nodePrimitives, answer.json<Envelope>(), [log!.key]);
    expect(opened).toBeDefined();
    return opened!;
  };

  test('is live in the signed status, which anybody may read', async () => {
    const { live, founding, time } = await status();
    expect(live).toEqual([warrant]);
    expect(founding).toBe(server.context.root);
    expect(Math.abs(Date.now() - Date.parse(time))).toBeLessThan(30_000);
  });

  test('comes with a bundle that verifies from the digest of the founding record alone', async () => {
    const answer = await server.as('ops', { url: `/v1/bundles/${warrant}` });
    expect(answer.statusCode).toBe(200);
    const result = verifyBundle(
      nodePrimitives,
      readProofBundle(answer.json()),
      server.context.root,
    );
    if (!result.ok) throw new Error(result.reason);
    const question = {
      warrant,
      environment: 'production' as const,
      now: new Date().toISOString(),
      production: false,
    };
    expect(verifyWarrant(result.set, question)).toMatchObject({ ok: true });
    expect(verifyWarrant(result.set, { ...question, production: true })).toMatchObject({
      ok: false,
      denials: [{ code: 'warrant_demonstration' }],
    });
  });

  test('whose change request lacks its approval is minted by nobody into the status', async () => {
    const bare = await person({ ...materialDraft(facts.run, { reason: 'without approval' }) }, [
      'dev',
    ]);
    const minted = await platform({
      ...warrantDraft([]),
      content: { ...warrantDraft([]).content, changeRequest: bare },
    });
    await server.context.checkpoints.waitForCheckpoint(minted);
    expect((await status()).live).toEqual([warrant]);
  });

  test('is gone from the status as soon as its revocation is checkpointed', async () => {
    const revocation = await person(
      {
        type: 'deployment-record',
        kind: 'revoke',
        actor: 'owner',
        scope: 'version',
        subjectRef: versionRef,
        content: { warrant, environment: 'production', reason: 'a test' },
      },
      ['owner'],
    );
    await server.context.checkpoints.waitForCheckpoint(revocation);
    expect((await status()).live).toEqual([]);
  });

  test('cannot be ended by a developer', async () => {
    const draft: TestDraft = {
      type: 'deployment-record',
      kind: 'revoke',
      actor: 'dev',
      subjectRef: versionRef,
      content: { warrant, environment: 'production', reason: 'a test' },
    };
    const answer = await send(draft, ['dev']);
    expect(answer.statusCode).toBe(403);
  });
});

describe('sealed rows', () => {
  const put = async (text: string): Promise<string> => {
    const answer = await server.as('dev', {
      method: 'PUT',
      url: '/v1/blobs',
      headers: { 'content-type': 'application/octet-stream' },
      payload: Buffer.from(text),
    });
    return answer.json<{ digest: string }>().digest;
  };

  test('are given to no developer or validator, whatever they ask with', async () => {
    const contentDigest = await put('id,outcome\n1,good\n');
    await platform({
      type: 'dataset-snapshot',
      scope: 'dataset',
      subjectRef: { ...useRef, dataset: 'applications' },
      producer: 'pipeline',
      source: [],
      content: { dataset: 'applications', split: 'holdout', sealed: true, contentDigest },
    });
    for (const account of ['dev', 'val', 'owner']) {
      const answer = await server.as(account, { url: `/v1/blobs/${contentDigest}` });
      expect(answer.statusCode).toBe(403);
      expect(errorOf(answer).message).toContain('sealed');
    }
    expect((await server.as('audit', { url: `/v1/blobs/${contentDigest}` })).statusCode).toBe(200);
  });
});

describe('bundles and files of the log', () => {
  test('a record of no model has no bundle', async () => {
    const answer = await server.as('ops', { url: `/v1/bundles/${facts.policy}` });
    expect(answer.statusCode).toBe(404);
    expect(errorOf(answer).code).toBe('bundle_unavailable');
  });

  test('the founding record’s bundle is the firm’s own records, and verifies', async () => {
    const { root } = server.context;
    const answer = await server.as('ops', { url: `/v1/bundles/${root}` });
    expect(answer.statusCode).toBe(200);
    const result = verifyBundle(nodePrimitives, readProofBundle(answer.json()), root);
    if (!result.ok) throw new Error(result.reason);
    const { records, byDigest } = result.set;
    expect(byDigest.has(root)).toBe(true);
    expect(byDigest.has(facts.policy)).toBe(true);
    expect(new Set(records.map(({ statement }) => statement.predicate.scope))).toEqual(
      new Set(['firm']),
    );
  });

  test('the checkpoint and its tiles are public', async () => {
    const checkpoint = await server.app.inject({ url: '/v1/log/checkpoint' });
    expect(checkpoint.body.split('\n')[0]).toBe('first-river-bank.example/log');
    const size = Number(checkpoint.body.split('\n')[1]);
    const tile = await server.app.inject({ url: `/v1/log/tile/0/000.p/${size}` });
    expect(tile.statusCode).toBe(200);
    expect(tile.rawPayload).toHaveLength(size * 32);
  });

  test('anybody may have it proven that the log at one size continues a smaller one', async () => {
    const checkpoint = await server.app.inject({ url: '/v1/log/checkpoint' });
    const to = Number(checkpoint.body.split('\n')[1]);
    const tile = await server.app.inject({ url: `/v1/log/tile/0/000.p/${to}` });
    const hashes = Array.from({ length: to }, (_, n) =>
      Uint8Array.from(tile.rawPayload.subarray(n * 32, n * 32 + 32)),
    );
    const rootAt = (size: number) => merkleRoot(nodePrimitives, hashes.slice(0, size));
    for (const from of [0, 1, 2, to - 1, to]) {
      const answer = await server.app.inject({ url: `/v1/log/consistency?from=${from}&to=${to}` });
      const reply = ConsistencyReply.parse(answer.json());
      expect(reply).toMatchObject({ from, to });
      const sizes = { oldSize: from, newSize: to, newRoot: rootAt(to) };
      const claim = { ...sizes, proof: reply.proof.map(fromHex) };
      expect(verifyConsistency(nodePrimitives, { ...claim, oldRoot: rootAt(from) })).toBe(true);
      const another = new Uint8Array(32).fill(7);
      expect(verifyConsistency(nodePrimitives, { ...claim, oldRoot: another })).toBe(false);
    }
  });

  test.each([
    ['from=2&to=1', 404, 'checkpoint_unknown', /the smaller first/],
    ['from=1&to=999999', 404, 'checkpoint_unknown', /not two sizes of a log of/],
    ['from=-1&to=1', 400, 'request_malformed', /query\.from/],
    ['from=1.5&to=2', 400, 'request_malformed', /query\.from/],
    ['from=1&to=9999999999999999999', 400, 'request_malformed', /query\.to/],
    ['from=1', 400, 'request_malformed', /query\.to/],
    ['from=1&from=2&to=3', 400, 'request_malformed', /query\.from/],
    ['from=1&to=2&root=x', 400, 'request_malformed', /`root` not known/],
  ])('no proof is there for %s: %i %s', async (query, status, code, says) => {
    const answer = await server.app.inject({ url: `/v1/log/consistency?${query}` });
    const { error } = ErrorReply.parse(answer.json());
    expect(`${answer.statusCode} ${error.code}`).toBe(`${status} ${code}`);
    expect(error.message).toMatch(says);
  });

  test.each([
    '/v1/log/tile/0/999',
    '/v1/log/tile/%2e%2e/%2e%2e/keys/log.json',
    '/v1/log/tile/.hidden',
  ])('%s is not a file of the log', async (url) => {
    expect((await server.app.inject({ url })).statusCode).toBe(404);
  });
});
