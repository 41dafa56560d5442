// SPDX-License-Identifier: Apache-2.0
import { ErrorReply, ProofReply, RecordReply } from '@countersign/contract';
import { addSignature, type Envelope, keyEntryJson } from '@countersign/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKeyFile, openSigner, publicKeyOfFile } from '../src/identity/key-file.ts';
import { policyDraft } from './credit-drafts.ts';
import { PASSWORD, type TestDraft, type TestServer, testServer } from './server-fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(async () => {
  expect(server.failures).toEqual([]);
  await server.close();
});

const subjectRef = { workspace: 'main', model: 'consumer-credit' };

function entry(actor: string, purpose = 'underwriting'): TestDraft {
  return {
    type: 'inventory-entry',
    actor,
    subjectRef,
    content: {
      name: 'Consumer credit',
      purpose,
      owner: 'owner',
      developer: 'dev',
      origin: 'built',
      businessLine: 'retail',
      jurisdictions: ['US'],
      uses: ['underwriting'],
    },
  };
}

const post = (account: string, ...envelopes: Envelope[]) =>
  server.as(account, { method: 'POST', url: '/v1/records', payload: { envelopes } });

const codeOf = (answer: { json: <T>() => T }) => answer.json<ErrorReply>().error.code;

async function recorded(answer: Awaited<ReturnType<typeof post>>): Promise<string> {
  expect(answer.json()).toMatchObject({ records: [{ state: 'recorded' }] });
  const [first] = answer.json<{ records: { digest: string }[] }>().records;
  const digest = first?.digest ?? '';
  await server.context.records.including([digest]);
  return digest;
}

describe('a record that a person signed', () => {
  test('is recorded, sequenced, checkpointed and proven', async () => {
    const envelope = await server.sign(entry('owner'), ['owner']);
    const digest = await recorded(await post('owner', envelope));
    await server.context.checkpoints.waitForCheckpoint(digest);
    const read = await server.as('val', { url: `/v1/records/${digest}` });
    const record = RecordReply.parse(read.json());
    expect(record).toMatchObject({ state: 'checkpointed', envelope });
    expect(record.signers).toEqual([
      { keyid: envelope.signatures[0]?.keyid, holder: 'owner', roles: ['model-owner'] },
    ]);
    const proof = await server.as('val', { url: `/v1/records/${digest}/proof` });
    const { record: proven } = ProofReply.parse(proof.json());
    expect(proven.index).toBe(record.index);
  });

  test('is recorded once, however often it is sent', async () => {
    const envelope = await server.sign(entry('owner', 'sent twice'), ['owner']);
    const first = await post('owner', envelope);
    const again = await post('owner', envelope);
    expect(again.json()).toEqual(first.json());
    const listed = await server.as('owner', { url: '/v1/records?type=inventory-entry&limit=500' });
    const digests = listed
      .json<{ records: { digest: string }[] }>()
      .records.map(({ digest }) => digest);
    expect(
      digests.filter(
        (one) => one === first.json<{ records: { digest: string }[] }>().records[0]?.digest,
      ),
    ).toHaveLength(1);
  });

  test('is listed newest first, page by page', async () => {
    for (const purpose of ['one', 'two', 'three']) {
      await post('owner', await server.sign(entry('owner', `page ${purpose}`), ['owner']));
    }
    const page = async (query: string) => {
      const answer = await server.as('owner', {
        url: `/v1/records?model=consumer-credit&limit=2${query}`,
      });
      return answer.json<{ records: { digest: string; recordedAt: string }[] }>().records;
    };
    const first = await page('');
    const second = await page(`&before=${first[1]?.digest}`);
    expect(first).toHaveLength(2);
    const times = [...first, ...second].map(({ recordedAt }) => recordedAt);
    expect(times).toEqual([...times].sort().reverse());
    expect(new Set([...first, ...second].map(({ digest }) => digest)).size).toBe(
      first.length + second.length,
    );
  });

  test('with another that is refused leaves nothing behind', async () => {
    const good = await server.sign(entry('owner', 'half of a pair'), ['owner']);
    const bad = await server.sign({ ...entry('owner', 'other half'), founding: '0'.repeat(64) }, [
      'owner',
    ]);
    const answer = await post('owner', good, bad);
    expect(answer.statusCode).toBe(422);
    const listed = await server.as('owner', { url: '/v1/records?type=inventory-entry&limit=500' });
    expect(listed.body).not.toContain((await digestOf(good)).slice(0, 64));
  });
});

