// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobReply, PrepareReply } from '@countersign/contract';
import {
  type Envelope,
  type Json,
  PAYLOAD_TYPE_STATEMENT,
  type RecordType,
  signEnvelope,
} from '@countersign/kernel';
import { loadPack } from '../src/dossier/index.ts';
import { loadPromotionPolicy } from '../src/registry/index.ts';
import { printedName, type TestDraft, type TestServer } from './server-fixture.ts';

const ROOT = join(import.meta.dirname, '../../..');

export const MODEL = 'scorecard';
export const USE = 'underwriting';

/** What a person does in the life of a model, over HTTP, with the records that doing it leaves. */
export function actors(server: TestServer) {
  const post = async (account: string, url: string, payload: object) => {
    const reply = await server.as(account, { method: 'POST', url, payload });
    return { status: reply.statusCode, body: reply.json() };
  };
  const get = async (account: string, url: string) => {
    const reply = await server.as(account, { method: 'GET', url });
    if (reply.statusCode !== 200) throw new Error(`${url}: ${reply.body}`);
    return reply.json();
  };
  const record = async (account: string, envelope: Envelope) => {
    const { status, body } = await post(account, '/v1/records', { envelopes: [envelope] });
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
    const digest: string = body.records[0].digest;
    await server.context.records.including([digest]);
    return digest;
  };
  const sign = async (
    signers: readonly string[],
    draft: Omit<TestDraft, 'actor'> & { readonly actor?: string },
  ) => {
    const actor = draft.actor ?? signers[0] ?? '';
    return record(actor, await server.sign({ ...draft, actor }, signers));
  };
  return {
    post,
    get,
    record,
    sign,
    paper: async (account: string, type: RecordType) => {
      const content = await paper(server, type, account);
      return sign([account], {
        type,
        scope: 'use',
        subjectRef: ref({ model: MODEL, use: USE }),
        content,
      });
    },
    validate: async (artifactDigest: string, version = 1) =>
      sign(['val'], {
        type: 'validation-report',
        scope: 'version',
        subjectRef: ref({ model: MODEL, use: USE, version, artifactDigest }),
        content: {
          ...(await paper(server, 'validation-report', 'val')),
          outcome: 'approved',
          rating: 'satisfactory',
          independence: 'took no part',
          relied: [],
        },
      }),
    job: (account: string, body: object) => job(server, account, body),
    prepare: async (account: string, transition: string, version = 1): Promise<PrepareReply> => {
      const words = { reason: 'first version', impact: 'new', rollback: 'manual queue' };
      const payload = { model: MODEL, use: USE, version, transition, ...words };
      const { status, body } = await post(account, '/v1/change-requests/prepare', payload);
      if (status !== 200) throw new Error(JSON.stringify(body));
      return body;
    },
    submit: async (account: string, prepared: PrepareReply) => {
      const bytes = new Uint8Array(Buffer.from(prepared.payload, 'base64'));
      const signer = await server.signer(account);
      return record(account, await signEnvelope(PAYLOAD_TYPE_STATEMENT, bytes, [signer]));
    },
    approval: (account: string, role: string, change: string) =>
      approval(server, { account, role, change }),
    approve: async (account: string, role: string, change: string) =>
      record(account, await approval(server, { account, role, change })),
    promote: (account: string, change: string) =>
      post(account, `/v1/change-requests/${change}/promote`, {}),
  };
}

export type Actors = ReturnType<typeof actors>;

function ref(subject: object) {
  return { workspace: 'main', ...subject };
}

async function paper(server: TestServer, title: string, author: string): Promise<object> {
  const stored = await server.context.blobs.put(new TextEncoder().encode(`# ${title}`));
  const text = { ...stored, mediaType: 'text/markdown' };
  return { title, author, text, sections: [{ heading: 'Text', markdown: 'Text.' }], facts: {} };
}

async function approval(
  server: TestServer,
  at: { readonly account: string; readonly role: string; readonly change: string },
): Promise<Envelope> {
  const { account, role, change } = at;
  const reply = await server.as(account, { method: 'GET', url: `/v1/change-requests/${change}` });
  const view = reply.json();
  const rule = view.verdict.approvals.find((one: { role: string }) => one.role === role);
  return server.sign(
    {
      type: 'approval-record',
      scope: 'version',
      subjectRef: view.subject,
      subjectDigest: change,
      actor: account,
      source: [change],
      content: {
        changeRequest: change,
        gate: rule?.gate ?? 'gate/approval',
        role,
        decision: 'approve',
        meaning: rule?.meaning ?? 'approved',
        printedName: printedName(account),
        statement: 'I have read the evidence and approve.',
        evidence: view.evidence,
      },
    },
    [account],
  );
}

const JOB_POLLS_MAX = 600;

