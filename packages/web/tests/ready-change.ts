// SPDX-License-Identifier: Apache-2.0
import { canonicalBytes, sha256Hex } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { type PlatformDraft, recordByPlatform } from '../../server/src/records/index.ts';
import type { TestDraft, TestServer } from '../../server/tests/server-fixture.ts';

export const MODEL = 'credit';
export const USE = 'underwriting';

/** A version with what its gates ask for, proposed for production: everything but the approvals. */
export interface ReadyChange {
  readonly changeRequest: string;
  readonly evidence: readonly string[];
}

const firm = { scope: 'firm', subjectRef: { workspace: 'main' } } as const;
const use = { workspace: 'main', model: MODEL, use: USE } as const;

/** Records of persons by their own keys, and what the platform would have measured by the platform's. */
export async function readyChange(server: TestServer): Promise<ReadyChange> {
  const { person, platform } = recorders(server);
  const file = await server.context.blobs.put(new TextEncoder().encode('artefact of the test'));
  const manifest = { files: [{ path: 'model.onnx', ...file }] };
  // An artefact is named by its manifest, which names its files.
  const artifactDigest = sha256Hex(nodePrimitives, canonicalBytes(manifest));
  const text = await server.context.blobs.put(new TextEncoder().encode('# Validation'));
  const version = { ...use, version: 1, artifactDigest };
  const policy = await person(policyDraft(), ['risk', 'ada']);
  await person({ type: 'risk-tier', actor: 'risk', scope: 'use', subjectRef: use, content: TIER }, [
    'risk',
  ]);
  const request = await person(
    {
      type: 'run-request',
      actor: 'dev',
      scope: 'use',
      subjectRef: use,
      content: { job: 'run', params: {} },
    },
    ['dev'],
  );
  const measured = (type: PlatformDraft['type'], content: object): PlatformDraft => ({
    type,
    scope: 'version',
    subjectRef: version,
    producer: 'pipeline',
    source: [request],
    content,
  });
  const run = await platform(measured('training-run', { promotable: true, run: 'run-1' }));
  const made = await platform(measured('model-artifact', { run: 'run-1', manifest }));
  const spec = await platform(measured('model-spec', { algorithm: 'logistic' }));
  const report = await person(
    {
      type: 'validation-report',
      actor: 'val',
      scope: 'version',
      subjectRef: version,
      content: { ...REPORT, text: { ...text, mediaType: 'text/markdown' } },
    },
    ['val'],
  );
  const evidence = [run, made, spec, report];
  const changeRequest = await person(
    {
      type: 'change-record',
      actor: 'dev',
      scope: 'version',
      subjectRef: version,
      content: {
        transition: 'production',
        class: 'material',
        artifactDigest,
        spec,
        run,
        evidence,
        policy,
        packs: [],
        rulesVersion: '1',
        reason: 'First version of the scorecard, trained on applications of 2025.',
        impact: 'Replaces the manual queue for applications below 20,000.',
        rollback: 'Applications go back to the manual queue.',
      },
    },
    ['dev'],
  );
  return { changeRequest, evidence };
}

const TIER = { tier: 'low', computed: 'low', fairLending: false, floors: [] };

const REPORT = {
  title: 'Validation of the scorecard',
  author: 'val',
  sections: [{ heading: 'Conclusion', markdown: 'Sound.' }],
  facts: {},
  outcome: 'approved',
  rating: 'satisfactory',
  independence: 'took no part',
  relied: [],
};

function policyDraft(): TestDraft {
  const warrantDaysMax = { high: 30, medium: 30, low: 30 };
  const conditions = [
    { id: 'promotable-run', gate: 'gate/staging-submission', at: 'submit' },
    { id: 'independent-validation', gate: 'gate/production-approval', at: 'promote' },
    { id: 'reproducible', gate: 'gate/production-approval', at: 'promote' },
  ];
  const approvals = [
    { role: 'legal', count: 1, gate: 'gate/production-approval', meaning: 'lawful in its use' },
    {
      role: 'executive',
      count: 1,
      gate: 'gate/production-approval',
      meaning: 'accepted by the business',
      signing: 'key',
    },
  ];
  const staging = { conditions: [], approvals: [], warrantDaysMax };
  return {
    type: 'policy-document',
    kind: 'promotion-policy',
    actor: 'risk',
    ...firm,
    content: {
      title: 'Promotion policy',
      version: '1',
      textDigest: '0'.repeat(64),
      policy: {
        id: 'test',
        version: '1',
        transitions: { staging, production: { conditions, approvals, warrantDaysMax } },
        exceptions: [],
      },
    },
  };
}

/** How a test records as persons by their keys and as the platform by its own; each waits until the record counts. */
export function recorders(server: TestServer) {
  const { context } = server;
  return {
    person: async (draft: TestDraft, signers: readonly string[]): Promise<string> => {
      const envelopes = [await server.sign(draft, signers)];
      const answer = await server.as(draft.actor, {
        method: 'POST',
        url: '/v1/records',
        payload: { envelopes },
      });
      const reply = answer.json<{ records?: readonly { digest: string; state: string }[] }>();
      const [recorded] = reply.records ?? [];
      if (recorded?.state !== 'recorded') throw new Error(`${draft.type}: ${answer.body}`);
      return counted(server, recorded.digest);
    },
    platform: async (draft: PlatformDraft): Promise<string> => {
      const { digest } = await context.database.db
        .transaction()
        .execute((tx) => recordByPlatform(context, tx, draft));
      return counted(server, digest);
    },
  };
}

async function counted({ context }: TestServer, digest: string): Promise<string> {
  const set = await context.records.including([digest]);
  const refused = set.rejected.find((one) => one.digest === digest);
  if (refused !== undefined) throw new Error(`${digest} does not count: ${refused.reason}`);
  return digest;
}
