// SPDX-License-Identifier: Apache-2.0
// Findings, reviews, overlays and attestations by command, against a real server with one version in production.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appendRecord } from '../../server/src/ledger/index.ts';
import type { TestDraft } from '../../server/tests/server-fixture.ts';
import { type Ran, runAs, type WarrantedFirm, warrantedFirm } from './warranted-firm.ts';

const MODEL = 'consumer-credit';
const USE = 'underwriting';
let firm: WarrantedFirm;

beforeAll(async () => {
  firm = await warrantedFirm({ demonstration: true });
}, 120_000);
afterAll(async () => {
  await firm?.close();
});

const run = (account: string, ...argv: readonly string[]) => runAs(firm, account, argv);

async function ok(account: string, ...argv: readonly string[]): Promise<Ran> {
  const ran = await run(account, ...argv);
  expect(ran.exitCode, ran.text).toBe(0);
  return ran;
}

async function refused(account: string, ...argv: readonly string[]): Promise<string> {
  const ran = await run(account, ...argv);
  expect(ran.exitCode, ran.text).toBe(1);
  return ran.text;
}

interface Warrant {
  readonly digest: string;
  readonly live: boolean;
  readonly changeRequest: string;
  readonly denials: readonly string[];
}

async function production(): Promise<Warrant> {
  const reply = await firm.server.as('mia', { method: 'GET', url: '/v1/warrants' });
  const found = reply.json<{ warrants: Warrant[] }>().warrants;
  const one = found.find(({ digest }) => digest === firm.production);
  if (one === undefined) throw new Error(reply.body);
  return one;
}

async function listed(): Promise<boolean> {
  const reply = await firm.server.app.inject({ method: 'GET', url: '/v1/feed/status' });
  const payload = Buffer.from(reply.json<{ payload: string }>().payload, 'base64').toString();
  return (JSON.parse(payload) as { live: string[] }).live.includes(firm.production);
}

const isListed = (is: boolean) => expect.poll(listed, { timeout: 15_000, interval: 200 }).toBe(is);

async function record(draft: TestDraft): Promise<number> {
  const payload = { envelopes: [await firm.server.sign(draft, [draft.actor])] };
  const reply = await firm.server.as(draft.actor, { method: 'POST', url: '/v1/records', payload });
  return reply.statusCode;
}

const F1 = `${MODEL}/F-1`;

/** Opened in January, as the log has it: today the door takes no finding whose day has passed. */
async function overdueCondition(changeRequest: string): Promise<void> {
  const { context } = firm.server;
  const draft = {
    type: 'finding',
    scope: 'use',
    actor: 'vera',
    subjectRef: { workspace: 'main', model: MODEL, use: USE },
    content: {
      id: 'F-1',
      title: 'missing values',
      source: 'validation',
      severity: 'high',
      blocking: true,
      status: 'open',
      owner: 'omar',
      due: '2026-01-31',
      description: 'incomplete rows are scored',
      condition: changeRequest,
    },
  } as const;
  const envelope = await firm.server.sign(draft, ['vera']);
  const { digest } = await context.database.db
    .transaction()
    .execute((tx) =>
      appendRecord(tx, envelope, { blobs: context.blobs, recordedAt: new Date(context.now()) }),
    );
  await context.records.including([digest]);
}

test.each([
  ['a use that no record names', { '--use': 'underwritting' }, /its uses are underwriting/],
  ['an owner who has no account', { '--owner': 'nobody.here' }, /`nobody\.here` is no account/],
  ['a due date that has passed', { '--due': '2020-01-31' }, /`2020-01-31` has passed/],
])('a finding with %s is refused when it is opened', async (_, wrong, why) => {
  const given = { '--use': USE, '--owner': 'omar', '--due': '2099-01-31', ...wrong };
  const text = await refused(
    'vera',
    ...['findings', 'open', MODEL, '--title', 'x', '--severity', 'low', '--description', 'x'],
    ...Object.entries(given).flat(),
  );
  expect(text).toMatch(why);
});

test('neither a finding nor an overlay is about a model or version that nobody knows', async () => {
  const rest = ['--title', 'x', '--severity', 'low', '--description', 'x'];
  const who = ['--owner', 'omar', '--due', '2099-01-31', '--use', USE];
  for (const subject of ['consumer-credti', `${MODEL}@9`]) {
    const text = await refused('vera', 'findings', 'open', subject, ...rest, ...who);
    expect(text).toMatch(/no record is about what it names/);
  }
  const add = [
    ...['overlays', 'add', MODEL, '--segment', 'all', '--size', '+0.02', '--reason', 'flood'],
    ...['--until', '2099-03-31'],
  ];
  const unknown = await refused('mia', ...add, '--use', 'pricing', '--authority', 'eve');
  expect(unknown).toMatch(/its uses are underwriting/);
  const nobody = await refused('mia', ...add, '--use', USE, '--authority', 'nobody.here');
  expect(nobody).toMatch(/`nobody\.here` is no account/);
});

