// SPDX-License-Identifier: Apache-2.0
// What pages sign is prepared here: the statement is the one the command line drafts, what is refused says where, and what
// somebody is told they could do is what the door takes from them.
import {
  type Draft,
  findingStepDraft,
  fromBase64,
  PAYLOAD_TYPE_STATEMENT,
  parseStrictJson,
  personStatement,
  type Statement,
  signEnvelope,
  statementBytes,
  toBase64,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { standingFinding } from '../src/governance/acts/finding-acts.ts';
import { loadQuestionnaire } from '../src/registry/index.ts';
import { type TestDraft, type TestServer, testServer } from './server-fixture.ts';

const MODEL = 'credit';
const USE = 'underwriting';
const ABOUT = { workspace: 'main', model: MODEL } as const;
const QUESTIONNAIRE = `${import.meta.dirname}/../../../policies/questionnaire.yaml`;

interface Prepared {
  readonly statements: readonly { readonly payload: string; readonly digest: string }[];
  readonly needs?: string;
  readonly text?: string;
}

interface Ability {
  readonly act: string;
  readonly allowed: boolean;
  readonly why?: string;
  readonly needs?: string;
}

describe('statements that pages sign', { timeout: 60_000 }, () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await testServer();
    const { value } = await loadQuestionnaire(QUESTIONNAIRE);
    await record(
      {
        type: 'policy-document',
        kind: 'questionnaire',
        actor: 'risk',
        scope: 'firm',
        subjectRef: { workspace: 'main' },
        content: {
          title: value.title,
          version: value.version,
          textDigest: '0'.repeat(64),
          questionnaire: value,
        },
      },
      ['risk', 'ada'],
    );
  });
  afterAll(async () => {
    await server?.close();
  });

  test('an entry is proposed by its owner; exposure and links of the one before stay in the next', async () => {
    await say('owner', entry({ purpose: 'Decides applications.' }));
    const before = await inForce('inventory-entry');
    const content = {
      ...before.content,
      sources: ['bureau'],
      exposure: { amount: '5', currency: 'USD' },
    };
    await record(
      {
        type: 'inventory-entry',
        actor: 'owner',
        scope: 'model',
        subjectRef: ABOUT,
        supersedes: before.digest,
        content,
      },
      ['owner'],
    );
    await say('owner', entry({ purpose: 'Decides applications below 20,000.' }));
    const after = await inForce('inventory-entry');
    expect(after.content).toEqual({ ...content, purpose: 'Decides applications below 20,000.' });
  });

  test('a tier is computed from the answers, lowered only with its reason, and refused at the question', async () => {
    const { value } = await loadQuestionnaire(QUESTIONNAIRE);
    const answers = Object.fromEntries(
      value.questions.map(({ id, answers: all }) => [id, all.at(-1)?.id ?? '']),
    );
    const act = {
      act: 'tier',
      model: MODEL,
      use: USE,
      answers,
      fairLending: true,
      groups: [],
      floors: [],
    };
    const lowered = await prepare('risk', { ...act, tier: 'low' });
    expect(lowered.statusCode).toBe(409);
    expect(lowered.json().error).toMatchObject({
      code: 'record_refused',
      field: 'content.override',
    });
    const { [value.questions[0]?.id ?? '']: _left, ...some } = answers;
    const unanswered = await prepare('risk', { ...act, answers: some });
    expect(unanswered.json().error).toMatchObject({
      code: 'answers_invalid',
      field: `body.answers.${value.questions[0]?.id}`,
    });
    expect((await prepare('owner', act)).json().error.code).toBe('not_permitted');
    await say('risk', act);
    expect((await inForce('risk-tier')).content).toMatchObject({ computed: 'high', tier: 'high' });
  });

  test('a finding is opened, and each field that is wrong is named', async () => {
    const finding = open({ owner: 'dev' });
    const empty = await prepare('val', { ...finding, title: ' ', severity: '', due: '31.12.' });
    expect(empty.statusCode).toBe(400);
    const places = empty
      .json<{ error: { problems: { place: string }[] } }>()
      .error.problems.map(({ place }) => place);
    expect(places.sort()).toEqual(['body.due', 'body.severity', 'body.title']);
    const { statement } = await say('val', finding);
    expect(statement.predicate.content).toMatchObject({ id: 'F-1', status: 'open', owner: 'dev' });
  });

  test('the statement is the one that the kernel drafts for the command line, byte for byte', async () => {
    const act = { act: 'respond-finding', model: MODEL, id: 'F-1', response: 'bounded now' };
    const prepared = (await prepare('dev', act)).json<Prepared>();
    const bytes = fromBase64(prepared.statements[0]?.payload ?? '');
    const { claimedAt } = statementOf(bytes).predicate;
    const draft = await stepDraft({ step: 'respond', response: 'bounded now', by: 'dev' });
    const by = { account: 'dev', founding: server.context.root, now: claimedAt };
    expect(toBase64(statementBytes(personStatement(nodePrimitives, draft, by)))).toBe(
      toBase64(bytes),
    );
  });

  test('everybody is told what they can do with a finding, and the door refuses the rest', async () => {
    const expected: Record<string, readonly string[]> = {
      dev: ['respond-finding'],
      owner: ['respond-finding'],
      val: ['respond-finding', 'retest-finding', 'close-finding'],
      risk: ['respond-finding', 'extend-finding', 'close-finding'],
      exec: ['respond-finding', 'accept-finding'],
    };
    for (const [account, can] of Object.entries(expected)) {
      const acts = await abilities(account, { model: MODEL, finding: 'F-1' });
      const allowed = acts.filter((one) => one.allowed).map(({ act }) => act);
      expect(allowed, account).toEqual(can);
      for (const { act, why } of acts.filter((one) => !one.allowed))
        expect(why, `${account}: ${act}`).toBeTruthy();
      const isRefused = !can.includes('close-finding');
      if (!isRefused) continue;
      const evidence = [(await standing()).digest];
      const draft = await stepDraft({ step: 'close', closure: 'mended', evidence });
      const answer = await post(account, await signed(account, draft));
      expect(answer.statusCode, `${account} closes`).toBeGreaterThanOrEqual(400);
    }
    const reader = await abilities('audit', { model: MODEL, finding: 'F-1' });
    expect(reader.filter(({ allowed }) => allowed)).toEqual([]);
    const clerk = { url: `/v1/signing/abilities?model=${MODEL}&finding=F-1` };
    expect((await server.as('clerk', clerk)).statusCode).toBe(403);
  });

  test('a high risk is accepted by two: the page is told whose signature is lacking', async () => {
    const act = { act: 'open-finding', model: MODEL, use: USE };
    await say('val', { ...open({ owner: 'dev' }), ...act, severity: 'high' });
    const acts = await abilities('exec', { model: MODEL, finding: 'F-2' });
    const accept = acts.find((one) => one.act === 'accept-finding');
    expect(accept).toMatchObject({ allowed: true, needs: expect.stringContaining('model-risk') });
    const past = await prepare('exec', {
      act: 'accept-finding',
      model: MODEL,
      id: 'F-2',
      until: '2020-01-01',
      reason: 'few',
      compensating: 'looked at',
    });
    expect(past.json().error).toMatchObject({ field: 'content.acceptance.expires' });
  });

  test('a closure without evidence, or with evidence nobody has, is refused at the field', async () => {
    const act = { act: 'close-finding', model: MODEL, id: 'F-1', closure: 'mended' };
    expect((await prepare('val', { ...act, evidence: [] })).json().error.field).toBe(
      'body.evidence',
    );
    const unknown = await prepare('val', { ...act, evidence: ['a'.repeat(64)] });
    expect(unknown.json().error).toMatchObject({ field: 'content.evidence' });
    await say('val', { ...act, evidence: [(await standing()).digest] });
    const acts = await abilities('val', { model: MODEL, finding: 'F-1' });
    expect(acts.filter(({ allowed }) => allowed).map(({ act: name }) => name)).toEqual([
      'reopen-finding',
    ]);
  });

  test('a review that restricts opens its finding with it, and asks who answers it', async () => {
    const act = {
      act: 'review',
      model: MODEL,
      use: USE,
      outcome: 'restrict',
      rationale: 'drift',
      evidence: [],
    };
    expect((await prepare('val', act)).json().error).toMatchObject({ field: 'body.owner' });
    const prepared = (await prepare('val', { ...act, owner: 'dev' })).json<Prepared>();
    const types = prepared.statements.map(
      ({ payload }) => statementOf(fromBase64(payload)).predicate.type,
    );
    expect(types).toEqual(['periodic-review', 'finding']);
    expect((await prepare('dev', { ...act, owner: 'dev' })).statusCode).toBeGreaterThanOrEqual(400);
  });

  test('a paper begins with what records say, is signed, and then begins with its own words', async () => {
    const query = `model=${MODEL}&use=${USE}`;
    const list = async () =>
      (await server.as('owner', { url: `/v1/papers?${query}` })).json<{
        papers: readonly { evidence: string; state: string; allowed: boolean; why?: string }[];
      }>().papers;
    const of = async (evidence: string) => (await list()).find((one) => one.evidence === evidence);
    expect(await of('intended-use')).toMatchObject({ state: 'missing', allowed: true });
    const start = async () =>
      (await server.as('owner', { url: `/v1/papers/start?${query}&evidence=intended-use` })).json<{
        body: string;
        inForce?: string;
        sources: string[];
      }>();
    const first = await start();
    const entryDigest = (await inForce('inventory-entry')).digest;
    expect(first.body).toContain(
      `## Purpose\n\n- Decides applications below 20,000. (record \`${entryDigest.slice(0, 12)}\`)`,
    );
    expect(first.sources).toEqual([entryDigest]);
    const act = {
      act: 'paper',
      evidence: 'intended-use',
      model: MODEL,
      use: USE,
      title: 'Intended use: credit',
    };
    const unfinished = await prepare('owner', { ...act, body: first.body });
    expect(unfinished.json().error).toMatchObject({ field: 'body.body' });
    const body = '## Purpose\n\nDecides loans.\n\n## Non-uses\n\nNo renewals.';
    expect((await prepare('dev', { ...act, body })).json().error.code).toBe('not_permitted');
    const { statement } = await say('owner', { ...act, body });
    expect(statement.predicate.content).toMatchObject({
      author: 'owner',
      sections: [
        { heading: 'Purpose', markdown: 'Decides loans.' },
        { heading: 'Non-uses', markdown: 'No renewals.' },
      ],
    });
    expect(await of('intended-use')).toMatchObject({ state: 'in force' });
    const next = await start();
    expect(next).toMatchObject({ body, inForce: expect.any(String) });
  });

  test('nothing of it failed on the server', () => {
    expect(server.failures).toEqual([]);
  });

  function entry(more: { readonly purpose: string }) {
    return {
      act: 'propose',
      model: MODEL,
      name: 'Consumer credit',
      owner: 'owner',
      developer: 'dev',
      origin: 'built',
      businessLine: 'Retail',
      jurisdictions: ['US'],
      uses: [USE],
      ...more,
    };
  }

  function open(more: { readonly owner: string }) {
    return {
      act: 'open-finding',
      model: MODEL,
      use: USE,
      title: 'Incomplete rows are scored',
      description: 'A missing number is given the mean.',
      severity: 'medium',
      source: 'validation',
      blocking: true,
      due: '2099-12-31',
      ...more,
    };
  }

  function prepare(account: string, act: object) {
    return server.as(account, { method: 'POST', url: '/v1/signing/statements', payload: act });
  }

  /** Prepared, signed by key and recorded. */
  async function say(account: string, act: object): Promise<{ readonly statement: Statement }> {
    const answer = await prepare(account, act);
    if (answer.statusCode !== 200) throw new Error(answer.body);
    const prepared = answer.json<Prepared>();
    if (prepared.text !== undefined) {
      await server.as(account, {
        method: 'PUT',
        url: '/v1/blobs',
        headers: { 'content-type': 'application/octet-stream' },
        payload: Buffer.from(prepared.text),
      });
    }
    const signer = await server.signer(account);
    const envelopes = await Promise.all(
      prepared.statements.map(({ payload }) =>
        signEnvelope(PAYLOAD_TYPE_STATEMENT, fromBase64(payload), [signer]),
      ),
    );
    const posted = await post(account, envelopes);
    if (posted.statusCode !== 200) throw new Error(posted.body);
    const [first] = prepared.statements;
    expect(posted.json().records[0]).toMatchObject({ digest: first?.digest, state: 'recorded' });
    await server.context.records.including(prepared.statements.map(({ digest }) => digest));
    return { statement: statementOf(fromBase64(first?.payload ?? '')) };
  }

  function post(account: string, envelopes: readonly unknown[]) {
    return server.as(account, { method: 'POST', url: '/v1/records', payload: { envelopes } });
  }

  async function signed(account: string, draft: Draft) {
    const by = { account, founding: server.context.root, now: server.context.now() };
    const bytes = statementBytes(personStatement(nodePrimitives, draft, by));
    return [await signEnvelope(PAYLOAD_TYPE_STATEMENT, bytes, [await server.signer(account)])];
  }

  async function standing(id = 'F-1') {
    const { context } = server;
    const set = await context.records.current();
    const at = { set, workspace: 'main', account: 'val', now: context.now() };
    return standingFinding(at, { model: MODEL, id });
  }

  async function stepDraft(step: Parameters<typeof findingStepDraft>[1]): Promise<Draft> {
    return findingStepDraft(await standing(), step);
  }

  async function abilities(
    account: string,
    asked: { readonly model: string; readonly finding: string },
  ): Promise<readonly Ability[]> {
    const url = `/v1/signing/abilities?model=${asked.model}&finding=${asked.finding}`;
    return (await server.as(account, { url })).json<{ acts: readonly Ability[] }>().acts;
  }

  async function record(draft: TestDraft, signers: readonly string[]): Promise<void> {
    const answer = await post(draft.actor, [await server.sign(draft, signers)]);
    if (answer.statusCode !== 200) throw new Error(answer.body);
    const { records } = answer.json<{ records: readonly { digest: string }[] }>();
    await server.context.records.including(records.map(({ digest }) => digest));
  }

  async function inForce(type: string) {
    const set = await server.context.records.current();
    const found = set.records.findLast(({ statement }) => statement.predicate.type === type);
    if (found === undefined) throw new Error(`no ${type}`);
    return { digest: found.digest, content: found.statement.predicate.content };
  }
});

function statementOf(bytes: Uint8Array): Statement {
  return parseStrictJson(bytes) as unknown as Statement; // read strictly by the door when it is sent
}