async function digestOf(envelope: Envelope): Promise<string> {
  const { createHash } = await import('node:crypto');
  return createHash('sha256').update(Buffer.from(envelope.payload, 'base64')).digest('hex');
}

describe('what is refused', () => {
  const cases: readonly {
    name: string;
    send: () => Promise<Awaited<ReturnType<typeof post>>>;
    status: number;
    code: string;
    says: RegExp;
  }[] = [
    {
      name: 'a replay from another firm',
      send: async () =>
        post(
          'owner',
          await server.sign({ ...entry('owner'), founding: 'f'.repeat(64) }, ['owner']),
        ),
      status: 422,
      code: 'record_of_another_firm',
      says: /belongs to the firm founded by f{64}/,
    },
    {
      name: 'a record of another workspace',
      send: async () =>
        post(
          'owner',
          await server.sign(
            { ...entry('owner'), subjectRef: { ...subjectRef, workspace: 'other' } },
            ['owner'],
          ),
        ),
      status: 409,
      code: 'record_refused',
      says: /workspace is `other`/,
    },
    {
      name: 'a signature over other bytes',
      send: async () => {
        const one = await server.sign(entry('owner', 'signed'), ['owner']);
        const other = await server.sign(entry('owner', 'swapped in'), ['owner']);
        return post('owner', { ...other, signatures: one.signatures });
      },
      status: 422,
      code: 'signature_invalid',
      says: /does not verify over these bytes/,
    },
    {
      name: 'a key that nobody enrolled',
      send: async () => {
        const envelope = await server.sign(entry('owner', 'unknown key'), []);
        const signer = openSigner(createKeyFile({ algorithm: 'ed25519' }));
        return post('owner', await addSignature(envelope, signer));
      },
      status: 422,
      code: 'signature_invalid',
      says: /not enrolled/,
    },
    {
      name: 'the platform’s signature on a person’s record',
      send: async () => {
        const envelope = await server.sign(entry('owner', 'by platform'), ['owner']);
        return post('owner', await addSignature(envelope, server.context.platform));
      },
      status: 422,
      code: 'signature_invalid',
      says: /by a service, not by a person/,
    },
    {
      name: 'somebody else’s record',
      send: async () => post('dev', await server.sign(entry('owner', 'not mine'), ['owner'])),
      status: 403,
      code: 'not_a_signer',
      says: /`dev` neither acted/,
    },
    {
      name: 'a record whose actor did not sign',
      send: async () => post('dev', await server.sign(entry('owner', 'for the owner'), ['dev'])),
      status: 409,
      code: 'record_refused',
      says: /`owner` acted but did not sign/,
    },
    {
      name: 'a record that names a service as its actor',
      send: async () =>
        post('owner', await server.sign(entry('service:platform', 'posing'), ['owner'])),
      status: 409,
      code: 'record_refused',
      says: /is a service/,
    },
    {
      name: 'a claimed time in the future',
      send: async () =>
        post(
          'owner',
          await server.sign({ ...entry('owner'), claimedAt: '2999-01-01T00:00:00.000Z' }, [
            'owner',
          ]),
        ),
      status: 409,
      code: 'record_refused',
      says: /in the future/,
    },
    {
      name: 'a type that only the platform measures',
      send: async () =>
        post(
          'dev',
          await server.sign({ type: 'performance-test', actor: 'dev', subjectRef, content: {} }, [
            'dev',
          ]),
        ),
      status: 403,
      code: 'not_permitted',
      says: /measured-by-the-platform/,
    },
    {
      name: 'a type of another role',
      send: async () =>
        post(
          'dev',
          await server.sign({ type: 'risk-tier', actor: 'dev', subjectRef, content: {} }, ['dev']),
        ),
      status: 403,
      code: 'not_permitted',
      says: /takes model-risk/,
    },
    {
      name: 'a second founding',
      send: async () =>
        post(
          'ada',
          await server.sign(
            {
              type: 'founding',
              actor: 'ada',
              scope: 'firm',
              subjectRef: { workspace: 'main' },
              content: {},
            },
            ['ada', 'ben'],
          ),
        ),
      status: 403,
      code: 'not_permitted',
      says: /no role may record a `founding`/,
    },
    {
      name: 'a source that is not known',
      send: async () =>
        post(
          'owner',
          await server.sign({ ...entry('owner'), source: ['a'.repeat(64)] }, ['owner']),
        ),
      status: 409,
      code: 'record_refused',
      says: /rests on record a{64}/,
    },
    {
      name: 'bytes that are not stored',
      send: async () =>
        post('owner', await server.sign({ ...entry('owner'), blobs: ['b'.repeat(64)] }, ['owner'])),
      status: 409,
      code: 'record_refused',
      says: /not stored/,
    },
    {
      name: 'superseding a record of another type',
      send: async () =>
        post(
          'owner',
          await server.sign({ ...entry('owner'), supersedes: server.context.root }, ['owner']),
        ),
      status: 409,
      code: 'record_refused',
      says: /not a inventory-entry about the same subject/,
    },
    {
      name: 'a warrant by a person',
      send: async () =>
        post(
          'owner',
          await server.sign(
            { type: 'deployment-record', kind: 'promote', actor: 'owner', subjectRef, content: {} },
            ['owner'],
          ),
        ),
      status: 409,
      code: 'record_refused',
      says: /minted by promotion/,
    },
    {
      name: 'an approval of what is no change request',
      send: async () =>
        post('val', await server.sign(approval('val', 'validator', 'c'.repeat(64)), ['val'])),
      status: 409,
      code: 'record_refused',
      says: /no record c{64}/,
    },
    {
      name: 'an approval whose subject is another change request',
      send: async () =>
        post(
          'val',
          await server.sign(
            { ...approval('val', 'validator', 'c'.repeat(64)), subjectDigest: 'd'.repeat(64) },
            ['val'],
          ),
        ),
      status: 409,
      code: 'record_refused',
      says: /its subject is not/,
    },
    {
      name: 'closing a finding that was never opened',
      send: async () => post('val', await server.sign(finding('F-9', 'closed'), ['val'])),
      status: 409,
      code: 'record_refused',
      says: /opened first/,
    },
    {
      name: 'content of the wrong shape',
      send: async () =>
        post(
          'dev',
          await server.sign(
            { type: 'change-record', actor: 'dev', subjectRef, content: { transition: 'moon' } },
            ['dev'],
          ),
        ),
      status: 422,
      code: 'record_malformed',
      says: /content\.transition/,
    },
    {
      name: 'a promotion policy that cannot be read',
      send: async () =>
        post(
          'risk',
          await server.sign(
            { ...policy('1'), content: { title: 'x', version: '1', textDigest: '', policy: {} } },
            ['risk'],
          ),
        ),
      status: 422,
      code: 'record_malformed',
      says: /content\.policy/,
    },
  ];

  test.each(cases)('$name: $status $code', async ({ send, status, code, says }) => {
    const answer = await send();
    const { error } = ErrorReply.parse(answer.json());
    expect(`${answer.statusCode} ${error.code} ${error.message}`).toMatch(says);
    expect(answer.statusCode).toBe(status);
    expect(error.code).toBe(code);
  });

  test('every refusal by a gate or a role is in the audit', async () => {
    const answer = await server.as('audit', { url: '/v1/audit?limit=1000&outcome=refused' });
    const codes = new Set(
      answer.json<{ events: { code: string }[] }>().events.map(({ code }) => code),
    );
    for (const { code, status } of cases) if (status !== 413) expect(codes).toContain(code);
  });
});

