// SPDX-License-Identifier: Apache-2.0
import { judgeChangeRequest } from '@countersign/kernel';
import { describe, expect, test } from 'vitest';
import { approve, build, intake, report, stage, submit, validate } from './credit-model.ts';
import { type Firm, foundFirm } from './firm.ts';

const judge = (firm: Firm, change: string, phase: 'submit' | 'promote' = 'promote') =>
  judgeChangeRequest(firm.set(), change, { phase, now: firm.now() });

async function candidateOf(options: Parameters<typeof build>[2] = {}) {
  const firm = await foundFirm();
  const signed = await intake(firm);
  const candidate = await build(firm, signed, options);
  return { firm, candidate, change: await submit(firm, candidate, 'staging') };
}

describe('a candidate submitted to staging', () => {
  test('passes its automatic conditions when evidence, performance and bias are sound', async () => {
    const { firm, change } = await candidateOf();
    expect(judge(firm, change, 'submit')).toMatchObject({ allowed: true, missing: [] });
  });

  test('is not promoted without rebuild, validation and approval, each named', async () => {
    const { firm, change } = await candidateOf();
    const { allowed, missing } = judge(firm, change);
    expect(allowed).toBe(false);
    expect(missing.join('\n')).toMatch(/has not been rebuilt/);
    expect(missing.join('\n')).toMatch(/no validation report/);
    expect(missing.join('\n')).toMatch(/1 approval by validator missing/);
  });

  test('is promoted when an independent validator has validated and approved it', async () => {
    const { firm, candidate, change } = await candidateOf();
    await validate(firm, candidate);
    await approve(firm, candidate, change, {
      by: 'vera',
      role: 'validator',
      gate: 'gate/validation',
    });
    expect(judge(firm, change)).toMatchObject({ allowed: true, missing: [] });
  });

  test.each([
    ['a draft run', { promotable: false }, /draft/],
    ['a failed bias measurement', { bias: 'fail' }, /approval-ratio\/age=under 25 = 0.82 .*fail/],
    ['an inconclusive bias measurement', { bias: 'inconclusive' }, /bias \(inconclusive\)/],
    ['a limit that too few events could judge', { bias: 'too-few' }, /bias \(inconclusive\)/],
    ['a plan looser than the floor', { aucLimit: '0.6' }, /looser than the floor 0.65/],
    [
      'a commit author whom nobody attributed',
      { authors: [{ email: 'x@y.example' }] },
      /belongs to no account/,
    ],
  ] as const)('is refused for %s', async (_, options, reason) => {
    const { firm, change } = await candidateOf(options);
    const verdict = judge(firm, change, 'submit');
    expect(verdict.allowed).toBe(false);
    expect(verdict.missing.join('\n')).toMatch(reason);
  });

  test('is refused when due evidence is missing, naming the clause', async () => {
    const firm = await foundFirm();
    const signed = await intake(firm);
    const candidate = await build(firm, signed);
    const withoutData = firm.entries.filter(
      ({ statement }) => statement.predicate.type !== 'dataset-snapshot',
    );
    firm.entries.splice(0, firm.entries.length, ...withoutData);
    const change = await submit(firm, candidate, 'staging');
    expect(judge(firm, change, 'submit').missing).toEqual([
      'gate/candidate evidence-complete (fail): test-pack/data: dataset-snapshot missing',
    ]);
  });
});

describe('a validator’s own measurement', () => {
  const ownTest = (firm: Firm, ref: object, verdict: string) =>
    firm.add(
      {
        type: 'fairness-test',
        kind: 'holdout',
        subjectRef: ref as never,
        content: {
          ...report([
            {
              metric: 'approval-ratio',
              group: 'age=62+',
              value: '0.7',
              verdict,
              limit: { op: '>=', value: '0.8' },
            },
          ]),
          phase: 'validation',
        },
      },
      'platform',
    );

  test('that fails stops the candidate whatever the developer measured', async () => {
    const { firm, candidate, change } = await candidateOf();
    await ownTest(firm, candidate.ref, 'fail');
    expect(judge(firm, change, 'submit').missing.join('\n')).toMatch(/age=62\+ = 0.7 .*fail/);
  });

  test('that stays inconclusive is left to the signed conclusion', async () => {
    const { firm, candidate, change } = await candidateOf();
    await ownTest(firm, candidate.ref, 'inconclusive');
    expect(judge(firm, change, 'submit').allowed).toBe(true);
  });
});

