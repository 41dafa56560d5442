// SPDX-License-Identifier: Apache-2.0
// Something else put in the place of what was approved, by whoever holds the platform's key or by the authors themselves.
import type { Json } from '@countersign/kernel';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SPEC } from '../packages/gateway/tests/fixture-server.ts';
import {
  approve,
  build,
  report,
  submit,
  USE,
  validate,
} from '../packages/kernel/tests/credit-model.ts';
import { decideAt } from './attacked-gateway.ts';
import { type AttackersServer, attackersServer, warrantDraft } from './attackers-server.ts';
import { type FirmState, type FirmUnderAttack, firmUnderAttack } from './firm-under-attack.ts';
import { artefact } from './model-in-production.ts';

let firm: FirmUnderAttack;
let evil: AttackersServer;
beforeAll(async () => {
  firm = await firmUnderAttack();
});
beforeEach(async () => {
  evil = await attackersServer(firm);
});
afterEach(() => evil.close());
afterAll(() => firm?.close());

/** A warrant by the stolen platform key for the version whose approvals were all given. */
async function warrantWith(over: { readonly [member: string]: Json }): Promise<string> {
  const { candidate, productionRequest } = firm.live;
  const draft = warrantDraft(candidate, productionRequest, { limits: { use: USE }, ...over });
  return evil.forge(draft, await firm.serviceSigner('platform'));
}

describe('a warrant by the stolen platform key', () => {
  test('for exactly what was approved holds', async () => {
    const gateway = await evil.accepts(await warrantWith({}));
    expect(await decideAt(gateway)).toBe('200');
  });

  test.each<[string, { readonly [member: string]: Json }, RegExp]>([
    [
      'RT-030 over other artefact bytes',
      { artifactDigest: 'ab'.repeat(32) },
      /artefact is not the one/,
    ],
    ['RT-031 under other rules', { rulesVersion: '0' }, /rules version is not the one/],
    ['RT-032 without the demonstration stamp', { demonstration: false }, /demonstration stamp/],
    [
      'RT-033 for longer than policy allows',
      { expires: new Date(Date.now() + 400 * 86_400_000).toISOString() },
      /longer than policy.* allow/,
    ],
    [
      'RT-034 with another fallback than its specification’s',
      { fallback: 'refuse' },
      /fallback is not the one/,
    ],
    [
      'RT-035 limited to another use than it was approved for',
      { limits: { use: 'any' } },
      /limits are not those/,
    ],
  ])('%s is refused', async (_, over, says) => {
    await evil.refuses(await warrantWith(over), { says });
  });

  test('RT-228 that names approvals which were given for something else is refused', async () => {
    const approvals = [firm.live.approvals.lena, firm.live.approvals.vera];
    const says = /names an approval or exception that it does not rest on/;
    await evil.refuses(await warrantWith({ approvals }), { says });
    const exceptions = [firm.live.approvals.eve];
    await evil.refuses(await warrantWith({ exceptions }), { says });
  });

  test('RT-036 called full, or without the limits of its exception, is refused', async () => {
    const { recorder } = firm;
    const candidate = await build(recorder, firm.signed, { ...artefact(25), bias: 'inconclusive' });
    const exception = {
      condition: 'bias',
      measurements: ['approval-ratio/age=under 25'],
      reason: 'few applicants under 25',
      limits: 'declines under 25 are reviewed by hand',
      extraMonitoring: 'monthly',
      expires: new Date(Date.now() + 30 * 86_400_000).toISOString(),
    };
    const subjectRef = candidate.ref;
    await recorder.add({ type: 'exception-record', subjectRef, content: exception }, 'mia', 'cora');
    const change = await submit(recorder, candidate, 'staging');
    await validate(recorder, candidate);
    const as = { role: 'validator', gate: 'gate/validation' };
    await approve(recorder, candidate, change, { by: 'vera', ...as });
    const taken = await attackersServer(firm);
    const mint = async (over: { readonly [member: string]: Json }) => {
      const draft = warrantDraft(candidate, change, { environment: 'staging', ...over });
      return taken.forge(draft, await firm.serviceSigner('platform'));
    };
    const limits = { use: USE, exceptions: exception.limits };
    const sound = await mint({ warrant: 'provisional', limits });
    await taken.accepts(sound, { environment: 'staging' });
    const staging = { environment: 'staging' } as const;
    const full = await mint({ warrant: 'full', limits });
    await taken.refuses(full, { ...staging, says: /called full/ });
    const unlimited = await mint({ warrant: 'provisional', limits: { use: USE } });
    await taken.refuses(unlimited, { ...staging, says: /limits are not those/ });
    const overlong = new Date(Date.now() + 31 * 86_400_000).toISOString();
    const longer = await mint({ warrant: 'provisional', limits, expires: overlong });
    await taken.refuses(longer, { ...staging, says: /longer than policy.* allow/ });
    await taken.close();
  });

  test('RT-037 with a decision rule written after the approvals is refused', async () => {
    const { candidate } = firm.live;
    const decision = { ...SPEC.decision, cutoff: '0.9999' };
    const spec = await evil.forge(
      {
        type: 'model-spec',
        basis: 'measured',
        subjectRef: candidate.ref,
        content: { ...SPEC, decision } as never,
      },
      await firm.serviceSigner('platform'),
    );
    await evil.refuses(await warrantWith({ spec }), { says: /specification is not the one/ });
  });

  test('RT-038 for a version registered a second time with other bytes is refused', async () => {
    const { candidate } = firm.live;
    const subjectRef = { ...candidate.ref, artifactDigest: 'ab'.repeat(32) };
    const content = { manifest: { v: 1, scorer: 'onnx', entry: 'model.onnx', files: [] } };
    await evil.forge(
      { type: 'model-artifact', subjectRef, content },
      await firm.serviceSigner('platform'),
    );
    await evil.refuses(await warrantWith({}), { says: /registered twice/ });
  });

  test('RT-039 one changed byte of the artefact, or of its reasons, is not served', async () => {
    for (const at of [0, 100]) {
      evil.lies.blob = (bytes) => Uint8Array.from(bytes, (byte, n) => (n === at ? byte ^ 1 : byte));
      await expect(evil.accepts(firm.live.production)).rejects.toThrow(
        /not the file that was approved/,
      );
    }
  });

  test('RT-040 a staging warrant that nobody validated carries no production warrant', async () => {
    const { recorder } = firm;
    const candidate = await build(recorder, firm.signed, artefact(20));
    const staging = await submit(recorder, candidate, 'staging');
    const over = { environment: 'staging' };
    await recorder.add(warrantDraft(candidate, staging, over), 'platform');
    const parity = report([{ metric: 'flipped-decisions', value: '0', verdict: 'pass' }]);
    await recorder.add(
      { type: 'implementation-test', subjectRef: candidate.ref, content: parity },
      'platform',
    );
    const change = await submit(recorder, candidate, 'production');
    const gate = 'gate/approval';
    await approve(recorder, candidate, change, { by: 'lena', role: 'legal', gate });
    await approve(recorder, candidate, change, { by: 'eve', role: 'executive', gate });
    const before = await firm.state();
    const says = /staging warrant.*does not hold|holds no staging warrant/;
    const reply = await firm.promote('omar', change);
    await firm.refused(reply, { status: 409, code: 'promotion_refused' });
    expect(JSON.stringify(reply.body)).toMatch(says);
    const taken = await attackersServer(firm);
    const warrant = await taken.forge(
      warrantDraft(candidate, change),
      await firm.serviceSigner('platform'),
    );
    await taken.refuses(warrant, { says });
    await taken.close();
    await firm.unchanged(before);
  });
});

