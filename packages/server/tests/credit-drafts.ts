// SPDX-License-Identifier: Apache-2.0
// What a suite needs to bring one version of one model as far as a change request, as drafts.
import type { PlatformDraft } from '../src/records/index.ts';
import type { TestDraft } from './server-fixture.ts';

export const ARTIFACT = 'a'.repeat(64);
export const useRef = { workspace: 'main', model: 'credit', use: 'underwriting' };
export const versionRef = { ...useRef, version: 1, artifactDigest: ARTIFACT };

/** What the pipeline says of the version. */
export function measured(
  type: PlatformDraft['type'],
  content: object,
  source: string[] = [],
): PlatformDraft {
  return { type, scope: 'version', subjectRef: versionRef, producer: 'pipeline', source, content };
}

export function policyDraft(policy: unknown, version = '1'): TestDraft {
  return {
    type: 'policy-document',
    kind: 'promotion-policy',
    actor: 'risk',
    scope: 'firm',
    subjectRef: { workspace: 'main' },
    content: { title: 'Promotion policy', version, textDigest: '0'.repeat(64), policy },
  };
}

export function tierDraft(tier: string): TestDraft {
  return {
    type: 'risk-tier',
    actor: 'risk',
    scope: 'use',
    subjectRef: useRef,
    content: { tier, computed: tier, fairLending: false, floors: [] },
  };
}

export function runRequestDraft(): TestDraft {
  return {
    type: 'run-request',
    actor: 'dev',
    subjectRef: useRef,
    scope: 'use',
    content: { job: 'run', params: {} },
  };
}

/** To production; standard unless `over` says otherwise. */
export function changeDraft(
  of: { readonly policy: string; readonly spec: string; readonly run: string },
  over: object = {},
): TestDraft {
  return {
    type: 'change-record',
    actor: 'dev',
    scope: 'version',
    subjectRef: versionRef,
    content: {
      transition: 'production',
      class: 'standard',
      artifactDigest: ARTIFACT,
      spec: of.spec,
      run: of.run,
      evidence: [],
      policy: of.policy,
      packs: [],
      rulesVersion: '1',
      reason: 'first version',
      impact: 'new',
      rollback: 'none before it',
      ...over,
    },
  };
}