function approval(actor: string, role: string, changeRequest: string): TestDraft {
  return {
    type: 'approval-record',
    actor,
    subjectRef: { ...subjectRef, use: 'underwriting', version: 1 },
    subjectDigest: changeRequest,
    scope: 'version',
    content: {
      changeRequest,
      gate: 'G-VALIDATION',
      role,
      decision: 'approve',
      meaning: 'validated',
      printedName: `${actor.charAt(0).toUpperCase()}${actor.slice(1)} Example`,
      statement: 'I have read it',
      evidence: [],
    },
  };
}

function finding(id: string, status: string): TestDraft {
  return {
    type: 'finding',
    actor: 'val',
    subjectRef: { ...subjectRef, use: 'underwriting' },
    scope: 'use',
    content: {
      id,
      title: 'A finding',
      source: 'validation',
      severity: 'low',
      blocking: false,
      status,
      owner: 'dev',
      due: '2099-01-01T00:00:00.000Z',
      description: 'something',
      ...(status === 'closed' ? { closure: 'mended', evidence: [server.context.root] } : {}),
    },
  };
}

function policy(version: string): TestDraft {
  const warrantDaysMax = { high: 30, medium: 30, low: 30 };
  const transition = { conditions: [], approvals: [], warrantDaysMax };
  return policyDraft(
    {
      id: 'test',
      version,
      transitions: { staging: transition, production: transition },
      exceptions: [{ condition: 'bias', signers: ['validator', 'model-risk'], daysMax: 90 }],
    },
    version,
  );
}

