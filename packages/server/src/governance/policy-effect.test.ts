// SPDX-License-Identifier: Apache-2.0
import { type Json, readPolicy } from '@countersign/kernel';
import { describe, expect, test } from 'vitest';
import { POLICY, produce } from '../../../kernel/tests/credit-model.ts';
import { foundFirm } from '../../../kernel/tests/firm.ts';
import { policyEffect } from './policy-effect.ts';
import { policyTextDiff } from './policy-text-diff.ts';

type Tree = { [key: string]: Json };
const at = { workspace: 'main' } as const;

/** The policy of the fixture with something changed in its way to production. */
function changed(production: (before: Tree) => Tree) {
  const policy = structuredClone(POLICY) as Tree;
  const transitions = policy.transitions as Tree;
  transitions.production = production(transitions.production as Tree);
  return readPolicy(policy);
}

describe('the effect of a policy on a version in production', () => {
  test('of the same policy is none, of its two warrants', async () => {
    const firm = await foundFirm();
    await produce(firm);
    const effect = policyEffect(firm.set(), readPolicy(POLICY), { ...at, now: firm.now() });
    expect(effect).toEqual({ requests: 0, warrants: 2, affected: 0, stopped: 0, items: [] });
  });

  test('that asks compliance too names the warrant that nobody of compliance signed', async () => {
    const firm = await foundFirm();
    const { production } = await produce(firm);
    const policy = changed((before) => ({
      ...before,
      approvals: [
        ...(before.approvals as Json[]),
        { role: 'compliance', count: 1, gate: 'gate/approval', meaning: 'compliant' },
      ],
    }));
    const { items, ...counts } = policyEffect(firm.set(), policy, { ...at, now: firm.now() });
    expect(counts).toEqual({ requests: 0, warrants: 2, affected: 1, stopped: 1 });
    expect(items).toMatchObject([
      {
        kind: 'warrant',
        digest: production,
        newlyMissing: ['gate/approval: 1 approval by compliance missing'],
        noLongerAsked: [],
      },
    ]);
  });

  test('that drops a condition and shortens warrants says both', async () => {
    const firm = await foundFirm();
    const { production } = await produce(firm);
    const policy = changed((before) => ({
      ...before,
      conditions: (before.conditions as Tree[]).filter(({ id }) => id !== 'bias'),
      warrantDaysMax: { high: 10, medium: 10, low: 10 },
    }));
    const { items, stopped } = policyEffect(firm.set(), policy, { ...at, now: firm.now() });
    expect(stopped).toBe(1);
    const [item] = items;
    expect(item?.digest).toBe(production);
    expect(item?.noLongerAsked).toEqual(['gate/approval: bias']);
    expect(item?.newlyMissing).toEqual([]);
    // The fixture's warrant runs 30 days from its first moment; ten of them are left by the new policy.
    const warrant = firm.set().byDigest.get(production)?.statement.predicate.content;
    const days =
      (Date.parse(item?.endsEarlier ?? '') - Date.parse(String(warrant?.notBefore))) / 864e5;
    expect(days).toBe(10);
  });
});

describe('the difference between two policies', () => {
  test('is one line a rule, with its place', () => {
    const later = structuredClone(POLICY) as Tree;
    later.version = '2';
    (later.exceptions as Tree[])[0] = { condition: 'bias', signers: ['legal'], daysMax: 30 };
    expect(policyTextDiff(POLICY, later)).toEqual([
      { op: '-', line: 'version: "1.0.0"' },
      { op: '+', line: 'version: "2"' },
      {
        op: '-',
        line: 'exceptions: {"condition":"bias","daysMax":180,"signers":["model-risk","compliance"]}',
      },
      { op: '+', line: 'exceptions: {"condition":"bias","daysMax":30,"signers":["legal"]}' },
    ]);
  });

  test('of a document and itself is nothing; of very long ones it is given whole in bounded time', () => {
    expect(policyTextDiff(POLICY, POLICY)).toEqual([]);
    const long = (mark: string) => Array.from({ length: 3000 }, (_, n) => `${mark}${n}`);
    const lines = policyTextDiff({ a: long('x') }, { a: long('y') });
    expect(lines).toHaveLength(6000);
  });
});
