// SPDX-License-Identifier: Apache-2.0
// Attacks by whoever may call the API at all, and by the impatient: each transition out of order, twice, and 200 times at once.
import { createHash } from 'node:crypto';
import { addSignature, type Envelope } from '@countersign/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build, submit, validate } from '../packages/kernel/tests/credit-model.ts';
import { jobRunners } from '../packages/server/src/jobs/index.ts';
import { CALLER_TOKEN, INPUTS } from './attacked-gateway.ts';
import type { Reply } from './firm-api.ts';
import { type FirmUnderAttack, firmUnderAttack } from './firm-under-attack.ts';
import { artefact } from './model-in-production.ts';

const AT_ONCE = 200;
/** A run that lasts: one that had failed meanwhile may be started again, and would be however slow this machine is. */
const goesOn: (typeof jobRunners)['run'] = (_context, { signal }) =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
let firm: FirmUnderAttack;
beforeAll(async () => {
  firm = await firmUnderAttack({ runners: { ...jobRunners, run: goesOn } });
});
afterAll(async () => {
  expect(firm?.server.failures).toEqual([]);
  await firm?.close();
});

let version = 20;
/** One more version, rebuilt and validated, submitted to staging; it lacks the validator's approval alone. */
async function candidateOf() {
  version += 1;
  const candidate = await build(firm.recorder, firm.signed, artefact(version));
  const change = await submit(firm.recorder, candidate, 'staging');
  await validate(firm.recorder, candidate);
  return { candidate, change };
}

const approvalOf = (change: string, content = {}) =>
  firm.approval('vera', 'validator', change, { content: { gate: 'gate/validation', ...content } });
const digestOf = (envelope: Envelope) =>
  createHash('sha256').update(Buffer.from(envelope.payload, 'base64')).digest('hex');
const atOnce = <T>(work: (at: number) => Promise<T>) =>
  Promise.all(Array.from({ length: AT_ONCE }, (_, at) => work(at)));
const countOf = async (text: string, values: readonly unknown[]) => {
  const { rows } = await firm.server.database.pool.query(text, [...values]);
  return Number(rows[0].n);
};
const codes = (replies: readonly Reply[]) => {
  const seen = replies.map(({ status, body }) =>
    [status, (body.error as { code?: string } | undefined)?.code].filter(Boolean).join(' '),
  );
  return [...new Set(seen)].toSorted();
};
const stateOf = async (change: string) => {
  const { body } = await firm.as('audit').get(`/v1/change-requests/${change}`);
  return body as {
    state: string;
    verdict: { approvals: { given: unknown[] }[]; missing: string[] };
  };
};
const warrantsOf = (change: string) =>
  countOf(
    `SELECT count(*) AS n FROM record WHERE type = 'deployment-record' AND kind = 'promote'
        AND convert_from(payload, 'UTF8')::json #>> '{predicate,content,changeRequest}' = $1`,
    [change],
  );

async function recorded(caller: string, envelope: Envelope): Promise<string> {
  const reply = await firm.send(caller, envelope);
  expect(reply.status, JSON.stringify(reply.body)).toBe(200);
  const digest = digestOf(envelope);
  await firm.server.context.records.including([digest]);
  return digest;
}