describe('a record that takes two persons', () => {
  test('waits, is shown as pending, and is recorded with the second signature', async () => {
    const envelope = await server.sign(policy('1'), ['risk']);
    const first = await post('risk', envelope);
    expect(first.json()).toMatchObject({
      records: [
        {
          state: 'awaiting-signatures',
          needs: expect.stringContaining('different persons in the roles'),
        },
      ],
    });
    const digest = first.json<{ records: { digest: string }[] }>().records[0]?.digest ?? '';
    const pending = await server.as('ada', { url: '/v1/pending' });
    expect(
      pending.json<{ records: { digest: string }[] }>().records.map((one) => one.digest),
    ).toEqual([digest]);
    const read = await server.as('ada', { url: `/v1/records/${digest}` });
    expect(read.json()).toMatchObject({ state: 'awaiting-signatures' });
    const signed = await addSignature({ ...envelope, signatures: [] }, await server.signer('ada'));
    const second = await server.as('ada', {
      method: 'POST',
      url: `/v1/records/${digest}/signatures`,
      payload: { signature: signed.signatures[0] },
    });
    expect(second.json()).toEqual({ digest, state: 'recorded' });
    const set = await server.context.records.including([digest]);
    expect(set.byDigest.get(digest)?.signers).toHaveLength(2);
    expect((await server.as('ada', { url: '/v1/pending' })).json()).toEqual({ records: [] });
  });

  test('does not count one person twice, also with both signatures in one request', async () => {
    const envelope = await server.sign(policy('2'), ['risk']);
    const answer = await post('risk', envelope);
    expect(answer.json()).toMatchObject({ records: [{ state: 'awaiting-signatures' }] });
    const digest = await digestOf(envelope);
    const again = await server.as('risk', {
      method: 'POST',
      url: `/v1/records/${digest}/signatures`,
      payload: { signature: envelope.signatures[0] },
    });
    expect(again.json()).toMatchObject({ state: 'awaiting-signatures' });
    const both = await post('risk', await server.sign(policy('3'), ['risk', 'ben']));
    expect(both.json()).toMatchObject({ records: [{ state: 'recorded' }] });
  });

  test('gathers signatures that come as whole envelopes too', async () => {
    const byRisk = await server.sign(policy('4'), ['risk']);
    await post('risk', byRisk);
    const byBen = await addSignature({ ...byRisk, signatures: [] }, await server.signer('ben'));
    const answer = await post('ben', byBen);
    expect(answer.json()).toMatchObject({ records: [{ state: 'recorded' }] });
  });

  test('takes no signature that does not verify', async () => {
    const envelope = await server.sign(policy('5'), ['risk']);
    await post('risk', envelope);
    const other = await server.sign(policy('6'), ['ben']);
    const answer = await server.as('ben', {
      method: 'POST',
      url: `/v1/records/${await digestOf(envelope)}/signatures`,
      payload: { signature: other.signatures[0] },
    });
    expect(answer.statusCode).toBe(422);
    expect(codeOf(answer)).toBe('signature_invalid');
  });
});

