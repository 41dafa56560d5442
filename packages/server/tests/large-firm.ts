// SPDX-License-Identifier: Apache-2.0
// A firm of the size that pages are promised for: every record signed by whose it is and appended to a real log. Records go
// in beside the API, many in one transaction: what is measured is reading them.
import { join } from 'node:path';
import {
  addSignature,
  type Envelope,
  PAYLOAD_TYPE_STATEMENT,
  type Predicate,
  readRecord,
  type Signer,
  statementBytes,
  subjectOf,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { loadPack } from '../src/dossier/index.ts';
import { appendRecords } from '../src/ledger/index.ts';
import type { TestDraft, TestServer } from './server-fixture.ts';

export interface LargeFirm {
  readonly model: string;
  /** A change request with many items of evidence. */
  readonly changeRequest: string;
  /** Of an open one, as most are looked at. */
  readonly open: string;
  readonly records: number;
}

/** Of the change request with many items: no other has this number. */
export const EXTRA_VERSION = 99;

export interface FirmSize {
  readonly models: number;
  readonly changeRequests: number;
  /** On one change request. */
  readonly evidence: number;
  /** Models of their own names, in place of numbered ones. */
  readonly entries?: readonly NamedEntry[];
}

export interface NamedEntry {
  readonly model: string;
  readonly content: { readonly uses: readonly string[] };
  readonly tier: 'high' | 'medium' | 'low';
}

const APPEND_AT_ONCE = 500;
const OWNERS = ['owner', 'risk', 'dev'] as const;
const TIERS = ['low', 'medium', 'high'] as const;
const DAY_MS = 86_400_000;
/** What becomes of a model's requests, in turn: of 28, 18 reach production, 3 are rejected, 3 replaced and 4 open. */
const FATES = [...'PPPPPPRPPPOPPSPPPROPSPPRPOSO'];

type Draft = TestDraft & { readonly subjectRef: Predicate['subjectRef'] };

/** Signs and appends; `flush` waits until the log and its readers have everything. */
function appender(server: TestServer) {
  const { context } = server;
  let waiting: Envelope[] = [];
  let count = 0;
  let last = '';
  const append = async () => {
    const envelopes = waiting;
    waiting = [];
    const at = { blobs: context.blobs, recordedAt: new Date() };
    await context.database.db.transaction().execute((tx) => appendRecords(tx, envelopes, at));
  };
  const add = async (draft: Draft, signers: readonly (string | Signer)[]): Promise<string> => {
    const envelope = await sealed(server, draft, signers);
    last = readRecord(nodePrimitives, envelope).digest;
    waiting.push(envelope);
    count += 1;
    if (waiting.length >= APPEND_AT_ONCE) await append();
    return last;
  };
  const flush = async () => {
    await append();
    const set = await context.records.including([last], { timeoutMs: 600_000 });
    const [refused] = set.rejected;
    if (refused !== undefined)
      throw new Error(`${refused.digest} does not count: ${refused.reason}`);
  };
  return { add, flush, count: () => count };
}

async function sealed(
  { context, signer }: TestServer,
  draft: Draft,
  signers: readonly (string | Signer)[],
): Promise<Envelope> {
  const { content, subjectDigest, ...rest } = draft;
  const subject = subjectOf(nodePrimitives, rest.subjectRef);
  const predicate: Predicate = {
    scope: 'version',
    producer: 'human',
    claimedAt: context.now(),
    source: [],
    founding: context.root,
    ...rest,
    content: content as Predicate['content'],
  };
  const digest = subjectDigest === undefined ? subject.digest : { sha256: subjectDigest };
  const payload = statementBytes({ subject: [{ ...subject, digest }], predicate });
  let envelope: Envelope = {
    payloadType: PAYLOAD_TYPE_STATEMENT,
    payload: Buffer.from(payload).toString('base64'),
    signatures: [],
  };
  for (const one of signers) {
    envelope = await addSignature(envelope, typeof one === 'string' ? await signer(one) : one);
  }
  return envelope;
}

export async function largeFirm(server: TestServer, size: FirmSize): Promise<LargeFirm> {
  const to = appender(server);
  const firm = { scope: 'firm' as const, subjectRef: { workspace: 'main' } };
  const policy = await to.add(
    { ...firm, type: 'policy-document', kind: 'promotion-policy', actor: 'risk', content: POLICY },
    ['risk', 'ada'],
  );
  const path = join(import.meta.dirname, '../../../frameworks/sr-26-2.yaml');
  const { pack, digest } = await loadPack(path);
  const packRecord = await to.add(
    {
      ...firm,
      type: 'policy-document',
      kind: 'framework-pack',
      actor: 'ada',
      content: { title: pack.title, version: pack.version, textDigest: digest, pack },
    },
    ['ada', 'risk'],
  );
  const made = { to, server, policy, pack: pack.id, packRecord, named: size.entries ?? [] };
  let open = '';
  let left = size.changeRequests - 1;
  for (let n = 0; n < size.models; n += 1) {
    const requests = Math.round(left / (size.models - n));
    left -= requests;
    open = (await addModel(made, { n, requests, of: size.models })) ?? open;
  }
  const model = made.named[0]?.model ?? nameOf(0);
  const changeRequest = await addVersion(made, {
    model,
    version: EXTRA_VERSION,
    fate: 'O',
    evidence: size.evidence,
  });
  await to.flush();
  return { model, changeRequest, open: open || changeRequest, records: to.count() };
}

interface Made {
  readonly to: ReturnType<typeof appender>;
  readonly server: TestServer;
  readonly policy: string;
  /** Its id, and its digest. */
  readonly pack: string;
  readonly packRecord: string;
  readonly named: readonly NamedEntry[];
}

async function addModel(
  made: Made,
  { n, requests, of }: { n: number; requests: number; of: number },
) {
  const { to } = made;
  const own = made.named[n];
  const model = own?.model ?? nameOf(n);
  const ref = { workspace: 'main', model };
  const use = { ...ref, use: useOf(made, model) };
  const tier = own?.tier ?? TIERS[n % 3] ?? 'low';
  await to.add(
    {
      type: 'inventory-entry',
      actor: 'risk',
      scope: 'model',
      subjectRef: ref,
      content: own?.content ?? entryOf(n, of),
    },
    ['risk'],
  );
  await to.add(
    {
      type: 'risk-tier',
      actor: 'risk',
      scope: 'use',
      subjectRef: use,
      content: { tier, computed: tier, fairLending: false, floors: [] },
    },
    ['risk'],
  );
  await to.add(
    {
      type: 'scope-determination',
      actor: 'risk',
      scope: 'use',
      subjectRef: use,
      content: { pack: made.pack, inScope: true, rationale: 'a model', revisitTrigger: 'none' },
    },
    ['risk'],
  );
  let version = 0;
  let open: string | undefined;
  for (let k = 0; k < requests; k += 1) {
    const fate = FATES[k % FATES.length] ?? 'P';
    // What replaced a request proposes the same version again.
    if (FATES[(k - 1) % FATES.length] !== 'S' || k === 0) version += 1;
    const again = k > 0 && FATES[(k - 1) % FATES.length] === 'S';
    // Of a model's warrants the last ones run; those before them have expired.
    const isOver = k < requests - 4;
    const digest = await addVersion(made, { model, version, fate, evidence: 0, again, isOver });
    if (fate === 'O') open = digest;
  }
  for (const id of ['F-1', 'F-2']) {
    await to.add(
      { type: 'finding', actor: 'val', scope: 'model', subjectRef: ref, content: findingOf(id, n) },
      ['val'],
    );
  }
  await to.add(
    {
      type: 'override-record',
      kind: 'overlay',
      actor: 'risk',
      scope: 'model',
      subjectRef: ref,
      content: overlayOf(n),
    },
    ['risk', 'exec'],
  );
  return open;
}

/** Digests of a version's records, for a request that proposes it again. */
const ofVersion = new Map<
  string,
  { readonly run: string; readonly spec: string; readonly evidence: readonly string[] }
>();

async function addVersion(
  made: Made,
  at: {
    model: string;
    version: number;
    fate: string;
    evidence: number;
    again?: boolean;
    isOver?: boolean;
  },
): Promise<string> {
  const { to, server, policy } = made;
  const { model, version, fate } = at;
  const artifactDigest = nodeDigest(`${model}@${version}`);
  const use = { workspace: 'main', model, use: useOf(made, model) };
  const subjectRef = { ...use, version, artifactDigest };
  const platform = [server.context.platform];
  const measured = (type: Predicate['type'], content: object, source: string[] = []): Draft => ({
    type,
    actor: 'service:platform',
    producer: 'pipeline',
    subjectRef,
    source,
    content,
  });
  const name = `${model}@${version}`;
  if (at.again !== true) {
    const request = await to.add(
      {
        type: 'run-request',
        actor: 'dev',
        scope: 'use',
        subjectRef: use,
        content: { job: 'run', params: { version } },
      },
      ['dev'],
    );
    const run = await to.add(
      measured('training-run', { promotable: true, run: name }, [request]),
      platform,
    );
    const artifact = await to.add(
      measured('model-artifact', { run: name, manifest: MANIFEST }, [request]),
      platform,
    );
    const spec = await to.add(measured('model-spec', SPEC), platform);
    const test = await to.add(measured('performance-test', reportOf(n4(version)), [run]), platform);
    const report = await to.add(
      { type: 'validation-report', actor: 'val', subjectRef, content: VALIDATION },
      ['val'],
    );
    const evidence = [run, artifact, spec, test, report];
    for (let n = evidence.length; n < at.evidence; n += 1) {
      const segment = `segment-${n}`;
      evidence.push(
        await to.add(
          measured('performance-test', { ...reportOf(n4(n)), segment }, [run]),
          platform,
        ),
      );
    }
    ofVersion.set(name, { run, spec, evidence });
  }
  const { run, spec, evidence } = ofVersion.get(name) ?? { run: '', spec: '', evidence: [] };
  const changeRequest = await to.add(
    {
      type: 'change-record',
      actor: 'dev',
      subjectRef,
      content: {
        transition: 'production',
        class: 'standard',
        artifactDigest,
        spec,
        run,
        evidence,
        policy,
        packs: [made.packRecord],
        rulesVersion: '1',
        reason:
          at.again === true
            ? 'proposed again, with a better reason'
            : 'refitted on the data of last month',
        impact: 'the same population, newer data',
        rollback: 'the version before it',
      },
    },
    ['dev'],
  );
  const decide = (role: 'legal' | 'risk', decision: 'approve' | 'reject') => {
    const isLegal = role === 'legal';
    return to.add(
      {
        type: 'approval-record',
        actor: role,
        subjectRef,
        subjectDigest: changeRequest,
        content: {
          changeRequest,
          gate: 'gate/production-approval',
          role: isLegal ? 'legal' : 'model-risk',
          decision,
          meaning: isLegal ? 'lawful in its use' : 'its risk is within appetite',
          printedName: isLegal ? 'Legal Example' : 'Risk Example',
          statement: 'I have read the change request',
          evidence,
        },
      },
      [role],
    );
  };
  if (fate === 'R') await decide('legal', 'reject');
  if (fate !== 'P') return changeRequest;
  const approvals = [await decide('legal', 'approve'), await decide('risk', 'approve')];
  await to.add(
    {
      ...measured(
        'deployment-record',
        {
          environment: 'production',
          warrant: 'full',
          artifactDigest,
          spec,
          changeRequest,
          approvals,
          exceptions: [],
          policy,
          rulesVersion: '1',
          demonstration: true,
          notBefore: new Date(Date.now() - 60_000).toISOString(),
          expires: new Date(Date.now() + (at.isOver === true ? -1 : 29 * DAY_MS)).toISOString(),
          fallback: 'refuse',
          limits: {},
        },
        [changeRequest, ...approvals],
      ),
      kind: 'promote',
      producer: 'platform',
    },
    platform,
  );
  return changeRequest;
}

const warrantDaysMax = { high: 30, medium: 30, low: 30 };
const POLICY = {
  title: 'Promotion policy',
  version: '1',
  textDigest: '0'.repeat(64),
  policy: {
    id: 'bench',
    version: '1',
    transitions: {
      staging: { conditions: [], approvals: [], warrantDaysMax },
      production: {
        conditions: [
          { id: 'promotable-run', gate: 'gate/staging-submission', at: 'submit' },
          { id: 'independent-validation', gate: 'gate/production-approval', at: 'promote' },
        ],
        approvals: [
          {
            role: 'legal',
            count: 1,
            gate: 'gate/production-approval',
            meaning: 'lawful in its use',
          },
          {
            role: 'model-risk',
            count: 1,
            gate: 'gate/production-approval',
            meaning: 'its risk is within appetite',
          },
        ],
        warrantDaysMax,
      },
    },
    exceptions: [],
  },
};

const MANIFEST = { files: [{ path: 'model.onnx', digest: '3'.repeat(64), size: 1_000 }] };
const SPEC = { algorithm: 'logistic', fallback: { kind: 'refuse' } };

const VALIDATION = {
  title: 'Validation',
  author: 'val',
  sections: [{ heading: 'Conclusion', markdown: 'Sound.' }],
  facts: {},
  outcome: 'approved',
  rating: 'satisfactory',
  independence: 'took no part',
  relied: [],
};

function useOf({ named }: Made, model: string): string {
  return named.find((one) => one.model === model)?.content.uses[0] ?? 'provisioning';
}

function nameOf(n: number): string {
  return `model-${String(n + 1).padStart(3, '0')}`;
}

function entryOf(n: number, of: number) {
  const assumptions = n % 4 === 0 ? ['through-the-cycle default rates'] : [];
  const sources = n % 3 === 0 ? ['bureau-file'] : ['core-banking'];
  return {
    name: `Model ${String(n + 1).padStart(3, '0')}`,
    purpose: 'Estimates what a customer will owe at default.',
    owner: OWNERS[n % OWNERS.length],
    developer: 'dev',
    origin: 'built',
    businessLine: ['Retail lending', 'Treasury', 'Insurance', 'Fraud'][n % 4],
    jurisdictions: ['US'],
    uses: ['provisioning'],
    sources,
    assumptions,
    links:
      n > 0 && n % 2 === 0 && n < of ? [{ type: 'feeds', model: nameOf(Math.floor(n / 2)) }] : [],
  };
}

const TITLES = [
  'Income is missing for one applicant in nine',
  'The hold-out is older than the population it stands for',
  'No test on customers without a credit history',
  'Overrides are not taken back into the data',
  'Sensitivity to the unemployment path is not shown',
];

function findingOf(id: string, n: number) {
  return {
    id,
    title: TITLES[(n + (id === 'F-1' ? 0 : 2)) % TITLES.length],
    source: 'validation',
    severity: id === 'F-2' ? 'low' : n % 5 === 0 ? 'high' : 'medium',
    blocking: false,
    status: 'open',
    owner: 'dev',
    due: new Date(Date.now() + (30 + n) * DAY_MS).toISOString().slice(0, 10),
    description: 'Income is missing.',
  };
}

function overlayOf(n: number) {
  return {
    id: 'O-1',
    segment: 'self-employed',
    size: `+${(n % 9) + 1} %`,
    reason: 'few of them in the data',
    authority: 'exec',
    status: 'active',
    expires: new Date(Date.now() + (n + 1) * DAY_MS).toISOString(),
  };
}

function reportOf(value: string) {
  return {
    phase: 'development',
    data: { description: 'hold-out', digest: '2'.repeat(64), rows: 9_000 },
    measurements: [
      {
        metric: 'auc',
        value,
        n: 9_000,
        limit: { op: '>=', value: '0.7' },
        verdict: 'pass',
        method: 'point estimate',
      },
    ],
    detail: {},
    conclusion: 'pass',
  };
}

/** `0.7xxx`, another one for each number. */
function n4(n: number): string {
  return `0.7${String(100 + (n % 900))}`.replace(/0+$/, '');
}

function nodeDigest(text: string): string {
  return Buffer.from(nodePrimitives.sha256(new TextEncoder().encode(text))).toString('hex');
}
