// SPDX-License-Identifier: Apache-2.0
import {
  type AsOfView,
  asOfIndex,
  asOfView,
  type CountedRecord,
  type GateMemo,
  indexAt,
  liveWarrants,
  type RecordSet,
  readTier,
  recordsAsOf,
} from '@countersign/kernel';
import { beforeAll, describe, expect, test } from 'vitest';
import { build, hex, intake, MODEL, POLICY, produce, USE } from './credit-model.ts';
import { type Draft, type Firm, foundFirm, WORKSPACE } from './firm.ts';
import { seed } from './property-seed.ts';

const DAY = 86_400_000;
const REF = { workspace: WORKSPACE, model: MODEL, use: USE };
const later = (time: string, days: number) => new Date(Date.parse(time) + days * DAY).toISOString();
const last = (set: RecordSet) => set.records.at(-1)?.index ?? 0;
const ask = (firm: Firm, date: string, known = last(firm.set())): AsOfView =>
  asOfView(firm.set(), { workspace: WORKSPACE, date, known });

async function year(firm: Firm) {
  return produce(firm, { expires: later(firm.now(), 300) });
}

async function end(firm: Firm, warrant: string, how: Partial<Draft> = {}): Promise<string> {
  const content = { warrant, environment: 'production', reason: 'scores drifted' };
  return firm.add(
    { type: 'deployment-record', kind: 'revoke', subjectRef: REF, scope: 'use', ...how, content },
    'mia',
  );
}

async function tier(firm: Firm, value: string, how: Partial<Draft> = {}): Promise<string> {
  const content = { computed: value, tier: value, fairLending: true, floors: [] };
  return firm.add({ type: 'risk-tier', scope: 'use', subjectRef: REF, content, ...how }, 'mia');
}

const tierOf = (set: RecordSet) =>
  readTier(set, {
    ...REF,
    version: Number.MAX_SAFE_INTEGER,
    artifactDigest: '',
    registeredAt: 0,
    registeredOn: '',
  })?.tier;

describe('what was in production at a time', () => {
  let firm: Firm;
  let production: string;
  let promoted: string;

  beforeAll(async () => {
    firm = await foundFirm();
    ({ production } = await year(firm));
    promoted = firm.now();
    firm.pass(40);
    await tier(firm, 'high');
  });

  test('names the warrant with who allowed it, in which role, and on what validation', () => {
    const view = ask(firm, later(promoted, 2));
    const found = view.warrants.find(({ environment }) => environment === 'production');
    expect(found).toMatchObject({ digest: production, model: MODEL, version: 1, inEffect: true });
    expect(found?.chain.changeRequest).toMatchObject({ by: ['dana'], class: 'standard' });
    expect(found?.chain.approvals.map(({ by, role, decision }) => [by[0], role, decision])).toEqual(
      [
        ['lena', 'legal', 'approve'],
        ['eve', 'executive', 'approve'],
      ],
    );
    expect(found?.chain.validation).toMatchObject([{ by: ['vera'], outcome: 'approved' }]);
    expect(found?.chain.datasets).toMatchObject([{ dataset: 'applications' }]);
    expect(view.stages).toEqual([{ model: MODEL, use: USE, version: 1, stage: 'production' }]);
  });

  test('is nothing before the warrant was logged, and nothing after it expired', () => {
    const before = new Date(Date.parse(promoted) - 1).toISOString();
    const held = (date: string) =>
      ask(firm, date).warrants.filter(({ environment }) => environment === 'production');
    expect(held(before)).toEqual([]);
    expect(held(promoted)).toHaveLength(1);
    expect(held(later(promoted, 301))).toEqual([]);
  });

  test('a revocation with effect from before is known from its logging, and never before', async () => {
    const own = await foundFirm();
    const made = await year(own);
    const from = later(own.now(), 3);
    own.pass(10);
    const date = later(from, 2);
    const then = indexAt(own.set(), own.now());
    const answered = ask(own, date, then);
    expect(answered.warrants.map(({ inEffect }) => inEffect)).toEqual([true, true]);
    const ended = await end(own, made.production, { effectiveAt: from });
    const now = ask(own, date).warrants.find(({ digest }) => digest === made.production);
    expect(now).toMatchObject({
      inEffect: false,
      corrections: [{ digest: ended, effectiveAt: from, reason: 'scores drifted', by: ['mia'] }],
    });
    expect(ask(own, date, then)).toEqual(answered);
    expect(ask(own, date).stages).toMatchObject([{ stage: 'suspended' }]);
    expect(ask(own, date, then).stages).toMatchObject([{ stage: 'production' }]);
    const before = new Date(Date.parse(from) - 1).toISOString();
    expect(ask(own, before).warrants.every(({ inEffect }) => inEffect)).toBe(true);
  });

  test('a warrant or an approval cannot be given with effect from before', async () => {
    const own = await foundFirm();
    await intake(own);
    await own.pass(1);
    const early = own.now();
    own.pass(5);
    const signed = own
      .set()
      .records.filter(({ statement }) => statement.predicate.type === 'policy-document');
    const [policy, pack] = signed.map(({ digest }) => digest);
    await build(own, { policy: policy ?? '', pack: pack ?? '' });
    await own.add(
      {
        type: 'role-assignment',
        scope: 'use',
        subjectRef: REF,
        effectiveAt: early,
        content: { principal: 'vera', role: 'validator' },
      },
      'mia',
    );
    const told = recordsAsOf(own.set(), { date: early, known: last(own.set()) });
    expect(told.records.map(({ index }) => index)).toEqual(
      own
        .set()
        .records.filter(({ loggedAt }) => loggedAt <= early)
        .map(({ index }) => index),
    );
  });

  test('a corrected validation is shown beside the one that the warrant rested on', async () => {
    const own = await foundFirm();
    const made = await year(own);
    const date = own.now();
    const report = own
      .set()
      .records.find(({ statement }) => statement.predicate.type === 'validation-report');
    own.pass(20);
    const corrected = await own.add(
      {
        type: 'validation-report',
        subjectRef: made.candidate.ref,
        ...(report === undefined ? {} : { supersedes: report.digest }),
        effectiveAt: report?.loggedAt ?? '',
        content: { outcome: 'not approved' },
      },
      'vera',
    );
    const found = ask(own, date).warrants.find(({ digest }) => digest === made.production);
    expect(found?.chain.validation).toMatchObject([{ digest: report?.digest }]);
    expect(found?.corrections).toMatchObject([{ digest: corrected, supersedes: report?.digest }]);
  });

  test('a policy that replaced the warrant’s later corrects nothing', async () => {
    const own = await foundFirm();
    const made = await year(own);
    const date = own.now();
    const before = ask(own, date).warrants.find(({ digest }) => digest === made.production);
    const policy = before?.chain.policy?.digest ?? '';
    own.pass(20);
    const content = { title: 'promotion', version: '2.0.0', textDigest: hex('2'), policy: POLICY };
    await own.add(
      {
        type: 'policy-document',
        kind: 'promotion-policy',
        scope: 'firm',
        subjectRef: { workspace: WORKSPACE },
        supersedes: policy,
        content,
      },
      'ada',
      'mia',
    );
    const found = ask(own, date).warrants.find(({ digest }) => digest === made.production);
    expect(own.set().records.at(-1)?.statement.predicate.supersedes).toBe(policy);
    expect(found).toEqual(before);
    expect(found?.corrections).toEqual([]);
  });
});

