// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROLES, type Role } from '@countersign/kernel';
import { describe, expect, test } from 'vitest';
import { type AccessQuestion, loadAccessPolicies } from './access.ts';

const policies = loadAccessPolicies();
const POLICIES = join(import.meta.dirname, '../../../../policies');

const STAFF = 'developer model-risk validator legal compliance executive model-owner operator';
const write = (recordType: string) => ({ action: 'records:write', recordType }) as AccessQuestion;
const job = (kind: string): AccessQuestion => ({ action: 'jobs:run', job: kind });
const plain = (action: string) => ({ action }) as AccessQuestion;

/** Every question with the roles that may; every other role may not. */
const TABLE: readonly [name: string, question: AccessQuestion, may: string][] = [
  ['see who they are', plain('session'), ROLES.join(' ')],
  ['read people', plain('people:read'), `${STAFF} administrator auditor`],
  ['make accounts', plain('people:write'), 'administrator'],
  ['read records', plain('records:read'), `${STAFF} administrator auditor external-validator`],
  [
    'read the registry',
    plain('registry:read'),
    `${STAFF} administrator auditor user external-validator`,
  ],
  ['read jobs', plain('jobs:read'), `${STAFF} administrator auditor external-validator`],
  ['read changes', plain('changes:read'), `${STAFF} administrator auditor external-validator`],
  [
    'read documents',
    plain('documents:read'),
    `${STAFF} administrator auditor user external-validator`,
  ],
  [
    'read decisions',
    plain('decisions:read'),
    'model-owner model-risk validator compliance legal executive operator auditor',
  ],
  [
    'export case files',
    plain('export'),
    'model-owner model-risk validator compliance legal executive operator auditor',
  ],
  ['read attempts', plain('audit:read'), 'auditor administrator'],
  [
    'read blobs',
    { action: 'blobs:read', sealed: false },
    `${STAFF} administrator auditor external-validator`,
  ],
  ['read sealed rows', { action: 'blobs:read', sealed: true }, 'auditor'],
  ['store blobs', plain('blobs:write'), `${STAFF} administrator external-validator`],
  ['promote', plain('changes:promote'), 'developer model-owner operator model-risk'],
  [
    'write on change requests',
    plain('changes:discuss'),
    `${STAFF} administrator external-validator`,
  ],
  ['see the notices of all', plain('notices:audit'), 'auditor administrator model-risk'],
  ['keep the secrets of channels', plain('notices:manage'), 'administrator'],
  ['report actions', plain('decisions:write'), 'user operator model-owner'],
  ['propose a model', write('inventory-entry'), 'model-owner developer model-risk'],
  ['state the use', write('intended-use'), 'model-owner'],
  ['sign a tier', write('risk-tier'), 'model-risk'],
  ['sign scope', write('scope-determination'), 'model-risk'],
  ['assign duties', write('role-assignment'), 'administrator model-risk'],
  // Legal signs with them what is below the law's own periods; the kernel says which documents count by whom.
  ['set policy', write('policy-document'), 'administrator legal model-risk'],
  ['see what is kept', plain('retention:read'), `${STAFF} administrator auditor`],
  ['have a sweep carried out', plain('retention:sweep'), 'administrator legal compliance'],
  [
    'hold, lift and order sweeps',
    write('retention-rule'),
    `${STAFF} administrator external-validator`,
  ],
  ['submit', write('change-record'), 'developer model-owner'],
  [
    'ask for a run',
    write('run-request'),
    'developer model-owner model-risk validator external-validator',
  ],
  ['attach a file', write('evidence-attachment'), `${STAFF} external-validator`],
  ['conclude a validation', write('validation-report'), 'validator external-validator'],
  ['plan a validation', write('test-plan'), 'validator external-validator'],
  [
    'sign approvals',
    write('approval-record'),
    'developer model-risk validator legal compliance executive model-owner external-validator',
  ],
  [
    'sign exceptions',
    write('exception-record'),
    'model-risk validator legal compliance executive model-owner',
  ],
  [
    'stop a model',
    write('deployment-record'),
    'model-risk validator model-owner executive compliance legal',
  ],
  ['raise findings', write('finding'), `${STAFF} external-validator`],
  ['write papers', write('design-rationale'), `${STAFF} external-validator`],
  ['attribute an author', write('author-attribution'), `${STAFF} administrator`],
  ['accept a key', write('key-enrolment'), ROLES.join(' ')],
  ['stop a key', write('key-change'), ROLES.join(' ')],
  ['rotate administrators', write('founding-rotation'), ROLES.join(' ')],
  ['found again', write('founding'), ''],
  ['claim a measurement', write('performance-test'), ''],
  ['claim an artefact', write('model-artifact'), ''],
  ['claim decisions', write('decision-log'), ''],
  ['claim a separation check', write('sod-check'), ''],
  ['run a pipeline', job('run'), 'developer model-owner'],
  ['run developer tests', job('test'), 'developer model-owner'],
  ['register a version', job('register'), 'developer model-owner'],
  ['onboard a version', job('onboard'), 'developer model-owner'],
  ['validate on sealed rows', job('validate'), 'validator external-validator'],
  ['rebuild', job('reproduce'), 'developer model-owner validator model-risk operator'],
  ['check parity', job('parity'), 'developer model-owner validator model-risk operator'],
  ['monitor', job('monitor'), 'developer operator model-owner model-risk validator compliance'],
  ['compile documents', job('document'), `${STAFF} administrator`],
  ['run a job nobody knows', job('mine-coins'), ''],
];

