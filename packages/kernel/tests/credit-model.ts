// SPDX-License-Identifier: Apache-2.0
// One credit model taken through the records that a promotion rests on.
import { canonicalBytes, type Json, sha256Hex } from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { type Draft, WORKSPACE } from './firm.ts';

export const MODEL = 'consumer-credit';
export const USE = 'underwriting';

export const POLICY: Json = {
  id: 'promotion',
  version: '1.0.0',
  transitions: {
    staging: {
      conditions: [
        { id: 'promotable-run', gate: 'gate/train', at: 'submit' },
        { id: 'evidence-complete', gate: 'gate/candidate', at: 'submit' },
        { id: 'threshold-floors', gate: 'gate/candidate', at: 'submit' },
        { id: 'performance', gate: 'gate/candidate', at: 'submit' },
        { id: 'bias', gate: 'gate/candidate', at: 'submit', when: { fairLending: true } },
        { id: 'reproducible', gate: 'gate/validation', at: 'promote' },
        { id: 'independent-validation', gate: 'gate/validation', at: 'promote' },
        { id: 'findings', gate: 'gate/validation', at: 'promote' },
      ],
      approvals: [{ role: 'validator', count: 1, gate: 'gate/validation', meaning: 'validated' }],
      warrantDaysMax: { high: 90, medium: 90, low: 90 },
    },
    production: {
      conditions: [
        { id: 'staged', gate: 'gate/deploy', at: 'submit' },
        { id: 'parity', gate: 'gate/deploy', at: 'promote' },
        { id: 'bias', gate: 'gate/approval', at: 'submit' },
      ],
      approvals: [
        {
          role: 'legal',
          count: 1,
          gate: 'gate/approval',
          meaning: 'fair-lending review',
          when: { fairLending: true },
        },
        {
          role: 'executive',
          count: 1,
          gate: 'gate/approval',
          meaning: 'risk accepted',
          when: { tier: ['high'] },
        },
      ],
      warrantDaysMax: { high: 365, medium: 540, low: 730 },
    },
  },
  exceptions: [{ condition: 'bias', signers: ['model-risk', 'compliance'], daysMax: 180 }],
};

export const PACK: Json = {
  id: 'test-pack',
  version: '1.0.0',
  title: 'Test pack',
  authority: 'none',
  force: 'house',
  effectiveFrom: '2026-01-01',
  effectiveTo: null,
  supersedes: [],
  appliesIf: {},
  notes: [],
  clauses: [
    clause('test-pack/purpose', ['intended-use'], ['gate/intake']),
    clause('test-pack/data', ['dataset-snapshot'], ['gate/data']),
    clause('test-pack/testing', ['performance-test', 'test-plan'], ['gate/candidate']),
    clause('test-pack/validation', ['validation-report', 'finding'], ['gate/validation']),
    clause('test-pack/monitoring', ['monitoring-result'], ['check/drift']),
  ],
  documents: [],
  retention: [],
};

function clause(id: string, evidence: readonly string[], enforcedBy: readonly string[]): Json {
  return {
    id,
    ref: 'section 1',
    basis: 'guidance',
    requirement: 'something sound',
    evidence: evidence.map((one) => ({ id: one })),
    producers: ['human'],
    enforcedBy,
    level: { high: 'block', medium: 'block', low: 'warn' },
  };
}

/** Where records go: the test firm's own log, or a server that is given them over its API. */
export interface Recorder {
  /** Signed by these, the first of whom acts. */
  add(draft: Draft, ...signers: readonly string[]): Promise<string>;
  now(): string;
}

export const hex = (text: string): string => sha256Hex(p, new TextEncoder().encode(text));

export interface Candidate {
  readonly version: number;
  readonly artifactDigest: string;
  readonly ref: {
    workspace: string;
    model: string;
    use: string;
    version: number;
    artifactDigest: string;
  };
  readonly run: string;
  readonly spec: string;
  readonly policy: string;
  readonly pack: string;
}