describe('enrolling a key', () => {
  test('takes two administrators, the role’s holder and the new key; only then has the account the role', async () => {
    const made = await server.as('ada', {
      method: 'POST',
      url: '/v1/people',
      payload: { account: 'val2', printedName: 'Val Two', password: PASSWORD },
    });
    const headers = { authorization: `Bearer ${made.json<{ token: string }>().token}` };
    const file = createKeyFile({
      algorithm: 'ecdsa-p256-sha256',
      passphrase: 'a passphrase of val2',
    });
    const key = keyEntryJson({
      key: publicKeyOfFile(file),
      holder: { kind: 'person', account: 'val2', roles: ['validator'] },
    });
    const draft: TestDraft = {
      type: 'key-enrolment',
      actor: 'ada',
      scope: 'firm',
      subjectRef: { workspace: 'main' },
      content: { key, proofing: 'passport seen in person by Ada' },
    };
    const envelope = await server.sign(draft, ['ada']);
    const digest = await digestOf(envelope);
    const first = await post('ada', envelope);
    expect(first.json()).toMatchObject({
      records: [
        { state: 'awaiting-signatures', needs: expect.stringContaining('1 administrators') },
      ],
    });
    const sign = async (signer: Awaited<ReturnType<TestServer['signer']>>, caller: object) => {
      const signed = await addSignature({ ...envelope, signatures: [] }, signer);
      return server.app.inject({
        method: 'POST',
        url: `/v1/records/${digest}/signatures`,
        headers: { ...caller },
        payload: { signature: signed.signatures[0] },
      });
    };
    const bearer = (account: string) => ({
      authorization: `Bearer ${server.person(account).token}`,
    });
    const second = await sign(await server.signer('ben'), bearer('ben'));
    expect(second.json()).toMatchObject({ needs: expect.stringContaining('new key itself') });
    const third = await sign(openSigner(file, 'a passphrase of val2'), headers);
    expect(third.json()).toMatchObject({
      needs: expect.stringContaining('nobody in the role `validator`'),
    });
    const before = await server.app.inject({ url: '/v1/me', headers });
    expect(before.json()).toMatchObject({ roles: [] });
    const fourth = await sign(await server.signer('val'), bearer('val'));
    expect(fourth.json()).toEqual({ digest, state: 'recorded' });
    await server.context.records.including([digest]);
    const after = await server.app.inject({ url: '/v1/me', headers });
    expect(after.json()).toMatchObject({ account: 'val2', roles: ['validator'] });
  });

  test('nobody enrols a key for themselves', async () => {
    const file = createKeyFile({ algorithm: 'ed25519', passphrase: 'another passphrase' });
    const key = keyEntryJson({
      key: publicKeyOfFile(file),
      holder: { kind: 'person', account: 'ada', roles: ['validator'] },
    });
    const answer = await post(
      'ada',
      await server.sign(
        {
          type: 'key-enrolment',
          actor: 'ada',
          scope: 'firm',
          subjectRef: { workspace: 'main' },
          content: { key, proofing: 'passport seen in person by Ada' },
        },
        ['ada', 'ben'],
      ),
    );
    expect(answer.statusCode).toBe(409);
    expect(answer.json<ErrorReply>().error.message).toContain('nobody enrols a key for themselves');
  });
});

describe('findings', () => {
  test('are opened once and closed along their chain', async () => {
    const opened = await recorded(
      await post('val', await server.sign(finding('F-1', 'open'), ['val'])),
    );
    const twice = await post(
      'val',
      await server.sign({ ...finding('F-1', 'open'), claimedAt: server.context.now() }, ['val']),
    );
    expect(twice.json<ErrorReply>().error.message).toContain('exists already');
    const byDeveloper = { ...finding('F-1', 'closed'), actor: 'dev', supersedes: opened };
    const selfServed = await post('dev', await server.sign(byDeveloper, ['dev']));
    expect(selfServed.json<ErrorReply>().error.message).toContain(
      'closed by validator, model-risk, compliance',
    );
    const closed = await recorded(
      await post(
        'val',
        await server.sign({ ...finding('F-1', 'closed'), supersedes: opened }, ['val']),
      ),
    );
    const fork = await post(
      'val',
      await server.sign({ ...finding('F-1', 'responded'), supersedes: opened }, ['val']),
    );
    expect(fork.json<ErrorReply>().error.message).toContain(
      `superseded by ${closed.slice(0, 12)} already`,
    );
    const other = await post(
      'val',
      await server.sign({ ...finding('F-2', 'closed'), supersedes: closed }, ['val']),
    );
    expect(other.json<ErrorReply>().error.message).toContain('another finding');
  });
});