/** The kernel decides whose signature a key-change or a rotation lacks: new administrators hold no role yet. */
const WITHOUT_A_ROLE = ['see who they are', 'accept a key', 'stop a key', 'rotate administrators'];

describe('who may', () => {
  test.each(TABLE)('%s', (_name, question, may) => {
    const able = ROLES.filter(
      (role) => policies.decide({ account: 'x', roles: [role] }, question).allowed,
    );
    expect([...able].sort()).toEqual(may.split(' ').filter(Boolean).sort());
  });

  test('an account without a role sees itself, signs about keys and does nothing else', () => {
    for (const [name, question] of TABLE) {
      const { allowed } = policies.decide({ account: 'x', roles: [] }, question);
      expect([name, allowed]).toEqual([name, WITHOUT_A_ROLE.includes(name)]);
    }
  });
});

describe('a refusal', () => {
  test('says which roles it takes', () => {
    expect(
      policies.decide({ account: 'dora', roles: ['developer'] }, write('validation-report')),
    ).toEqual({
      allowed: false,
      reason:
        '`dora` holds the role developer; to record a `validation-report` takes validator, external-validator',
    });
  });

  test('gives the forbidding policy and its reason', () => {
    const answer = policies.decide(
      { account: 'dora', roles: ['developer'] },
      write('fairness-test'),
    );
    expect(answer).toEqual({
      allowed: false,
      reason:
        "the platform measures this itself; a person's signature would only claim it (policy `measured-by-the-platform`)",
    });
  });

  test('an auditor writes nothing, also with another role', () => {
    const roles: Role[] = ['auditor', 'model-owner'];
    expect(policies.decide({ account: 'x', roles }, write('intended-use')).allowed).toBe(false);
  });
});

describe('policies that cannot be used', () => {
  async function withPolicies(change: (text: string) => string): Promise<() => unknown> {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-policies-'));
    const text = await readFile(join(POLICIES, 'access.cedar'), 'utf8');
    await writeFile(join(folder, 'access.cedar'), change(text));
    await writeFile(
      join(folder, 'access.cedarschema'),
      await readFile(join(POLICIES, 'access.cedarschema'), 'utf8'),
    );
    return () => {
      try {
        return loadAccessPolicies(folder);
      } finally {
        void rm(folder, { recursive: true });
      }
    };
  }

  test.each([
    ['do not parse', (text: string) => `${text}\npermit (`, /cannot be used/],
    [
      'name an unknown role',
      (text: string) => text.replaceAll('Role::"legal"', 'Role::"lawyer"'),
      /cannot be used/,
    ],
    [
      'name an unknown action',
      (text: string) => text.replaceAll('"changes:promote"', '"promote"'),
      /cannot be used/,
    ],
    [
      'have no reason',
      (text: string) => text.replace(/@reason\("everybody may see[^\n]*\n/, ''),
      /lacks @id or @reason/,
    ],
    [
      'read a context that is not there',
      (text: string) => text.replace('context.sealed', 'context.secret'),
      /cannot be used/,
    ],
  ] as const)('%s: refused at start', async (_name, change, says) => {
    expect(await withPolicies(change)).toThrow(says);
  });

  test('a policy that errs when it is evaluated denies, although Cedar would skip it', async () => {
    // Integer overflow passes validation; the erring prohibition must not let the permission stand alone.
    const erring = `
      @id("errs") @reason("never")
      forbid (principal, action == Countersign::Action::"session", resource)
      when { 9223372036854775807 + 1 == 0 };`;
    const load = await withPolicies((text) => `${text}\n${erring}`);
    const broken = load() as typeof policies;
    const answer = broken.decide({ account: 'x', roles: ['developer'] }, plain('session'));
    expect(answer).toMatchObject({
      allowed: false,
      reason: expect.stringContaining('`errs` cannot be evaluated'),
    });
  });
});