/** Policy, pack, intake: what a firm signs before a model exists. */
export async function intake(firm: Recorder, policy: Json = POLICY) {
  const use = { workspace: WORKSPACE, model: MODEL, use: USE };
  const document = (kind: string, content: Draft['content']): Draft => ({
    type: 'policy-document',
    kind,
    scope: 'firm',
    subjectRef: { workspace: WORKSPACE },
    content: { title: kind, version: '1.0.0', textDigest: hex(kind), ...content },
  });
  const policyDigest = await firm.add(document('promotion-policy', { policy }), 'ada', 'mia');
  const pack = await firm.add(document('framework-pack', { pack: PACK }), 'ada', 'mia');
  await firm.add(
    {
      type: 'scope-determination',
      scope: 'use',
      subjectRef: use,
      content: {
        pack: 'test-pack',
        inScope: true,
        rationale: 'house rule',
        revisitTrigger: 'none',
      },
    },
    'mia',
  );
  await firm.add({ type: 'intended-use', scope: 'use', subjectRef: use, content: {} }, 'omar');
  await firm.add(
    {
      type: 'risk-tier',
      scope: 'use',
      subjectRef: use,
      content: {
        computed: 'high',
        tier: 'high',
        fairLending: true,
        floors: [{ metric: 'auc', op: '>=', value: '0.65' }],
      },
    },
    'mia',
  );
  return { policy: policyDigest, pack };
}

export interface BuildOptions {
  readonly version?: number;
  readonly promotable?: boolean;
  readonly requestedBy?: string;
  readonly bias?: 'pass' | 'fail' | 'inconclusive' | 'too-few';
  readonly aucLimit?: string;
  readonly authors?: readonly Json[];
  /** Files of the artefact; the first is its entry. */
  readonly files?: readonly {
    readonly path: string;
    readonly digest: string;
    readonly size: number;
  }[];
  /** What the manifest says otherwise, such as its scorer. */
  readonly manifest?: { readonly [name: string]: Json };
  readonly spec?: Draft['content'];
}

/** A run with its developer tests. */
export async function build(
  firm: Recorder,
  signed: { policy: string; pack: string },
  options: BuildOptions = {},
): Promise<Candidate> {
  const version = options.version ?? 1;
  const files = options.files ?? [];
  const entry = files[0]?.path ?? `model-${version}.onnx`;
  const manifest = { v: 1, scorer: 'onnx', entry, files, ...options.manifest };
  const artifactDigest = sha256Hex(p, canonicalBytes(manifest));
  const ref = { workspace: WORKSPACE, model: MODEL, use: USE, version, artifactDigest };
  const measured = (draft: Draft) =>
    firm.add({ producer: 'pipeline', basis: 'measured', subjectRef: ref, ...draft }, 'platform');
  const request = await firm.add(
    {
      type: 'run-request',
      subjectRef: { workspace: WORKSPACE, model: MODEL },
      scope: 'model',
      content: { job: 'run' },
    },
    options.requestedBy ?? 'dana',
  );
  const dataset = { workspace: WORKSPACE, model: MODEL, dataset: 'applications' };
  await measured({ type: 'dataset-snapshot', scope: 'dataset', subjectRef: dataset, content: {} });
  await measured({ type: 'model-artifact', content: { manifest } });
  await measured({
    type: 'source-revision',
    content: { authors: options.authors ?? [{ email: 'dana@firm.example', account: 'dana' }] },
  });
  const spec = await measured({ type: 'model-spec', content: options.spec ?? { cutoff: '0.2' } });
  const run = await measured({
    type: 'training-run',
    source: [request],
    content: { promotable: options.promotable ?? true },
  });
  const limit = { metric: 'auc', op: '>=', value: options.aucLimit ?? '0.7' };
  await measured({ type: 'test-plan', kind: 'development', content: { limits: [limit] } });
  await measured({
    type: 'performance-test',
    content: report([
      { metric: 'auc', value: '0.78', verdict: 'pass', limit: { op: '>=', value: '0.7' } },
    ]),
  });
  const air = {
    metric: 'approval-ratio',
    group: 'age=under 25',
    value: '0.82',
    limit: { op: '>=', value: '0.8' },
  };
  await measured({
    type: 'fairness-test',
    content: report([{ ...air, verdict: options.bias ?? 'pass' }]),
  });
  return { version, artifactDigest, ref, run, spec, ...signed };
}

export function report(measurements: readonly Json[]): Draft['content'] {
  return { phase: 'development', measurements, detail: {}, conclusion: 'pass' };
}