async function job(server: TestServer, account: string, body: object): Promise<JobReply> {
  const reply = await server.as(account, { method: 'POST', url: '/v1/jobs', payload: body });
  if (reply.statusCode !== 200) throw new Error(`${reply.statusCode} ${reply.body}`);
  const { job: id } = reply.json();
  for (let poll = 0; poll < JOB_POLLS_MAX; poll += 1) {
    const state = await server.as(account, { method: 'GET', url: `/v1/jobs/${id}` });
    const job: JobReply = state.json();
    if (job.state === 'done' || job.state === 'failed') return job;
    await sleep(200);
  }
  throw new Error(`job ${id} did not end`);
}

/** Policy, pack and the intake papers: what a firm has before the first run. */
export async function intake(server: TestServer, floors: readonly object[] = []): Promise<void> {
  const act = actors(server);
  const policy = await loadPromotionPolicy(join(ROOT, 'policies/promotion.yaml'));
  await act.sign(['ada', 'risk'], {
    ...firm('promotion-policy'),
    content: {
      title: 'Promotion',
      version: '1.0.0',
      textDigest: '0'.repeat(64),
      policy: policy.json,
    },
  });
  const { pack, digest } = await loadPack(join(ROOT, 'frameworks/sr-26-2.yaml'));
  await act.sign(['ada', 'risk'], {
    ...firm('framework-pack'),
    content: {
      title: pack.title,
      version: pack.version,
      textDigest: digest,
      pack: pack as unknown as Json,
    },
  });
  const model = ref({ model: MODEL });
  await act.sign(['owner'], {
    type: 'inventory-entry',
    scope: 'model',
    subjectRef: model,
    content: {
      name: 'Scorecard',
      purpose: 'tests',
      owner: 'owner',
      developer: 'dev',
      origin: 'built',
      businessLine: 'retail',
      jurisdictions: ['US'],
      uses: [USE],
    },
  });
  await act.sign(['risk'], {
    type: 'role-assignment',
    scope: 'model',
    subjectRef: model,
    content: {
      principal: 'val',
      role: 'validator',
      from: '2026-01-01',
      competence: 'yes',
      conflicts: 'none',
    },
  });
  await act.paper('owner', 'intended-use');
  const use = ref({ model: MODEL, use: USE });
  await act.sign(['risk'], {
    type: 'scope-determination',
    scope: 'use',
    subjectRef: use,
    content: { pack: 'sr-26-2', inScope: true, rationale: 'a model', revisitTrigger: 'none' },
  });
  await act.sign(['risk'], {
    type: 'risk-tier',
    scope: 'use',
    subjectRef: use,
    content: {
      questionnaire: { id: 'tiering-default', version: '1.0.0' },
      answers: [],
      points: 20,
      computed: 'high',
      tier: 'high',
      fairLending: true,
      groups: [{ attribute: 'region', reference: 'north' }],
      floors,
    },
  });
}

function firm(kind: string) {
  return { type: 'policy-document' as const, kind, scope: 'firm' as const, subjectRef: ref({}) };
}

/** The papers of a version's authors, which its gates ask for. */
export async function developerPapers(act: Actors): Promise<void> {
  for (const type of [
    'design-rationale',
    'feature-catalogue',
    'dataset-datasheet',
    'assumptions-limitations',
    'protected-data-record',
  ] as const) {
    await act.paper('dev', type);
  }
  for (const type of ['instructions-for-use', 'monitoring-plan'] as const) {
    await act.paper('owner', type);
  }
}

/** A signed request for a run of an archived commit. */
export async function runRequest(
  server: TestServer,
  repository: { readonly commit: string; readonly bundle: Uint8Array },
  account = 'dev',
): Promise<Envelope> {
  const stored = await server.context.blobs.put(repository.bundle);
  return server.sign(
    {
      type: 'run-request',
      kind: 'run',
      actor: account,
      subjectRef: ref({ model: MODEL, use: USE }) as never,
      blobs: [stored.digest],
      content: { job: 'run', commit: repository.commit, bundle: stored.digest, params: {} },
    },
    [account],
  );
}

/** The validator's plan for the sealed split, and her request to carry it out. */
export async function validation(server: TestServer, version = 1): Promise<Envelope> {
  const act = actors(server);
  const subjectRef = ref({ model: MODEL, use: USE, version });
  const plan = await act.sign(['val'], {
    type: 'test-plan',
    kind: 'validation',
    scope: 'version',
    subjectRef,
    content: {
      phase: 'validation',
      declaredAt: server.context.now(),
      limits: [{ metric: 'auc', op: '>=', value: '0.65' }],
      plan: {
        id: 'holdout',
        data: 'applications.holdout',
        testing: {
          metrics: { auc: { min: '0.65' } },
          fairness: {
            governing: 'approval_ratio',
            why: 'as tested',
            limits: { approval_ratio: { min: '0.8' } },
          },
        },
      },
    },
  });
  return server.sign(
    {
      type: 'run-request',
      kind: 'validate',
      actor: 'val',
      scope: 'version',
      subjectRef: subjectRef as never,
      source: [plan],
      content: { job: 'validate', params: { plan } },
    },
    ['val'],
  );
}