describe('at once', () => {
  test('RT-050 200 promotions of one request mint one warrant, and everybody else is served meanwhile', async () => {
    const { change } = await candidateOf();
    await recorded('vera', await approvalOf(change));
    const promotions = atOnce(() => firm.promote('omar', change));
    // Other requests need the database too; one person's impatience must not take its last connection.
    const others = await Promise.all(
      Array.from({ length: 10 }, async () => (await firm.as('audit').get('/v1/inventory')).status),
    );
    expect(new Set(others)).toEqual(new Set([200]));
    expect(await firm.decide()).toBe('200');
    const replies = await promotions;
    expect(codes(replies)).toEqual(['200']);
    expect(new Set(replies.map(({ body }) => body.digest)).size).toBe(1);
    expect(await warrantsOf(change)).toBe(1);
  });

  test('RT-051 one approval sent 200 times is one record and counts once', async () => {
    const { change } = await candidateOf();
    const approval = await approvalOf(change);
    const replies = await atOnce(() => firm.send('vera', approval));
    expect(codes(replies)).toEqual(['200']);
    const digest = digestOf(approval);
    expect(await countOf('SELECT count(*) AS n FROM record WHERE digest = $1', [digest])).toBe(1);
    await firm.server.context.records.including([digest]);
    expect(await countOf('SELECT count(*) AS n FROM log_entry WHERE record = $1', [digest])).toBe(
      1,
    );
    // Nor do two approvals of one person count for two.
    await recorded('vera', await approvalOf(change, { statement: 'Once more.' }));
    const { verdict } = await stateOf(change);
    expect(verdict.approvals.map(({ given }) => given.length)).toEqual([1]);
  });

  test('RT-052 200 revocations end a warrant once, and no promotion, retry or race brings it back', async () => {
    const { candidate, change } = await candidateOf();
    await recorded('vera', await approvalOf(change));
    const warrant = String((await firm.promote('omar', change)).body.digest);
    const others = (await firm.status()).live.filter((one) => one !== warrant);
    const revocation = await firm.sign(
      {
        type: 'deployment-record',
        kind: 'revoke',
        scope: 'version',
        subjectRef: candidate.ref,
        actor: 'omar',
        source: [warrant],
        content: { warrant, environment: 'staging', reason: 'wrong data' },
      },
      'omar',
    );
    const replies = await atOnce((at) =>
      at % 2 === 0 ? firm.send('omar', revocation) : firm.promote('omar', change),
    );
    expect(codes(replies)).toEqual(['200']);
    await firm.server.context.records.including([digestOf(revocation)]);
    expect(
      await countOf('SELECT count(*) AS n FROM record WHERE digest = $1', [digestOf(revocation)]),
    ).toBe(1);
    await firm.promote('omar', change);
    expect(await warrantsOf(change)).toBe(1);
    const { live } = await firm.status();
    expect(live).not.toContain(warrant);
    for (const one of others) expect(live).toContain(one);
  });

  test('RT-053 200 requests of one signed run start one job, and nobody but the platform ends it', async () => {
    const stored = await firm.server.context.blobs.put(Buffer.from('a bundle'));
    const request = await firm.sign(
      {
        type: 'run-request',
        kind: 'run',
        scope: 'model',
        subjectRef: { workspace: 'main', model: 'consumer-credit', use: 'underwriting' },
        actor: 'dana',
        blobs: [stored.digest],
        content: { job: 'run', commit: 'a'.repeat(40), bundle: stored.digest, params: {} },
      },
      'dana',
    );
    const payload = { kind: 'run', params: { model: 'consumer-credit' }, request };
    const replies = await atOnce(() => firm.as('dana').post('/v1/jobs', payload));
    expect(codes(replies)).toEqual(['200']);
    const jobs = new Set(replies.map(({ body }) => body.job));
    expect(jobs.size).toBe(1);
    const [job] = jobs;
    for (const caller of ['vic', 'olaf', 'ada', undefined]) {
      for (const path of [
        `/v1/jobs/${job}`,
        `/v1/jobs/${job}/finish`,
        `/v1/jobs/${job}/result`,
        `/v1/jobs/${job}/events`,
      ]) {
        const reply = await firm.as(caller).post(path, { state: 'done', result: { version: 1 } });
        expect([401, 404, 405], path).toContain(reply.status);
      }
    }
    // Another person's request under the same bytes, or for another model, starts nothing.
    const before = await firm.state();
    const stolen = await firm
      .as('vic')
      .post('/v1/jobs', { ...payload, params: { model: 'other' } });
    expect(stolen.status).toBeGreaterThanOrEqual(400);
    await firm.unchanged(before);
  });
});

