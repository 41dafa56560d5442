// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { judgeChangeRequest, nextFindingId, versionContext } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { describe, expect, test } from 'vitest';
import {
  approve,
  build,
  type Candidate,
  intake,
  MODEL,
  submit,
  USE,
  validate,
} from '../../../kernel/tests/credit-model.ts';
import { type Firm, foundFirm, WORKSPACE } from '../../../kernel/tests/firm.ts';
import { loadPromotionPolicy } from '../registry/index.ts';
import { changeRequestView, listChangeRequests } from './change-requests.ts';
import { findingsRegister } from './findings.ts';
import { inbox } from './inbox.ts';
import { prepareChangeRequest } from './prepare-change-request.ts';
import { warrantTerms } from './warrant-terms.ts';

const POLICY = (
  await loadPromotionPolicy(join(import.meta.dirname, '../../../../policies/promotion.yaml'))
).json;
const SPEC = { fallback: { kind: 'manual-queue', detail: 'a clerk decides' } };
const DAY_MS = 86_400_000;
const RATIO = 'approval-ratio/age=under 25';

async function candidateOf(firm: Firm, bias: 'pass' | 'inconclusive' = 'pass'): Promise<Candidate> {
  const candidate = await build(firm, await intake(firm, POLICY), { bias, spec: SPEC });
  await firm.add(
    {
      type: 'feature-catalogue',
      kind: 'measured',
      producer: 'pipeline',
      subjectRef: candidate.ref,
      content: { inputs: [], lacking: [], screen: null, transformations: [] },
    },
    'platform',
  );
  return candidate;
}

function finding(firm: Firm, at: { status: string; id?: string; supersedes?: string }) {
  return firm.add(
    {
      type: 'finding',
      scope: 'use',
      subjectRef: { workspace: WORKSPACE, model: MODEL, use: USE },
      ...(at.supersedes === undefined ? {} : { supersedes: at.supersedes }),
      content: {
        id: at.id ?? 'F-1',
        title: 'Missing values',
        source: 'validation',
        severity: 'medium',
        blocking: true,
        status: at.status,
        owner: 'omar',
        due: '2026-04-01',
        description: 'An incomplete application must not be scored.',
      },
    },
    'vera',
  );
}

async function except(
  firm: Firm,
  candidate: Candidate,
  signers: readonly ('cora' | 'lena' | 'mia')[],
) {
  return firm.add(
    {
      type: 'exception-record',
      subjectRef: candidate.ref,
      content: {
        condition: 'bias',
        measurements: [RATIO],
        reason: 'too few young applicants to tell',
        limits: 'Demonstration only.',
        extraMonitoring: 'every window',
        expires: new Date(Date.parse(firm.now()) + 30 * DAY_MS).toISOString(),
      },
    },
    ...signers,
  );
}

function terms(firm: Firm, change: string) {
  const set = firm.set();
  const verdict = judgeChangeRequest(set, change, { phase: 'promote', now: firm.now() });
  const found = versionContext(set, { workspace: WORKSPACE, model: MODEL, use: USE, version: 1 });
  if (!found.ok) throw new Error(found.reason);
  const record = set.byDigest.get(change)!;
  return {
    verdict,
    warrant: warrantTerms(set, { record, context: found.context, verdict, now: firm.now() }),
  };
}

describe('a prepared change request', () => {
  test('freezes evidence, policy and packs, and is judged as if it were signed', async () => {
    const firm = await foundFirm();
    const candidate = await candidateOf(firm);
    const words = { reason: 'first', impact: 'new', rollback: 'manual' };
    const proposal = { workspace: WORKSPACE, model: MODEL, use: USE, version: 1, ...words };
    const set = firm.set();
    const at = { actor: 'dana', now: firm.now() };
    const prepared = prepareChangeRequest(
      nodePrimitives,
      set,
      { ...proposal, transition: 'staging' },
      at,
    );
    const types = (prepared.statement.predicate.content.evidence as readonly string[]).map(
      (digest) => set.byDigest.get(digest)?.statement.predicate.type,
    );
    expect(types).toContain('fairness-test');
    expect(types).toContain('risk-tier');
    expect(types).not.toContain('run-request');
    expect(types).not.toContain('policy-document');
    expect(prepared.statement.predicate.content).toMatchObject({
      policy: candidate.policy,
      packs: [candidate.pack],
      artifactDigest: candidate.artifactDigest,
    });
    expect(prepared.verdict).toMatchObject({ allowed: true, missing: [] });
  });

  test('of a firm without a promotion policy is refused with the lack', async () => {
    const firm = await foundFirm();
    await build(firm, { policy: '0'.repeat(64), pack: '0'.repeat(64) });
    const proposal = {
      workspace: WORKSPACE,
      model: MODEL,
      use: USE,
      version: 1,
      transition: 'staging' as const,
      reason: 'r',
      impact: 'i',
      rollback: 'b',
    };
    expect(() =>
      prepareChangeRequest(nodePrimitives, firm.set(), proposal, {
        actor: 'dana',
        now: firm.now(),
      }),
    ).toThrow('no promotion policy is in force');
  });
});

