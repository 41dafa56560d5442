// SPDX-License-Identifier: Apache-2.0
import {
  completeness,
  type DueStage,
  type Json,
  judgeChangeRequest,
  parsePack,
  versionContext,
} from '@countersign/kernel';
import { expect, test } from 'vitest';
import { build, type Candidate, intake, PACK, POLICY, report, submit } from './credit-model.ts';
import { type Firm, foundFirm, WORKSPACE } from './firm.ts';

type Members = { readonly [name: string]: Json };
const members = (json: Json | undefined) => json as Members; // the fixtures are objects

/** The firm's policy with the condition beside its others. */
function strictPolicy(): Json {
  const { staging, production } = members(members(POLICY).transitions);
  const conditions = members(staging).conditions as readonly Json[]; // a list in the fixture
  const rule = { id: 'feature-catalogue', gate: 'gate/candidate', at: 'submit' };
  const strict = { ...members(staging), conditions: [...conditions, rule] };
  return { ...members(POLICY), transitions: { staging: strict, production: production ?? null } };
}

const entry = (input: string, what: readonly string[]) => ({ input, what });
const LACKING = [entry('income', ['a justification', 'a definition'])];

const catalogue = (firm: Firm, candidate: Candidate, lacking: Json, by: 'platform' | 'dana') =>
  firm.add(
    {
      type: 'feature-catalogue',
      kind: 'measured',
      subjectRef: candidate.ref,
      content: { inputs: [], lacking, screen: null, transformations: [] },
    },
    by,
  );

const paper = (firm: Firm) =>
  firm.add(
    {
      type: 'feature-catalogue',
      scope: 'model',
      subjectRef: { workspace: WORKSPACE, model: 'consumer-credit' },
      content: { title: 'Features', author: 'dana', sections: [], facts: {} },
    },
    'dana',
  );

async function candidate(policy?: Json) {
  const firm = await foundFirm();
  const made = await build(firm, await intake(firm, policy));
  const missing = async () => {
    const change = await submit(firm, made, 'staging');
    const verdict = judgeChangeRequest(firm.set(), change, { phase: 'submit', now: firm.now() });
    return verdict.missing;
  };
  return { firm, made, missing };
}

test('a policy that names the condition refuses a version whose catalogue is absent or incomplete', async () => {
  const { firm, made, missing } = await candidate(strictPolicy());
  expect(await missing()).toEqual([
    'gate/candidate feature-catalogue (fail): no feature catalogue was made of the run: run it again',
  ]);
  // The authors' paper says what it says; that every input has an entry is measured.
  await paper(firm);
  expect(await missing()).toHaveLength(1);
  await catalogue(firm, made, LACKING, 'platform');
  expect(await missing()).toEqual([
    'gate/candidate feature-catalogue (fail): feature catalogue: `income` lacks a justification; a definition',
  ]);
});

test('a complete catalogue passes it, and one that a person signed does not count', async () => {
  const { firm, made, missing } = await candidate(strictPolicy());
  await catalogue(firm, made, [], 'dana');
  expect((await missing()).join()).toContain('no feature catalogue was made of the run');
  await catalogue(firm, made, [], 'platform');
  expect(await missing()).toEqual([]);
});

test('a policy that does not name it asks for nothing new', async () => {
  const { firm, made, missing } = await candidate();
  await catalogue(firm, made, LACKING, 'platform');
  expect(await missing()).toEqual([]);
});

const ASKING = {
  ...members(PACK),
  clauses: [
    {
      ...members((members(PACK).clauses as readonly Json[])[0]),
      id: 'test-pack/features',
      evidence: [{ id: 'feature-catalogue' }],
      enforcedBy: ['gate/candidate'],
    },
  ],
};

function clauseStatus(firm: Firm, made: Candidate, reached: DueStage = 'candidate') {
  const parsed = parsePack(ASKING);
  const found = versionContext(firm.set(), made.ref);
  if (!parsed.ok || !found.ok) throw new Error('the fixture is no pack, or no version');
  const query = { tier: 'high', origin: 'built', reached, now: firm.now() } as const;
  const carried = new Map([['feature-catalogue' as const, made.run]]);
  const judge = (more: object) =>
    completeness(firm.set(), found.context, parsed.pack, { ...query, ...more })[0]?.status;
  return { plain: judge({}), carried: judge({ carried }) };
}

test('a clause that asks for the catalogue is met by a complete one or a paper, and missing beside an incomplete one', async () => {
  const { firm, made } = await candidate();
  expect(clauseStatus(firm, made)).toEqual({ plain: 'missing', carried: 'carried' });
  await paper(firm);
  expect(clauseStatus(firm, made).plain).toBe('met');
  await catalogue(firm, made, LACKING, 'platform');
  // What another version has cannot stand for what this one was found to lack.
  expect(clauseStatus(firm, made)).toEqual({ plain: 'missing', carried: 'missing' });
  const again = await foundFirm();
  const other = await build(again, await intake(again));
  await catalogue(again, other, [], 'platform');
  expect(clauseStatus(again, other).plain).toBe('met');
});

test('a violated design constraint fails the candidate, in the words of the file', async () => {
  const { firm, made, missing } = await candidate();
  const words = 'The larger the amount, the higher the score';
  const measured = (value: string, verdict: string) =>
    firm.add(
      {
        type: 'robustness-test',
        kind: 'design',
        subjectRef: made.ref,
        content: report([
          {
            metric: 'constraint_violations',
            segment: `constraint=${words}`,
            value,
            verdict,
            limit: { op: '<=', value: '0' },
          },
        ]),
      },
      'platform',
    );
  await measured('57', 'fail');
  expect(await missing()).toEqual([
    `gate/candidate performance (fail): constraint_violations/constraint=${words} = 57 (limit <= 0): fail`,
  ]);
  // The newest report of the kind is judged; one that could not be checked passes nothing silently.
  await measured('not defined', 'inconclusive');
  expect((await missing()).join()).toContain('performance (inconclusive)');
  await measured('0', 'pass');
  expect(await missing()).toEqual([]);
});