/** Small and repeatable (mulberry32): a failure is run again from the printed seed. */
function generator(from: number): (below: number) => number {
  let state = from;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

interface Told {
  readonly digest: string;
  readonly index: number;
  readonly loggedAt: string;
  readonly from: string;
  readonly tier: string;
  readonly supersedes: string | undefined;
}

/** One moment of a grid, painted by replaying the log entry by entry, without any of the kernel's rules. */
interface Painted {
  live: boolean;
  dead: boolean;
  readonly suspended: Map<string, boolean>;
  readonly tiers: Told[];
}

function paint(
  records: readonly CountedRecord[],
  at: { readonly warrant: string; readonly grid: readonly string[] },
): ReadonlyMap<string, Painted> {
  const painted = new Map(
    at.grid.map((date): [string, Painted] => [
      date,
      { live: false, dead: false, suspended: new Map(), tiers: [] },
    ]),
  );
  const replaced = new Set(
    records.flatMap(({ statement: { predicate } }) =>
      predicate.type === 'deployment-record' ? (predicate.supersedes ?? []) : [],
    ),
  );
  for (const { digest, index, loggedAt, statement } of records) {
    const { type, kind, content, effectiveAt, supersedes } = statement.predicate;
    const from = effectiveAt !== undefined && effectiveAt < loggedAt ? effectiveAt : loggedAt;
    for (const [date, cell] of painted) {
      if (digest === at.warrant && date >= loggedAt) cell.live = date < String(content.expires);
      const begins = replaced.has(digest) ? loggedAt : from;
      if (kind === 'revoke' && date >= begins) cell.dead = true;
      if (kind === 'suspend' && date >= begins) cell.suspended.set(digest, true);
      if (kind === 'resume' && date >= loggedAt)
        cell.suspended.set(String(content.suspension), false);
      if (type === 'risk-tier' && date >= from)
        cell.tiers.push({ digest, index, loggedAt, from, tier: String(content.tier), supersedes });
    }
  }
  return painted;
}

/** The newest that a gate read at the date, and what was logged since: the one that nothing replaced and that began last. */
function tierIn(
  { tiers }: Painted,
  date: string,
  before: ReadonlyMap<string, string | undefined>,
): string | undefined {
  const since = tiers.filter(({ loggedAt }) => loggedAt > date);
  const standing = new Set([
    ...tiers.filter(({ loggedAt }) => loggedAt <= date).slice(-1),
    ...since,
  ]);
  for (const one of since) {
    for (let at = before.get(one.digest); at !== undefined; at = before.get(at)) {
      for (const other of standing) if (other.digest === at) standing.delete(other);
    }
  }
  const order = [...standing].sort(
    (a, b) => Date.parse(a.from) - Date.parse(b.from) || a.index - b.index,
  );
  return order.at(-1)?.tier;
}

test('for any log, date and knowledge the answer is that of a replay entry by entry', async () => {
  const below = generator(seed);
  for (let round = 0; round < 5; round += 1) {
    const firm = await foundFirm();
    const { production } = await year(firm);
    await randomLife(firm, production, below);
    const set = firm.set();
    expect(set.rejected, `seed ${seed}`).toEqual([]);
    const start = Date.parse(set.records[0]?.loggedAt ?? '');
    const span = Date.parse(firm.now()) - start;
    const gates: GateMemo = new Map();
    const grid = Array.from({ length: 16 }, () =>
      new Date(start + below(span + DAY)).toISOString(),
    );
    for (let sample = 0; sample < 4; sample += 1) {
      const known = 20 + below(set.records.length - 20);
      const records = set.records.filter(({ index }) => index <= known);
      const before = new Map(
        records.map(({ digest, statement }) => [digest, statement.predicate.supersedes]),
      );
      const painted = paint(records, { warrant: production, grid });
      for (const date of grid) {
        const where = `seed ${seed}, round ${round}, date ${date}, known ${known}`;
        const told = recordsAsOf(set, { date, known });
        const cell = painted.get(date);
        const isLive =
          cell?.live === true && !cell.dead && ![...cell.suspended.values()].includes(true);
        expect(liveWarrants(told, date).includes(production), where).toBe(isLive);
        expect(tierOf(told), where).toBe(cell && tierIn(cell, date, before));
        const known3 = indexAt(set, date);
        expect(recordsAsOf(set, { date, known: known3 }).records, where).toEqual(
          asOfIndex(set, known3).records,
        );
        const longer = asOfView(set, { workspace: WORKSPACE, date, known }, gates);
        const inEffect = longer.warrants.filter((one) => one.inEffect).map(({ digest }) => digest);
        expect(inEffect, where).toEqual(liveWarrants(told, date));
        expect(
          asOfView(asOfIndex(set, known), { workspace: WORKSPACE, date, known }),
          where,
        ).toEqual(longer);
      }
    }
  }
}, 120_000);

async function randomLife(firm: Firm, production: string, below: (n: number) => number) {
  const back = (): Partial<Draft> =>
    below(2) === 0 ? {} : { effectiveAt: later(firm.now(), -below(30)) };
  let tierBefore: string | undefined;
  const suspensions: string[] = [];
  let correctable: string | undefined;
  for (let step = 0; step < 14; step += 1) {
    firm.pass(1 + below(12));
    const what = below(8);
    if (what < 3) {
      const corrects = below(2) === 0 && tierBefore !== undefined;
      const value = ['high', 'medium', 'low'][below(3)] ?? 'low';
      const digest = await tier(firm, value, {
        ...back(),
        ...(corrects && tierBefore !== undefined ? { supersedes: tierBefore } : {}),
      });
      if (below(2) === 0 || tierBefore === undefined) tierBefore = digest;
    } else if (what < 5) {
      suspensions.push(await end(firm, production, { kind: 'suspend', ...back() }));
    } else if (what < 7 && suspensions.length > 0) {
      await resume(firm, production, suspensions.shift() ?? '');
    } else if (below(3) === 0) {
      const given = correctable === undefined ? {} : { supersedes: correctable };
      correctable = await end(firm, production, { ...back(), ...given });
    }
  }
}

async function resume(firm: Firm, production: string, suspension: string): Promise<void> {
  const finding = {
    id: 'F-1',
    title: 'drift',
    source: 'monitoring',
    severity: 'low',
    blocking: false,
    owner: 'omar',
    due: '2026-12-31',
    description: 'drift',
  };
  const raised = await firm.add(
    { type: 'finding', scope: 'use', subjectRef: REF, content: { ...finding, status: 'open' } },
    'vera',
  );
  const closed = await firm.add(
    {
      type: 'finding',
      scope: 'use',
      subjectRef: REF,
      supersedes: raised,
      content: { ...finding, status: 'closed', closure: 'retrained' },
    },
    'vera',
  );
  await firm.add(
    {
      type: 'deployment-record',
      kind: 'resume',
      scope: 'use',
      subjectRef: REF,
      content: {
        warrant: production,
        suspension,
        finding: closed,
        environment: 'production',
        reason: 'mended',
      },
    },
    'omar',
    'vera',
  );
}