describe('separation of duties', () => {
  const asValidator = { role: 'validator', gate: 'gate/validation' };

  test('a developer who also holds the validator role cannot approve, and the fact is named', async () => {
    const { firm, candidate, change } = await candidateOf({ requestedBy: 'vic' });
    await validate(firm, candidate);
    await approve(firm, candidate, change, { by: 'vic', ...asValidator });
    expect(judge(firm, change).missing.join('\n')).toMatch(
      /`vic` cannot act as validator: requested the run/,
    );
  });

  test('a validator of the developers’ own team cannot approve', async () => {
    const { firm, candidate, change } = await candidateOf();
    await approve(firm, candidate, change, { by: 'vic', ...asValidator });
    expect(judge(firm, change).missing.join('\n')).toMatch(/same team `modelling` as `dana`/);
  });

  test('a validation report by a conflicted validator does not count', async () => {
    const { firm, candidate, change } = await candidateOf({ requestedBy: 'vic' });
    await validate(firm, candidate, 'vic');
    await approve(firm, candidate, change, { by: 'vera', ...asValidator });
    expect(judge(firm, change).missing.join('\n')).toMatch(
      /independent-validation.*requested the run/,
    );
  });

  test('one who authored the commit cannot approve', async () => {
    const { firm, candidate, change } = await candidateOf({
      authors: [{ email: 'vera@firm.example', account: 'vera' }],
    });
    await validate(firm, candidate);
    await approve(firm, candidate, change, { by: 'vera', ...asValidator });
    expect(judge(firm, change).missing.join('\n')).toMatch(/authored the commit/);
  });
});

describe('an approval', () => {
  const cases = [
    [
      'in a role that its signer does not hold',
      { by: 'dana', role: 'validator' },
      /did not sign it in the role/,
    ],
    ['given for another gate', { by: 'vera', gate: 'gate/approval' }, /given for gate\/approval/],
    [
      'whose subject is another change request',
      { by: 'vera', subject: 'ab'.repeat(32) },
      /another change request/,
    ],
    ['that rejects', { by: 'vera', decision: 'reject' }, /rejected the request/],
    [
      'that does not cover the frozen evidence',
      { by: 'vera', evidence: [] },
      /does not cover evidence/,
    ],
  ] as const;
  test.each(cases)('%s does not count', async (_, options, reason) => {
    const { firm, candidate, change } = await candidateOf();
    await validate(firm, candidate);
    const base = { role: 'validator', gate: 'gate/validation' };
    await approve(firm, candidate, change, { ...base, ...options });
    const verdict = judge(firm, change);
    expect(verdict.allowed).toBe(false);
    expect(verdict.missing.join('\n')).toMatch(reason);
  });

  test('goes stale when evidence it was given over is superseded', async () => {
    const { firm, candidate, change } = await candidateOf();
    await validate(firm, candidate);
    await approve(firm, candidate, change, {
      by: 'vera',
      role: 'validator',
      gate: 'gate/validation',
    });
    await firm.add(
      { type: 'model-spec', subjectRef: candidate.ref, supersedes: candidate.spec, content: {} },
      'platform',
    );
    expect(judge(firm, change).missing.join('\n')).toMatch(/stale: evidence .* was superseded/);
  });

  test('copied onto another change request of the same version does not count there', async () => {
    const { firm, candidate, change } = await candidateOf();
    await validate(firm, candidate);
    await approve(firm, candidate, change, {
      by: 'vera',
      role: 'validator',
      gate: 'gate/validation',
    });
    const second = await submit(firm, candidate, 'staging', 'dana', { reason: 'again' });
    expect(judge(firm, second).missing.join('\n')).toMatch(/1 approval by validator missing/);
  });
});

describe('an exception', () => {
  const exception = (firm: Firm, measurements: readonly string[], days: number) => ({
    condition: 'bias',
    measurements,
    reason: 'few applicants under 25',
    limits: 'manual review of declines under 25',
    extraMonitoring: 'monthly',
    expires: new Date(Date.parse(firm.now()) + days * 86_400_000).toISOString(),
  });
  const id = 'approval-ratio/age=under 25';

  test('signed by the two roles that policy names excuses an inconclusive measurement', async () => {
    const { firm, candidate, change } = await candidateOf({ bias: 'inconclusive' });
    await firm.add(
      { type: 'exception-record', subjectRef: candidate.ref, content: exception(firm, [id], 90) },
      'mia',
      'cora',
    );
    const verdict = judge(firm, change, 'submit');
    expect(verdict.conditions.find((one) => one.id === 'bias')?.outcome).toBe('excepted');
    expect(verdict.allowed).toBe(true);
  });

  test.each([
    ['that failed', { bias: 'fail' } as const, ['mia', 'cora'] as const, 90, [id], /fail/],
    [
      'without one of the roles',
      { bias: 'inconclusive' } as const,
      ['mia'] as const,
      90,
      [id],
      /no independent signature in the role `compliance`/,
    ],
    [
      'for longer than policy allows',
      { bias: 'inconclusive' } as const,
      ['mia', 'cora'] as const,
      400,
      [id],
      /policy allows 180/,
    ],
    [
      'that names another measurement',
      { bias: 'inconclusive' } as const,
      ['mia', 'cora'] as const,
      90,
      ['other'],
      /inconclusive/,
    ],
  ])('does not excuse a measurement %s', async (_, options, signers, days, ids, reason) => {
    const { firm, candidate, change } = await candidateOf(options);
    await firm.add(
      { type: 'exception-record', subjectRef: candidate.ref, content: exception(firm, ids, days) },
      ...signers,
    );
    const verdict = judge(firm, change, 'submit');
    expect(verdict.allowed).toBe(false);
    expect(verdict.missing.join('\n')).toMatch(reason);
  });
});