test('a condition that lapsed takes its warrant from the status, and an extension by model risk brings it back', async () => {
  const { changeRequest } = await production();
  await overdueCondition(changeRequest);
  expect(await production()).toMatchObject({
    live: false,
    denials: ['condition F-1 of its approval was due on 2026-01-31 and is open'],
  });
  await isListed(false);
  const { result, text } = await ok('mia', 'findings', '--overdue');
  expect(result.findings).toMatchObject([{ id: 'F-1', overdue: true, blocking: true }]);
  expect(text).toMatch(/high\s+1\s+1\s+1\s+0\s+0\s+0\s+0\s+0 d/);
  const extend = ['findings', 'extend', F1, '--to', '2099-01-31', '--reason', 'later'];
  expect(await refused('omar', ...extend)).toContain('role model-risk');
  await ok('mia', ...extend);
  expect(await production()).toMatchObject({ live: true });
  await isListed(true);
});

test('policy allows two extensions, and the third is refused', async () => {
  await ok('mia', 'findings', 'extend', F1, '--to', '2099-02-28', '--reason', 'later still');
  const third = ['findings', 'extend', F1, '--to', '2099-03-31', '--reason', 'once more'];
  expect(await refused('mia', ...third)).toContain('extended 2 times; policy allows 2');
});

test('a high risk is accepted by an executive and model risk together', async () => {
  const accept = ['findings', 'accept', F1, '--until', '2099-12-31'];
  const words = ['--reason', 'few cases', '--compensating', 'looked at by hand'];
  expect(await refused('omar', ...accept, ...words)).toContain('must be signed by');
  const first = await ok('eve', ...accept, ...words);
  expect(first.text).toContain('waits');
  await ok('mia', 'sign', '--add', first.result.digest);
  const { result } = await ok('vera', 'findings', '--status', 'accepted');
  expect(result.findings).toMatchObject([{ id: 'F-1', overdue: false }]);
});

test('a finding is answered by its owner, retested and closed by the validator, and opened again', async () => {
  await ok('omar', 'findings', 'respond', F1, '--response', 'bounded');
  const inbox = await ok('vera', 'inbox');
  expect(inbox.text).toContain('retest or close F-1');
  const { run: evidence } = firm.candidate;
  const close = ['findings', 'close', F1, '--closure', 'seen', '--evidence', evidence];
  expect(await refused('omar', ...close)).toContain('closed by validator');
  const retest = ['findings', 'retest', F1, '--note', 'tried', '--evidence', evidence];
  await ok('vera', ...retest, '--outcome', 'failed');
  expect(await refused('vera', ...close)).toContain('its retest failed');
  const nothing = ['findings', 'retest', F1, '--note', 'tried', '--outcome', 'passed'];
  expect(await refused('vera', ...nothing, '--evidence', '0'.repeat(64))).toContain(
    'neither a record in the log nor stored bytes',
  );
  await ok('vera', ...retest, '--outcome', 'passed');
  await ok('vera', ...close);
  expect(await refused('omar', 'findings', 'respond', F1, '--response', 'x')).toContain('reopen');
  await ok('vera', 'findings', 'reopen', F1, '--reason', 'it came back', '--due', '2099-06-30');
  await ok('vera', ...close);
  const { result } = await ok('mia', 'findings', '--model', MODEL);
  expect(result.findings[0].history.map(({ status }: { status: string }) => status)).toEqual([
    ...['open', 'extended', 'extended', 'accepted', 'responded'],
    ...['retest', 'retest', 'closed', 'open', 'closed'],
  ]);
});

test('a finding of a version names it and is answered and closed like one of a use', async () => {
  const opened = await ok(
    'vera',
    ...['findings', 'open', `${MODEL}@1`, '--title', 'a finding', '--severity', 'low'],
    ...['--owner', 'dana', '--due', '2099-01-31', '--description', 'x', '--source', 'regulator'],
  );
  const name = `${MODEL}/${opened.result.id}`;
  const answered = await ok('dana', 'findings', 'respond', name, '--response', 'done');
  const close = ['findings', 'close', name, '--closure', 'seen'];
  await ok('vera', ...close, '--evidence', answered.result.digest);
  const { result } = await ok('mia', 'findings', '--source', 'regulator');
  expect(result.findings).toMatchObject([{ version: 1, use: USE, content: { status: 'closed' } }]);
});

test('what the door is handed with unknown members, skipped states or a lowered severity is refused', async () => {
  const { result } = await ok('mia', 'findings', '--model', MODEL);
  const [{ digest, content }] = result.findings;
  const send = (change: object, supersedes?: string) =>
    record({
      type: 'finding',
      scope: 'use',
      actor: 'vera',
      subjectRef: { workspace: 'main', model: MODEL, use: USE },
      content: { ...content, ...change },
      ...(supersedes === undefined ? {} : { supersedes }),
    });
  expect(await send({ id: 'F-7', status: 'open', hidden: 'x' })).toBe(422);
  expect(await send({ id: 'F-7', status: 'accepted' })).toBe(409);
  expect(await send({ status: 'responded', respondedBy: 'vera' }, digest)).toBe(409);
  expect(await send({ status: 'open', reopened: 'x', severity: 'low' }, digest)).toBe(409);
});