describe('an exception from an inconclusive criterion', () => {
  test('needs compliance and legal, makes the warrant provisional and ends it with itself', async () => {
    const firm = await foundFirm();
    const candidate = await candidateOf(firm, 'inconclusive');
    const change = await submit(firm, candidate, 'staging');
    await validate(firm, candidate);
    await approve(firm, candidate, change, {
      by: 'vera',
      role: 'validator',
      gate: 'gate/validation',
    });
    expect(terms(firm, change).verdict.missing.join()).toContain(`${RATIO} = 0.82`);
    await except(firm, candidate, ['mia', 'cora']);
    expect(terms(firm, change).verdict.missing.join()).toContain(
      'no independent signature in the role `legal`',
    );
    const exception = await except(firm, candidate, ['cora', 'lena']);
    const { verdict, warrant } = terms(firm, change);
    expect(verdict.allowed).toBe(true);
    expect(warrant).toMatchObject({
      warrant: 'provisional',
      exceptions: [exception],
      fallback: 'manual-queue',
      limits: { exceptions: 'Demonstration only.' },
    });
    const days = (Date.parse(warrant.expires) - Date.parse(firm.now())) / DAY_MS;
    expect(Math.round(days)).toBe(30);
  });

  test('is not needed otherwise: the warrant is full and ends with the policy’s time for the tier', async () => {
    const firm = await foundFirm();
    const candidate = await candidateOf(firm);
    const change = await submit(firm, candidate, 'staging');
    await validate(firm, candidate);
    await approve(firm, candidate, change, {
      by: 'vera',
      role: 'validator',
      gate: 'gate/validation',
    });
    const { warrant } = terms(firm, change);
    expect(warrant).toMatchObject({ warrant: 'full', exceptions: [] });
    expect((Date.parse(warrant.expires) - Date.parse(firm.now())) / DAY_MS).toBe(90);
  });
});

describe('the findings register', () => {
  test('shows each finding in its state in force, with its history, and the next free id', async () => {
    const firm = await foundFirm();
    expect(nextFindingId(firm.set(), WORKSPACE, MODEL)).toBe('F-1');
    const opened = await finding(firm, { status: 'open' });
    const answered = await finding(firm, { status: 'responded', supersedes: opened });
    await finding(firm, { status: 'closed', supersedes: answered });
    await finding(firm, { status: 'open', id: 'F-10' });
    const register = findingsRegister(firm.set(), { workspace: WORKSPACE });
    expect(register.map(({ id, content }) => [id, content.status])).toEqual([
      ['F-1', 'closed'],
      ['F-10', 'open'],
    ]);
    expect(register[0]?.history.map(({ status }) => status)).toEqual([
      'open',
      'responded',
      'closed',
    ]);
    expect(nextFindingId(firm.set(), WORKSPACE, MODEL)).toBe('F-11');
    expect(findingsRegister(firm.set(), { workspace: WORKSPACE, status: 'open' })).toHaveLength(1);
  });

  test('closing a finding voids no approval, since requests do not freeze findings', async () => {
    const firm = await foundFirm();
    const candidate = await candidateOf(firm);
    const opened = await finding(firm, { status: 'open' });
    const words = { reason: 'first', impact: 'new', rollback: 'manual' };
    const prepared = prepareChangeRequest(
      nodePrimitives,
      firm.set(),
      { workspace: WORKSPACE, model: MODEL, use: USE, version: 1, transition: 'staging', ...words },
      { actor: 'dana', now: firm.now() },
    );
    const evidence = prepared.statement.predicate.content.evidence as readonly string[];
    const change = await submit(firm, candidate, 'staging', 'dana', { evidence });
    await validate(firm, candidate);
    const view = changeRequestView(firm.set(), change, firm.now());
    await approve(firm, candidate, change, {
      by: 'vera',
      role: 'validator',
      gate: 'gate/validation',
      evidence: view.evidence,
    });
    expect(changeRequestView(firm.set(), change, firm.now()).verdict.missing).toEqual([
      expect.stringContaining('finding F-1 (medium) is open'),
    ]);
    await finding(firm, { status: 'closed', supersedes: opened });
    const [listed] = listChangeRequests(firm.set(), { now: firm.now() });
    expect(listed?.state).toBe('ready');
  });
});

describe('a change request', () => {
  test('is rejected by a rejection and replaced by a later one', async () => {
    const firm = await foundFirm();
    const candidate = await candidateOf(firm);
    const first = await submit(firm, candidate, 'staging');
    const second = await submit(firm, candidate, 'staging');
    await approve(firm, candidate, second, {
      by: 'vera',
      role: 'validator',
      gate: 'gate/validation',
      decision: 'reject',
    });
    const states = listChangeRequests(firm.set(), { now: firm.now() }).map((one) => [
      one.digest,
      one.state,
    ]);
    expect(states).toEqual([
      [second, 'rejected'],
      [first, 'replaced'],
    ]);
  });

  test('that is not in the log is unknown', async () => {
    const firm = await foundFirm();
    expect(() => changeRequestView(firm.set(), 'f'.repeat(64), firm.now())).toThrow(
      'no change request',
    );
  });
});

describe('the inbox', () => {
  const items = (
    firm: Firm,
    account: string,
    roles: readonly ('validator' | 'developer' | 'model-owner')[],
  ) =>
    inbox(firm.set(), { workspace: WORKSPACE, account, roles, now: firm.now() }).map(
      ({ kind }) => kind,
    );

  test('asks an independent validator to assess and approve, and a developer with the role for nothing to sign', async () => {
    const firm = await foundFirm();
    const candidate = await candidateOf(firm);
    const change = await submit(firm, candidate, 'staging');
    expect(items(firm, 'vera', ['validator'])).toEqual(['approve', 'assess']);
    // Of the developer's team: barred from both.
    expect(items(firm, 'vic', ['validator', 'developer'])).toEqual([]);
    await validate(firm, candidate);
    await approve(firm, candidate, change, {
      by: 'vera',
      role: 'validator',
      gate: 'gate/validation',
    });
    expect(items(firm, 'vera', ['validator'])).toEqual([]);
    expect(items(firm, 'omar', ['model-owner'])).toEqual(['promote']);
  });
});