describe('out of order', () => {
  test('RT-054 nothing is promoted before it is submitted, approved and complete, and no other record passes for a request', async () => {
    const before = await firm.state();
    const refusedTo = async (digest: string, code: string, status: number) =>
      firm.refused(await firm.promote('omar', digest), { status, code });
    await refusedTo(firm.open.change, 'promotion_refused', 409);
    for (const digest of [
      '0'.repeat(64),
      firm.live.staging,
      firm.live.production,
      firm.live.approvals.vera,
      firm.signed.policy,
      firm.root,
      firm.open.candidate.run,
    ]) {
      await refusedTo(digest, 'change_request_unknown', 404);
    }
    for (const malformed of ['..', 'A'.repeat(64), '0'.repeat(63), `${'0'.repeat(64)}%00`]) {
      const reply = await firm.promote('omar', malformed);
      expect([400, 404]).toContain(reply.status);
    }
    await firm.unchanged(before);
  });

  test('RT-055 production before staging, and a request for bytes that nobody built, are refused at the gate', async () => {
    const { candidate } = await candidateOf();
    const before = await firm.state();
    const draft = {
      model: 'consumer-credit',
      use: 'underwriting',
      version,
      transition: 'production',
      reason: 'r',
      impact: 'i',
      rollback: 'b',
    };
    const prepared = await firm.as('dana').post('/v1/change-requests/prepare', draft);
    const { verdict } = prepared.body as { verdict?: { allowed: boolean; missing: string[] } };
    expect(verdict?.allowed).toBe(false);
    expect(verdict?.missing.join('\n')).toMatch(/staging|staged/);
    await firm.unchanged(before);
    const change = await submit(firm.recorder, candidate, 'production');
    for (const [by, role] of [
      ['lena', 'legal'],
      ['eve', 'executive'],
    ] as const) {
      await recorded(by, await firm.approval(by, role, change));
    }
    const reply = await firm.promote('omar', change);
    await firm.refused(reply, { status: 409, code: 'promotion_refused' });
    expect(await warrantsOf(change)).toBe(0);
    const unknown = await firm
      .as('dana')
      .post('/v1/change-requests/prepare', { ...draft, version: 9_999 });
    expect(unknown.status).toBeGreaterThanOrEqual(400);
  });

  test('RT-056 a rejected request stays rejected, a replaced one is dead, and approvals of either mint nothing', async () => {
    const rejected = await candidateOf();
    await recorded('vera', await approvalOf(rejected.change, { decision: 'reject' }));
    expect((await stateOf(rejected.change)).state).toBe('rejected');
    const late = await firm.send(
      'vera',
      await approvalOf(rejected.change, { statement: 'After all.' }),
    );
    expect([200, 409]).toContain(late.status);
    await firm.refused(await firm.promote('omar', rejected.change), {
      status: 409,
      code: 'promotion_refused',
    });

    const replaced = await candidateOf();
    await recorded('vera', await approvalOf(replaced.change));
    const newer = await submit(firm.recorder, replaced.candidate, 'staging');
    await firm.refused(await firm.promote('omar', replaced.change), {
      status: 409,
      code: 'promotion_refused',
    });
    await firm.refused(await firm.promote('omar', newer), {
      status: 409,
      code: 'promotion_refused',
    });
    expect(await warrantsOf(rejected.change)).toBe(0);
    expect(await warrantsOf(replaced.change)).toBe(0);
    expect(await warrantsOf(newer)).toBe(0);
  });

  test('RT-057 what comes after a promotion changes nothing of its warrant: approvals, submissions and second promotions', async () => {
    const before = await firm.state();
    const { productionRequest, production } = firm.live;
    const again = await firm.promote('omar', productionRequest);
    expect(again.body.digest).toBe(production);
    expect(await warrantsOf(productionRequest)).toBe(1);
    await firm.unchanged(before);
    // A warrant is minted by promotion alone: no person and no second platform record makes one.
    for (const kind of ['promote', 'renew', 'extend']) {
      const { body } = await firm.as('audit').get(`/v1/records/${production}`);
      const { content } = (body.statement as { predicate: { content: object } }).predicate;
      const reply = await firm.send(
        'omar',
        await firm.sign(
          {
            type: 'deployment-record',
            kind,
            scope: 'version',
            subjectRef: firm.live.candidate.ref,
            actor: 'omar',
            content: { ...content, expires: '2099-01-01T00:00:00.000Z' },
          },
          'omar',
        ),
      );
      expect([403, 409, 422]).toContain(reply.status);
      await firm.refused(reply, {
        status: reply.status,
        code: String((reply.body.error as { code: string }).code),
      });
    }
    await firm.unchanged(before);
    expect((await firm.status()).live).toContain(production);
  });

  test('RT-058 a record that awaits signatures takes each key once, from its holder, and none once it is complete', async () => {
    const draft = {
      type: 'policy-document' as const,
      kind: 'model-risk-policy',
      scope: 'firm' as const,
      subjectRef: { workspace: 'main' },
      actor: 'ada',
      content: { title: 'Model risk', version: '1.0.0', textDigest: '0'.repeat(64) },
    };
    const half = await firm.sign(draft, 'ada');
    const digest = digestOf(half);
    expect((await firm.send('ada', half)).body.records).toMatchObject([
      { state: 'awaiting-signatures' },
    ]);
    const sign = (caller: string | undefined, signature: unknown) =>
      firm.as(caller).post(`/v1/records/${digest}/signatures`, { signature });
    const by = async (account: string, over: Envelope = half) =>
      (await addSignature({ ...over, signatures: [] }, await firm.signer(account))).signatures[0];
    const other = await firm.sign(
      { ...draft, content: { ...draft.content, version: '9.9.9' } },
      'ben',
    );
    const bad: readonly (readonly [string | undefined, unknown])[] = [
      [undefined, await by('ben')],
      ['mia', other.signatures[0]],
      ['mia', { ...(await by('ben')), sig: (await by('mia'))?.sig }],
      ['mia', { keyid: '0'.repeat(64), sig: (await by('mia'))?.sig }],
    ];
    for (const [caller, signature] of bad) {
      const reply = await sign(caller, signature);
      expect(reply.status, JSON.stringify(reply.body)).toBeGreaterThanOrEqual(400);
      expect(reply.status).toBeLessThan(500);
    }
    expect(await countOf('SELECT count(*) AS n FROM record WHERE digest = $1', [digest])).toBe(0);
    const mine = await by('mia');
    const replies = await atOnce(() => sign('mia', mine));
    expect(codes(replies).every((code) => code === '200' || code.startsWith('409'))).toBe(true);
    expect(codes(replies)).toContain('200');
    expect(await countOf('SELECT count(*) AS n FROM record WHERE digest = $1', [digest])).toBe(1);
    expect(
      await countOf('SELECT count(*) AS n FROM pending_record WHERE digest = $1', [digest]),
    ).toBe(0);
    await firm.server.context.records.including([digest]);
    const late = await sign('ben', await by('ben'));
    expect(late.status).toBeLessThan(500);
    const { body } = await firm.as('audit').get(`/v1/records/${digest}`);
    expect((body.envelope as Envelope).signatures).toHaveLength(2);
  });
});

test('a key of a request at the gateway belongs to its first body: 200 askers at once get one decision, another body none', async () => {
  const ask = async (body: object) => {
    const reply = await fetch(`${firm.gateway.url}/v1/decide/consumer-credit`, {
      method: 'POST',
      headers: { authorization: `Bearer ${CALLER_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return {
      status: reply.status,
      body: (await reply.json()) as { id?: string; error?: { code: string } },
    };
  };
  await firm.gateway.deployments.refresh();
  const same = { key: 'application-9', inputs: INPUTS };
  const replies = await atOnce((at) =>
    ask(at % 2 === 0 ? same : { key: 'application-9', inputs: { ...INPUTS, amount: 9_000 } }),
  );
  const given = new Set(replies.filter(({ status }) => status === 200).map(({ body }) => body.id));
  expect(given.size).toBe(1);
  for (const { status } of replies) expect([200, 409]).toContain(status);
  expect(replies.filter(({ status }) => status === 409).length).toBe(AT_ONCE / 2);
  const rows = await countOf(
    "SELECT count(*) AS n FROM decision_key WHERE key = 'application-9'",
    [],
  );
  expect(rows).toBe(1);
});