test('overlays are added, refused to a developer, ended and shown with their recurrence', async () => {
  const add = [
    ...['overlays', 'add', MODEL, '--use', USE, '--segment', 'region=north', '--size', '+0.02'],
    ...['--reason', 'flood', '--authority', 'eve', '--until', '2099-03-31'],
  ];
  expect(await refused('dana', ...add)).toContain('must be signed by');
  await ok('mia', ...add);
  await ok('omar', 'overlays', 'expire', `${MODEL}/O-1`, '--reason', 'mended');
  await ok('mia', ...add);
  const { result } = await ok('vera', 'overlays', '--model', MODEL);
  expect(result.overlays).toMatchObject([
    { id: 'O-1', state: 'ended', recurrence: 0 },
    { id: 'O-2', state: 'active', recurrence: 1 },
  ]);
  expect(result.overrides).toEqual({ counts: [], actions: [] });
});

test('owners attest their own entries in a campaign', async () => {
  await record({
    type: 'inventory-entry',
    scope: 'model',
    actor: 'omar',
    subjectRef: { workspace: 'main', model: MODEL },
    content: {
      name: MODEL,
      purpose: 'credit decisions',
      owner: 'omar',
      developer: 'dana',
      origin: 'built',
      businessLine: 'retail',
      jurisdictions: ['US'],
      uses: [USE],
    },
  });
  const open = ['reviews', 'campaign', '2026-h2', '--title', 'half year', '--due', '2099-12-15'];
  expect(await refused('omar', ...open)).toContain('role model-risk');
  await ok('mia', ...open);
  expect((await ok('omar', 'inbox')).text).toContain('confirm the inventory entry for 2026-h2');
  const attest = ['reviews', 'attest', MODEL, '--campaign', '2026-h2', '--note', 'right'];
  expect(await refused('dana', ...attest)).toContain("`omar`'s to confirm");
  await ok('omar', ...attest);
  const { result } = await ok('mia', 'reviews', 'campaigns');
  expect(result).toMatchObject([{ campaign: '2026-h2', confirmed: 1, waiting: 0 }]);
});

test('a review is signed by somebody independent, and one that restricts suspends and opens a finding', async () => {
  const due = await ok('vera', 'reviews', '--due', '366d');
  expect(due.result).toMatchObject([{ model: MODEL, tier: 'high', from: { what: 'validation' } }]);
  expect((await ok('vera', 'reviews', '--overdue')).result).toEqual([]);
  const reviewed = ['reviews', 'record', MODEL, '--use', USE, '--rationale', 'looked again'];
  expect(await refused('dana', ...reviewed, '--outcome', 'stands')).toContain('validator');
  await ok('vera', ...reviewed, '--outcome', 'stands', '--evidence', firm.candidate.run);
  const after = await ok('mia', 'reviews', '--model', MODEL);
  expect(after.result).toMatchObject([{ from: { what: 'review' }, last: { by: 'vera' } }]);
  const workload = await ok('mia', 'reviews', 'workload');
  expect(workload.result).toMatchObject([{ validator: 'vera', validations: [], findings: [] }]);
  await ok('vera', ...reviewed, '--outcome', 'restrict', '--owner', 'omar');
  expect(await production()).toMatchObject({ live: false });
  const { result } = await ok('mia', 'findings', '--status', 'open');
  expect(result.findings).toMatchObject([
    { id: 'F-3', blocking: true, content: { title: 'Review: restrict', owner: 'omar' } },
  ]);
});

test('a paper is begun from records by command, and what a page prepared is signed as it was saved', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-papers-'));
  const file = join(folder, 'monitoring-plan.md');
  const begun = ['evidence', 'draft', `${MODEL}@1`, 'instructions-for-use', '--out', file];
  const { result } = await ok('omar', ...begun);
  const text = await readFile(file, 'utf8');
  expect(text).toMatch(/^---\nevidence: instructions-for-use\nscope: use\n/);
  expect(text).toContain(`(record \`${result.sources[0].slice(0, 12)}\`)`);
  expect(await refused('omar', ...begun)).toContain('there already');

  const act = { act: 'respond-finding', model: MODEL, id: 'F-3', response: 'it is bounded' };
  const prepared = await firm.server.as('omar', {
    method: 'POST',
    url: '/v1/signing/statements',
    payload: act,
  });
  const [statement] = prepared.json<{ statements: { payload: string; digest: string }[] }>()
    .statements;
  const saved = join(folder, 'finding.json');
  const payloads = [statement?.payload];
  await writeFile(saved, JSON.stringify({ v: 1, kind: 'countersign-statements', payloads }));
  expect(await refused('vera', 'sign', saved)).toContain('by `omar`, you are `vera`');
  const signed = await ok('omar', 'sign', saved);
  expect(signed.result).toMatchObject([{ digest: statement?.digest, state: 'recorded' }]);
  await rm(folder, { recursive: true });
});
