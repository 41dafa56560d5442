// SPDX-License-Identifier: Apache-2.0
// What pages keep of a model's records never shows: over a random walk of records, asked at times in any order, each answer
// is the one that a process gives which reads the same records for the first time.
import {
  asOfView,
  type CountedRecord,
  endingsOf,
  indexAt,
  type RecordSet,
  type Role,
  readWarrantRecord,
  recordsOfType,
  setsByModel,
  warrantStanding,
} from '@countersign/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeRequestView, inbox, listChangeRequests } from '../src/governance/index.ts';
import { gateMemo, modelSets } from '../src/records/index.ts';
import { inventory, productionAsOf } from '../src/registry/index.ts';
import { warmPages } from '../src/warm-pages.ts';
import { largeFirm } from './large-firm.ts';
import { type Recorder, recorder } from './recorder.ts';
import { type TestServer, testServer } from './server-fixture.ts';

const seed = Number(process.env.WALK_SEED ?? Date.now() % 1_000_000);
const STEPS = Number(process.env.WALK_STEPS ?? 16);
const DAY_MS = 86_400_000;
/** Before and after what ends within days: conditions, warrants, legacy use. */
const AHEAD_DAYS = [0, 3, 8, 40];

let server: TestServer;
let record: Recorder;
beforeAll(async () => {
  server = await testServer();
  await largeFirm(server, { models: 3, changeRequests: 84, evidence: 6 });
  record = recorder(server);
}, 120_000);
afterAll(async () => {
  expect(server.failures).toEqual([]);
  await server.close();
});

const current = () => server.context.records.current();

/** The same records as other objects: nothing that is kept by them is found again. */
function readAnew(set: RecordSet): RecordSet {
  return structuredClone(set);
}

const PEOPLE = [
  ['legal', 'legal'],
  ['val', 'validator'],
  ['risk', 'model-risk'],
  // Built the versions: what others may approve is not for them.
  ['dev', 'legal'],
  ['dev', 'validator'],
] as const;

function answers(set: RecordSet, now: string, people: readonly (readonly [string, Role])[]) {
  const at = { workspace: 'main', now };
  const inboxes = people.map(([account, role]) => [
    `${account} as ${role}`,
    inbox(set, { ...at, account, roles: [role] }),
  ]);
  return {
    inventory: inventory(set, at),
    requests: listChangeRequests(set, at),
    inboxes: Object.fromEntries(inboxes),
  };
}

test(`kept answers are those computed anew, whatever is recorded and asked (WALK_SEED=${seed})`, async () => {
  console.info(`WALK_SEED=${seed}`);
  const random = randomOf(seed);
  const one = <T>(of: readonly T[]): T => {
    const found = of[Math.floor(random() * of.length)];
    if (found === undefined) throw new Error('nothing to choose from');
    return found;
  };
  const done = new Set<string>();
  let before = await current();
  for (let step = 0; step < STEPS; step += 1) {
    const act = ACTS[step % ACTS.length] ?? one(ACTS);
    done.add(await act(before, { one, step }));
    const set = await current();
    if (random() < 0.5) await warmPages(set, { workspace: 'main', now: server.context.now });
    expectSets(set);
    const fresh = readAnew(set);
    for (const days of [one(AHEAD_DAYS), one(AHEAD_DAYS)]) {
      const now = inDays(days);
      // In another order, so that what is kept for one person and given to another shows.
      const anew = answers(fresh, now, PEOPLE.toReversed());
      expect(answers(set, now, PEOPLE), `step ${step}, in ${days} days`).toEqual(anew);
      expectExpiryFirst(fresh, now);
    }
    expectAsOf(set, fresh, one(set.records).loggedAt);
    expectAsOf(set, fresh, inDays(one(AHEAD_DAYS)));
    // As the log stood before the record: of the set of then all is told, of the one of now a part.
    const then = { date: last(before).loggedAt, known: last(before).index, workspace: 'main' };
    if (last(before).loggedAt < last(set).loggedAt) {
      expect(asOfView(before, then)).toEqual(asOfView(fresh, then));
    }
    before = set;
  }
  expect([...done].sort()).toEqual([...DONE].sort());
}, 240_000);

function expectSets(set: RecordSet): void {
  const digests = (sets: ReadonlyMap<string, RecordSet>) =>
    [...sets].map(([model, { records, byDigest }]) => [
      model,
      records.map(({ digest }) => digest),
      [...byDigest.keys()],
    ]);
  expect(digests(modelSets(set, 'main'))).toEqual(digests(setsByModel(set, 'main')));
}

function expectAsOf(set: RecordSet, fresh: RecordSet, date: string): void {
  const question = { workspace: 'main', date, known: date };
  const { known, ...told } = productionAsOf(set, question, gateMemo(set));
  const index = indexAt(fresh, date);
  expect(known).toEqual({ time: date, index });
  const anew = asOfView(fresh, { workspace: 'main', date, known: index });
  expect({ ...told, known: index }).toEqual(anew);
}