export async function submit(
  firm: Recorder,
  candidate: Candidate,
  transition: 'staging' | 'production',
  by: string = 'dana',
  change: { readonly [key: string]: Json } = {},
): Promise<string> {
  return firm.add(
    {
      type: 'change-record',
      kind: 'standard',
      subjectRef: candidate.ref,
      content: {
        transition,
        class: 'standard',
        artifactDigest: candidate.artifactDigest,
        spec: candidate.spec,
        run: candidate.run,
        evidence: [candidate.run, candidate.spec],
        policy: candidate.policy,
        packs: [candidate.pack],
        rulesVersion: '1',
        reason: 'first version',
        impact: 'new scorecard',
        rollback: 'manual underwriting',
        ...change,
      },
    },
    by,
  );
}

export interface ApproveOptions {
  readonly by: string;
  readonly role: string;
  readonly gate: string;
  readonly decision?: string;
  readonly subject?: string;
  readonly evidence?: readonly string[];
}

export async function approve(
  firm: Recorder,
  candidate: Candidate,
  changeRequest: string,
  options: ApproveOptions,
): Promise<string> {
  return firm.add(
    {
      type: 'approval-record',
      subjectRef: candidate.ref,
      subject: [{ name: 'change-request', digest: { sha256: options.subject ?? changeRequest } }],
      content: {
        changeRequest,
        gate: options.gate,
        role: options.role,
        decision: options.decision ?? 'approve',
        meaning: 'approved',
        printedName: options.by,
        statement: 'I approve.',
        evidence: options.evidence ?? [candidate.run, candidate.spec],
      },
    },
    options.by,
  );
}

/** The validator's work before staging. */
export async function validate(
  firm: Recorder,
  candidate: Candidate,
  by: string = 'vera',
): Promise<void> {
  const { ref } = candidate;
  await firm.add(
    { type: 'reproduction-attestation', subjectRef: ref, content: { verdict: 'byte-identical' } },
    'platform',
  );
  await firm.add(
    { type: 'validation-report', subjectRef: ref, content: { outcome: 'approved' } },
    by,
  );
}

export async function warrant(
  firm: Recorder,
  candidate: Candidate,
  changeRequest: string,
  change: { readonly [key: string]: Json } = {},
): Promise<string> {
  return firm.add(
    {
      type: 'deployment-record',
      kind: 'promote',
      producer: 'registry',
      subjectRef: candidate.ref,
      content: {
        environment: 'staging',
        warrant: 'full',
        artifactDigest: candidate.artifactDigest,
        spec: candidate.spec,
        changeRequest,
        approvals: [],
        exceptions: [],
        policy: candidate.policy,
        rulesVersion: '1',
        demonstration: true,
        notBefore: firm.now(),
        expires: new Date(Date.parse(firm.now()) + 86_400_000 * 30).toISOString(),
        fallback: 'manual-queue',
        limits: {},
        ...change,
      },
    },
    'platform',
  );
}

/** Everything up to a staging warrant. */
export async function stage(firm: Recorder, options: BuildOptions = {}) {
  const signed = await intake(firm);
  const candidate = await build(firm, signed, options);
  const change = await submit(firm, candidate, 'staging');
  await validate(firm, candidate);
  await approve(firm, candidate, change, {
    by: 'vera',
    role: 'validator',
    gate: 'gate/validation',
  });
  return { candidate, change, staging: await warrant(firm, candidate, change) };
}

/** Everything up to a production warrant. */
export async function produce(
  firm: Recorder,
  change: { readonly [key: string]: Json } = {},
  options: BuildOptions = {},
) {
  const { candidate } = await stage(firm, options);
  await firm.add(
    {
      type: 'implementation-test',
      subjectRef: candidate.ref,
      content: report([{ metric: 'flipped-decisions', value: '0', verdict: 'pass' }]),
    },
    'platform',
  );
  const request = await submit(firm, candidate, 'production');
  await approve(firm, candidate, request, { by: 'lena', role: 'legal', gate: 'gate/approval' });
  await approve(firm, candidate, request, { by: 'eve', role: 'executive', gate: 'gate/approval' });
  const production = await warrant(firm, candidate, request, {
    environment: 'production',
    ...change,
  });
  return { candidate, request, production };
}