describe('a request for production', () => {
  test('needs legal for a fair-lending model and an executive at high tier', async () => {
    const firm = await foundFirm();
    const { candidate } = await stage(firm);
    const change = await submit(firm, candidate, 'production');
    const text = judge(firm, change).missing.join('\n');
    expect(text).toMatch(/1 approval by legal missing/);
    expect(text).toMatch(/1 approval by executive missing/);
    expect(text).toMatch(/parity/);
  });

  test('is denied when a staging warrant was revoked', async () => {
    const firm = await foundFirm();
    const { candidate, staging } = await stage(firm);
    const ref = { ...candidate.ref };
    await firm.add(
      {
        type: 'deployment-record',
        kind: 'revoke',
        subjectRef: ref,
        content: { warrant: staging, reason: 'x' },
      },
      'vera',
    );
    const change = await submit(firm, candidate, 'production');
    expect(judge(firm, change, 'submit').missing.join('\n')).toMatch(/holds no staging warrant/);
  });

  test('is denied while a blocking finding is open and allowed once it is closed', async () => {
    const { firm, candidate, change } = await candidateOf();
    await validate(firm, candidate);
    const finding = (status: string) => ({ id: 'F-1', severity: 'high', blocking: true, status });
    const use = { workspace: 'main', model: candidate.ref.model, use: candidate.ref.use };
    const draft = { type: 'finding', scope: 'use', subjectRef: use } as const;
    const open = await firm.add({ ...draft, content: finding('open') }, 'vera');
    await approve(firm, candidate, change, {
      by: 'vera',
      role: 'validator',
      gate: 'gate/validation',
    });
    expect(judge(firm, change).missing.join('\n')).toMatch(/finding F-1 \(high\) is open/);
    await firm.add({ ...draft, supersedes: open, content: finding('closed') }, 'vera');
    expect(judge(firm, change).allowed).toBe(true);
  });
});

test('a change request that leaves out a framework pack in scope is denied', async () => {
  const firm = await foundFirm();
  const candidate = await build(firm, await intake(firm));
  const change = await submit(firm, candidate, 'staging', 'dana', { packs: [] });
  expect(judge(firm, change, 'submit').missing.join()).toMatch(/leaves out framework pack/);
});

test('a change request under a policy that was replaced before it was opened is denied', async () => {
  const firm = await foundFirm();
  const first = await intake(firm);
  await intake(firm);
  const candidate = await build(firm, first);
  const change = await submit(firm, candidate, 'staging');
  expect(judge(firm, change, 'submit').missing.join()).toMatch(/policy it names was replaced/);
});

test('a change request opened before its policy was replaced keeps the policy it was opened under', async () => {
  const { firm, change } = await candidateOf();
  await intake(firm);
  expect(judge(firm, change, 'submit').allowed).toBe(true);
});

test('a change request under an unknown rules version is denied', async () => {
  const firm = await foundFirm();
  const signed = await intake(firm);
  const candidate = await build(firm, signed);
  const change = await submit(firm, candidate, 'staging', 'dana', { rulesVersion: '999' });
  expect(judge(firm, change).missing).toEqual(['rules version `999` is not known to this kernel']);
});

test('a gate that errs denies: a malformed tier is a refusal, not a pass', async () => {
  const { firm, change, candidate } = await candidateOf();
  const use = { workspace: 'main', model: candidate.ref.model, use: candidate.ref.use };
  await firm.add(
    { type: 'risk-tier', scope: 'use', subjectRef: use, content: { tier: 'none' } },
    'mia',
  );
  const verdict = judge(firm, change);
  expect(verdict.allowed).toBe(false);
  expect(verdict.missing.join('\n')).toMatch(/content.tier/);
});