describe('an author who changes papers after they were approved', () => {
  let version = 30;
  async function waiting() {
    version += 1;
    const { recorder, signed } = firm;
    const candidate = await build(recorder, signed, artefact(version));
    const paper = { type: 'monitoring-plan', scope: 'version', subjectRef: candidate.ref } as const;
    const plan = await recorder.add({ ...paper, content: { title: 'weekly' } }, 'omar');
    const change = await submit(recorder, candidate, 'staging');
    await validate(recorder, candidate);
    const approved = await firm.send('vera', await firm.approval('vera', 'validator', change));
    expect(approved.status).toBe(200);
    const [{ digest }] = approved.body.records as [{ digest: string }];
    await firm.server.context.records.including([digest]);
    return { candidate, paper, plan, change };
  }

  test.each([
    ['RT-041 a monitoring plan that replaces the approved one voids the approval', true],
    ['RT-042 a second monitoring plan beside the approved one voids the approval', false],
  ])('%s', async (_, replaces) => {
    const { candidate, paper, plan, change } = await waiting();
    const content = { title: 'never' };
    const supersedes = replaces ? { supersedes: plan } : {};
    await firm.recorder.add({ ...paper, ...supersedes, content }, 'omar');
    const before: FirmState = await firm.state();
    const reply = await firm.promote('omar', change);
    await firm.refused(reply, { status: 409, code: 'promotion_refused' });
    const says = /stale: evidence|monitoring-plan .* came after/;
    expect(JSON.stringify(reply.body)).toMatch(says);
    const taken = await attackersServer(firm);
    const draft = warrantDraft(candidate, change, { environment: 'staging' });
    const warrant = await taken.forge(draft, await firm.serviceSigner('platform'));
    await taken.refuses(warrant, { environment: 'staging', says });
    await taken.close();
    await firm.unchanged(before);
  });
});