/** Where a restriction and expiry are taken alike, saying expiry first changes nothing else. */
function expectExpiryFirst(set: RecordSet, now: string): void {
  const gates = gateMemo(set);
  for (const own of modelSets(set, 'main').values()) {
    for (const found of recordsOfType(own, 'deployment-record').flatMap(
      (one) => readWarrantRecord(one) ?? [],
    )) {
      const whole = warrantStanding(own, found, { now, gates });
      const isBoth = whole === 'suspended' && now >= found.warrant.expires;
      const isEnded = endingsOf(own, found.record.digest).length > 0;
      const first = warrantStanding(own, found, { now, gates, expiryFirst: true });
      expect(first).toBe(isBoth && !isEnded ? 'expired' : whole);
    }
  }
}

interface Walk {
  readonly one: <T>(of: readonly T[]) => T;
  readonly step: number;
}

type Act = (set: RecordSet, walk: Walk) => Promise<string>;

const MODELS = ['model-001', 'model-002', 'model-003'];

/** A model that nobody knew comes in by this too. */
const tier: Act = async (_, { one }) => {
  const computed = one(['high', 'medium', 'low']);
  await record.person(
    {
      type: 'risk-tier',
      actor: 'risk',
      scope: 'use',
      subjectRef: { workspace: 'main', model: one([...MODELS, 'model-000']), use: 'provisioning' },
      content: { tier: computed, computed, fairLending: false, floors: [] },
    },
    ['risk'],
  );
  return 'tier';
};

const entry: Act = async (set, { one, step }) => {
  const found = one(recordsOfType(set, 'inventory-entry')).statement.predicate;
  await record.person(
    {
      type: 'inventory-entry',
      actor: 'risk',
      scope: 'model',
      subjectRef: found.subjectRef,
      content: { ...found.content, purpose: `purpose of step ${step}` },
    },
    ['risk'],
  );
  return 'entry';
};

/** A condition of an approval that suspends the warrant when its day has passed, with no record about it. */
const condition: Act = async (set, { one, step }) => {
  const warrant = one(running(set)).statement.predicate;
  const { model = '' } = warrant.subjectRef;
  await record.person(
    {
      type: 'finding',
      actor: 'val',
      scope: 'model',
      subjectRef: { workspace: 'main', model },
      content: {
        id: `C-${step}`,
        title: 'A condition',
        source: 'validation',
        severity: 'medium',
        blocking: false,
        status: 'open',
        owner: 'dev',
        due: inDays(5).slice(0, 10),
        description: 'To be mended.',
        condition: String(warrant.content.changeRequest),
      },
    },
    ['val'],
  );
  return 'condition';
};

const decision: Act = async (set, { one }) => {
  const open = listChangeRequests(set, { now: inDays(0) }).filter(({ state }) => state === 'open');
  const { digest, subject } = one(open);
  const role = one(['legal', 'risk'] as const);
  await record.person(
    {
      type: 'approval-record',
      actor: role,
      scope: 'version',
      subjectRef: subject,
      subjectDigest: digest,
      content: {
        changeRequest: digest,
        gate: 'gate/production-approval',
        role: role === 'legal' ? 'legal' : 'model-risk',
        decision: one(['approve', 'approve', 'reject']),
        meaning: role === 'legal' ? 'lawful in its use' : 'its risk is within appetite',
        printedName: role === 'legal' ? 'Legal Example' : 'Risk Example',
        statement: 'I have read the change request',
        evidence: changeRequestView(set, digest, inDays(0)).evidence,
      },
    },
    [role],
  );
  return 'decision';
};

const ending: Act = async (set, { one }) => {
  const { digest, statement } = one(running(set));
  await record.platform({
    type: 'deployment-record',
    kind: 'suspend',
    scope: 'version',
    producer: 'monitoring',
    source: [digest],
    subjectRef: statement.predicate.subjectRef,
    content: { warrant: digest, environment: 'production', reason: 'a breach' },
  });
  return 'ending';
};

/** Of the firm: every model is judged by it. */
const policy: Act = async (set, { step }) => {
  const found = recordsOfType(set, 'policy-document').find(
    ({ statement }) => statement.predicate.kind === 'promotion-policy',
  );
  await record.person(
    {
      type: 'policy-document',
      kind: 'promotion-policy',
      actor: 'risk',
      scope: 'firm',
      subjectRef: { workspace: 'main' },
      content: { ...found?.statement.predicate.content, version: `of step ${step}` },
    },
    ['risk', 'ada'],
  );
  return 'policy';
};

const ACTS: readonly Act[] = [
  tier,
  condition,
  decision,
  entry,
  ending,
  decision,
  condition,
  policy,
];
const DONE = ['tier', 'condition', 'decision', 'entry', 'ending', 'policy'];

/** Warrants that have not expired. */
function running(set: RecordSet): readonly CountedRecord[] {
  const now = inDays(0);
  return recordsOfType(set, 'deployment-record').filter(
    ({ statement: { predicate } }) =>
      predicate.kind === 'promote' && String(predicate.content.expires) > now,
  );
}

function last(set: RecordSet): CountedRecord {
  const found = set.records.at(-1);
  if (found === undefined) throw new Error('no records');
  return found;
}

function inDays(days: number): string {
  return new Date(Date.parse(server.context.now()) + days * DAY_MS).toISOString();
}

/** Mulberry32: enough to choose by. */
function randomOf(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
