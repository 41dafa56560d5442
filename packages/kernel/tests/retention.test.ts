// SPDX-License-Identifier: Apache-2.0
// Every rule of frameworks.md, section 12, as policies/retention.yaml states it, on known dates; and what must hold for
// any thing, policy and hold.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  DESTROYABLE_KINDS,
  type DestroyableKind,
  type Fate,
  type HeldMatter,
  isHeld,
  type Json,
  judgeThing,
  later,
  type ModelLives,
  type PackScopes,
  type RetentionFacts,
  type RetentionPolicy,
  type RetentionRule,
  readRetentionPolicy,
  type StoredThing,
  type ThingReference,
} from '../src/index.ts';

const top = new URL('../../../', import.meta.url);
const HOUSE = readRetentionPolicy(
  parse(readFileSync(new URL('policies/retention.yaml', top), 'utf8')) as Json,
);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

const scopesOf = (...packs: readonly string[]): PackScopes => ({
  concern: (pack) => (packs.includes(pack) ? 'in-scope' : 'out-of-scope'),
});
const livesOf = (moments: ReturnType<ModelLives['momentsOf']>): ModelLives => ({
  momentsOf: ({ model }) => (model === undefined ? {} : moments),
});
const factsOf = (over: Partial<RetentionFacts> = {}): RetentionFacts => ({
  policies: [{ digest: 'p'.repeat(64), policy: HOUSE }],
  scopes: scopesOf(),
  lives: livesOf({}),
  holds: [],
  ...over,
});
const of = (
  kind: DestroyableKind,
  moments: ThingReference['moments'],
  over: { readonly [member in keyof ThingReference]?: ThingReference[member] | undefined } = {},
): StoredThing => ({
  kind,
  id: 'a'.repeat(64),
  bytes: 10,
  count: 1,
  // An undefined member is an absent one.
  references: [
    { kind, model: 'credit', use: 'underwriting', version: 1, moments, ...over } as ThingReference,
  ],
});

/** Kept to the last millisecond before, and not a millisecond longer. */
function goesOn(facts: RetentionFacts, thing: StoredThing, due: string): Fate {
  const before = judgeThing(facts, thing, new Date(Date.parse(due) - 1).toISOString());
  expect(before).toMatchObject({ state: 'kept', until: due });
  const after = judgeThing(facts, thing, due);
  expect(after).toMatchObject({ state: 'goes', until: due });
  return before;
}

const FIRM = { model: undefined, use: undefined, version: undefined };
const DECIDED = '2026-01-31T12:00:00.000Z';

describe('the rule', () => {
  test('reg-b-consumer keeps 25 months after the notice', () => {
    const facts = factsOf({
      policies: [{ digest: 'p', policy: without(HOUSE, 'ecoa-limitations') }],
      scopes: scopesOf('reg-b'),
    });
    const told = { decision: DECIDED, notice: '2026-02-10T09:00:00.000Z' };
    const fate = goesOn(facts, of('decision-inputs', told), '2028-03-10T09:00:00.000Z');
    expect(fate.by).toMatchObject({ rule: 'reg-b-consumer', basis: '12 CFR 1002.12(b)(1)' });
    expect(fate.why).toBe(
      'kept until 2028-03-10 by reg-b-consumer (12 CFR 1002.12(b)(1)): 25 months from notice on 2026-02-10, as reg-b is in scope; would else go 2027-02-10 by reg-b-business',
    );
  });

  test('reg-b-consumer counts from 30 days after the decision where no notice is on record', () => {
    const facts = factsOf({
      policies: [{ digest: 'p', policy: without(HOUSE, 'ecoa-limitations') }],
      scopes: scopesOf('reg-b'),
    });
    goesOn(facts, of('decision-protected', { decision: DECIDED }), '2028-04-02T12:00:00.000Z');
  });

  test('reg-b-business keeps 12 months after the notice of the uses it names', () => {
    const rules = HOUSE.rules
      .filter(({ id }) => id === 'reg-b-business' || id === 'reg-b-consumer')
      .map((rule) => ({ ...rule, uses: [rule.id === 'reg-b-business' ? 'business' : 'consumer'] }));
    const facts = factsOf({
      policies: [{ digest: 'p', policy: { ...HOUSE, rules } }],
      scopes: scopesOf('reg-b'),
    });
    const told = { decision: DECIDED, notice: DECIDED };
    goesOn(facts, of('decision-inputs', told, { use: 'business' }), '2027-01-31T12:00:00.000Z');
    goesOn(facts, of('decision-inputs', told, { use: 'consumer' }), '2028-02-29T12:00:00.000Z');
  });

  test('ecoa-limitations keeps 5 years after the decision', () => {
    const facts = factsOf({ scopes: scopesOf('fair-lending-practice') });
    const fate = goesOn(
      facts,
      of('decision-reasons', { decision: DECIDED }),
      '2031-01-31T12:00:00.000Z',
    );
    expect(fate.by?.rule).toBe('ecoa-limitations');
  });

  test('eu-documentation keeps 10 years after placing on the market', () => {
    const facts = factsOf({
      scopes: scopesOf('eu-ai-act'),
      lives: livesOf({
        placed: '2026-08-02T00:00:00.000Z',
        retirement: '2027-01-01T00:00:00.000Z',
      }),
    });
    const fate = goesOn(facts, of('issued-document', {}), '2036-08-02T00:00:00.000Z');
    expect(fate.others.map(({ rule }) => rule)).toEqual(['mrm-default']);
  });

  test('eu-logs keeps 6 months', () => {
    const facts = factsOf({ scopes: scopesOf('eu-ai-act') });
    goesOn(facts, of('decision-output', { decision: DECIDED }), '2026-07-31T12:00:00.000Z');
  });

  test('device-records keeps the life of the device and two years', () => {
    const policy = without(HOUSE, 'mrm-default', 'reproduction-set');
    const facts = factsOf({
      policies: [{ digest: 'p', policy }],
      scopes: scopesOf('fda-samd'),
      lives: livesOf({ retirement: '2026-06-30T00:00:00.000Z' }),
    });
    goesOn(facts, of('artefact', {}), '2028-06-30T00:00:00.000Z');
    const living = judgeThing(
      { ...facts, lives: livesOf({}) },
      of('artefact', {}),
      '2999-01-01T00:00:00.000Z',
    );
    expect(living).toMatchObject({ state: 'kept', until: 'open' });
  });

  test('part-11-trail keeps audit rows as long as the records, which is for ever', () => {
    const facts = factsOf({ scopes: scopesOf('part-11', 'nist-800-53') });
    const rows = of('audit-rows', { recorded: DECIDED }, FIRM);
    const fate = judgeThing(facts, rows, '2999-01-01T00:00:00.000Z');
    expect(fate).toMatchObject({ state: 'kept', until: 'for-ever', by: { rule: 'part-11-trail' } });
    expect(fate.why).toMatch(/would else go 2029-01-31 by nist-audit/);
  });

  test('nist-audit keeps audit rows 36 months', () => {
    const rows = of('audit-rows', { recorded: DECIDED }, FIRM);
    goesOn(factsOf({ scopes: scopesOf('nist-800-53') }), rows, '2029-01-31T12:00:00.000Z');
  });

  test('fedramp-scn keeps notices 12 months, soc-2-period 24', () => {
    const lives = livesOf({ retirement: '2010-01-01T00:00:00.000Z' });
    const notice = of('issued-document', { recorded: DECIDED });
    goesOn(
      factsOf({ lives, scopes: scopesOf('fedramp-cr26') }),
      notice,
      '2027-01-31T12:00:00.000Z',
    );
    goesOn(factsOf({ lives, scopes: scopesOf('soc-2') }), notice, '2028-01-31T12:00:00.000Z');
  });

  test('mrm-default keeps the life of the model and seven years', () => {
    const facts = factsOf({ lives: livesOf({ retirement: '2027-03-01T00:00:00.000Z' }) });
    const fate = goesOn(facts, of('evidence-file', {}), '2034-03-01T00:00:00.000Z');
    expect(fate.by).toMatchObject({ rule: 'mrm-default', basis: 'model risk policy (SR 26-2)' });
  });

  test('broker-dealer keeps trading decisions six years', () => {
    const facts = factsOf({ scopes: scopesOf('sec-17a-4') });
    goesOn(facts, of('decision-inputs', { decision: DECIDED }), '2032-01-31T12:00:00.000Z');
  });

  test('reproduction-set keeps what a rebuild needs as long as the longest rule on the model', () => {
    const lives = livesOf({
      placed: '2026-08-02T00:00:00.000Z',
      'end-of-use': '2026-12-31T00:00:00.000Z',
      retirement: '2027-01-01T00:00:00.000Z',
    });
    const ten = goesOn(
      factsOf({ lives, scopes: scopesOf('eu-ai-act') }),
      of('data-snapshot', {}),
      '2036-08-02T00:00:00.000Z',
    );
    expect(ten.by?.because).toMatch(
      /longest is eu-documentation: 10 years from placed on 2026-08-02/,
    );
    goesOn(factsOf({ lives }), of('environment', {}), '2034-01-01T00:00:00.000Z');
    const long = livesOf({
      'end-of-use': '2030-12-31T00:00:00.000Z',
      retirement: '2027-01-01T00:00:00.000Z',
    });
    goesOn(
      factsOf({ lives: long, scopes: scopesOf('reg-b') }),
      of('artefact', {}),
      '2035-12-31T00:00:00.000Z',
    );
  });

  test('special-category ends what other rules would keep', () => {
    const facts = factsOf({ lives: livesOf({ retirement: '2027-01-01T00:00:00.000Z' }) });
    const promised = { 'deletion-date': '2026-06-30T23:59:59.999Z' };
    const thing: StoredThing = {
      ...of('special-category-data', promised),
      references: [
        { kind: 'special-category-data', model: 'credit', moments: promised },
        { kind: 'run-file', model: 'credit', version: 1, moments: {} },
      ],
    };
    const fate = goesOn(facts, thing, '2026-06-30T23:59:59.999Z');
    expect(fate.by?.rule).toBe('special-category');
    const hold = holdOn({ model: 'credit' });
    expect(judgeThing({ ...facts, holds: [hold] }, thing, '2999-01-01T00:00:00.000Z').state).toBe(
      'held',
    );
  });
});

describe('what is unclear is kept', () => {
  const far = '2999-01-01T00:00:00.000Z';

  test('without a policy', () => {
    const facts = factsOf({ policies: [{ digest: undefined, policy: undefined }] });
    expect(judgeThing(facts, of('sessions', { closed: DECIDED }), far)).toMatchObject({
      state: 'uncovered',
      why: 'no retention policy has been signed: everything is kept',
    });
  });

  test('by no rule, and says so', () => {
    const fate = judgeThing(factsOf(), of('decision-inputs', { decision: DECIDED }), far);
    expect(fate).toMatchObject({ state: 'uncovered', until: 'open' });
    expect(fate.why).toBe(
      'no rule of the policy keeps `decision-inputs` of credit@1 for underwriting: what no rule covers is kept',
    );
  });

  test('for one of the things that name it', () => {
    const facts = factsOf({ scopes: scopesOf('eu-ai-act') });
    const thing = of('decision-inputs', { decision: DECIDED });
    const other: ThingReference = { kind: 'unnamed-bytes', moments: {} };
    const fate = judgeThing(facts, { ...thing, references: [...thing.references, other] }, far);
    expect(fate).toMatchObject({ state: 'kept', until: 'open', by: { rule: 'working-files' } });
  });

  test('in a pack that nobody determined to be out of scope', () => {
    const scopes: PackScopes = {
      concern: (pack) => (pack === 'reg-b' ? 'undetermined' : 'out-of-scope'),
    };
    const fate = goesOn(
      factsOf({ scopes }),
      of('decision-inputs', { decision: DECIDED }),
      '2031-01-31T12:00:00.000Z',
    );
    expect(fate.why).toMatch(/as nobody has determined that reg-b is out of scope/);
  });

  test.each(['record', 'decision-proof', 'action-rows'] as const)('for ever: %s', (kind) => {
    const thing: StoredThing = { kind, id: 'x', bytes: 1, count: 1, references: [] };
    expect(judgeThing(factsOf(), thing, far)).toMatchObject({ state: 'never', until: 'for-ever' });
  });
});

describe('a policy that was replaced', () => {
  const shortened = withRule('eu-logs', { period: { months: 6 } });
  const longer = withRule('eu-logs', { period: { years: 3 } });
  const thing = of('decision-inputs', { decision: DECIDED });
  const scopes = scopesOf('eu-ai-act');

  test('keeps what it kept until its notice is over', () => {
    const until = '2026-12-01T00:00:00.000Z';
    const policies = [
      { digest: 'old', policy: longer, until },
      { digest: 'new', policy: shortened },
    ];
    const fate = goesOn(factsOf({ policies, scopes }), thing, until);
    expect(fate.by).toMatchObject({ rule: 'shortening-notice', policy: 'old' });
  });

  test('never shortens what the new one lengthens', () => {
    const policies = [
      { digest: 'old', policy: shortened, until: '2026-12-01T00:00:00.000Z' },
      { digest: 'new', policy: longer },
    ];
    goesOn(factsOf({ policies, scopes }), thing, '2029-01-31T12:00:00.000Z');
  });
});

describe('a hold', () => {
  const far = '2999-01-01T00:00:00.000Z';
  const facts = (hold: HeldMatter) => factsOf({ scopes: scopesOf('reg-b'), holds: [hold] });

  test('keeps what is due, and says what would else happen', () => {
    const fate = judgeThing(
      facts(holdOn({ model: 'credit' })),
      of('decision-inputs', { decision: DECIDED }),
      '2029-01-01T00:00:00.000Z',
    );
    expect(fate).toMatchObject({
      state: 'held',
      until: '2031-01-31T12:00:00.000Z',
      holds: [{ id: 'LH-3' }],
    });
    expect(fate.why).toMatch(/^held by LH-3; kept until 2031-01-31 by ecoa-limitations/);
  });

  test.each([
    ['another model', { model: 'fraud' }, false],
    ['another use', { model: 'credit', use: 'collections' }, false],
    ['its use', { model: 'credit', use: 'underwriting' }, true],
    ['another version', { model: 'credit', version: 2 }, false],
    ['its version', { model: 'credit', version: 1 }, true],
  ])('of %s: %j holds it: %s', (_, target, expected) => {
    const fate = judgeThing(
      facts(holdOn(target)),
      of('decision-inputs', { decision: DECIDED }),
      far,
    );
    expect(fate.state === 'held').toBe(expected);
  });

  test('of a decision or a person holds their parts and the version that answered', () => {
    const thing = {
      ...of('decision-inputs', { decision: DECIDED }),
      id: 'd-1',
      subject: 'f'.repeat(64),
    };
    const versions = [{ model: 'credit', version: 1 }];
    const byDecision = { ...holdOn({}), versions, hold: { ...holdOn({}).hold, decision: 'd-1' } };
    const bySubject = { ...byDecision, hold: { ...holdOn({}).hold, subject: 'f'.repeat(64) } };
    for (const matter of [byDecision, bySubject]) {
      expect(isHeld(thing, matter)).toBe(true);
      expect(isHeld({ ...thing, id: 'd-2', subject: 'e'.repeat(64) }, matter)).toBe(false);
      expect(isHeld(of('artefact', {}), matter)).toBe(true);
      expect(isHeld(of('artefact', {}, { version: 2 }), matter)).toBe(false);
      expect(isHeld(of('evidence-file', {}), matter)).toBe(false);
    }
  });

  test('keeps audit rows while any matter is open, and nothing once it is lifted', () => {
    const open = holdOn({ model: 'fraud' });
    const rows = of('audit-rows', { recorded: DECIDED }, FIRM);
    expect(isHeld(rows, open)).toBe(true);
    const lifted = { digest: 'l', at: DECIDED, by: 'lena', reason: 'settled' };
    const closed = {
      ...holdOn({ model: 'credit' }),
      hold: { ...holdOn({ model: 'credit' }).hold, lifted },
    };
    expect(isHeld(rows, closed)).toBe(false);
    expect(isHeld(of('artefact', {}), closed)).toBe(false);
  });
});

describe('a policy document', () => {
  const house = () => structuredClone(HOUSE) as unknown as { rules: { [member: string]: Json }[] };
  const edited = (id: string, over: object): Json => {
    const copy = house();
    const rules = copy.rules.map((rule) => (rule.id === id ? { ...rule, ...over } : rule));
    return { ...copy, rules } as unknown as Json;
  };

  test.each([
    ['reg-b-consumer', { months: 24 }],
    ['reg-b-consumer', { days: 760 }],
    ['eu-documentation', { years: 9, months: 11 }],
    ['eu-logs', { days: 180 }],
    ['broker-dealer', { years: 2 }],
  ])('with %s of %j is refused without a reason', (id, period) => {
    expect(() => readRetentionPolicy(edited(id, { period }))).toThrow(/shorter than .* asks for/);
    expect(() => readRetentionPolicy(edited(id, { period, belowFloor: 'counsel' }))).not.toThrow();
  });

  test.each([
    ['an unknown member', edited('eu-logs', { extra: 1 }), /extra/],
    ['an unknown kind', edited('eu-logs', { keeps: ['record'] }), /keeps\[0\]/],
    ['no kind', edited('eu-logs', { keeps: [] }), /at least one kind/],
    ['an empty period', edited('mrm-default', { period: {} }), /years/],
    ['a ceiling without an end', edited('special-category', { period: 'record' }), /ceiling/],
    [
      'a doubled id',
      { ...HOUSE, rules: [HOUSE.rules[0], HOUSE.rules[0]] } as unknown as Json,
      /no other rule/,
    ],
  ])('with %s is refused', (_, json, says) => {
    expect(() => readRetentionPolicy(json)).toThrow(says);
  });
});

describe(`for any thing, policy and hold (seed ${SEED})`, () => {
  const time = fc
    .integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2060, 0, 1) })
    .map((ms) => new Date(ms).toISOString());
  const kind = fc.constantFrom(...DESTROYABLE_KINDS);
  const period = fc.record({
    months: fc.integer({ min: 0, max: 240 }),
    days: fc.integer({ min: 0, max: 90 }),
  });
  const rule = (id: string): fc.Arbitrary<RetentionRule> =>
    fc.record({
      id: fc.constant(id),
      keeps: fc.uniqueArray(kind, { minLength: 1, maxLength: 18 }),
      packs: fc.constantFrom([], ['reg-b'], ['eu-ai-act'], ['absent']),
      period: fc.oneof(
        period,
        fc.constant('record' as const),
        fc.constant('longest-of-model' as const),
      ),
      from: fc.constantFrom('decision' as const, 'recorded' as const, 'retirement' as const),
      basis: fc.constant('basis'),
      clauses: fc.constant([]),
    });
  const policy: fc.Arbitrary<RetentionPolicy> = fc
    .tuple(...['a', 'b', 'c', 'd'].map(rule))
    .map((rules) => ({ id: 'p', version: '1', title: 't', rules }));
  const reference: fc.Arbitrary<ThingReference> = fc.record({
    kind,
    model: fc.constantFrom('credit', 'fraud'),
    moments: fc.record({ decision: time, recorded: time }, { requiredKeys: [] }),
  });
  const thing: fc.Arbitrary<StoredThing> = fc
    .array(reference, { minLength: 1, maxLength: 4 })
    .map((references) => ({
      kind: references[0]!.kind as DestroyableKind,
      id: 'x',
      bytes: 1,
      count: 1,
      references,
    }));
  const facts = fc.tuple(policy, fc.option(time, { nil: undefined })).map(([one, retirement]) =>
    factsOf({
      policies: [{ digest: 'p', policy: one }],
      scopes: scopesOf('reg-b', 'eu-ai-act'),
      lives: livesOf(retirement === undefined ? {} : { retirement, 'end-of-use': retirement }),
    }),
  );
  const run = <Ts>(property: fc.IProperty<Ts>) => fc.assert(property, { seed: SEED, numRuns: 500 });

  test('the longest rule wins: nothing goes before any rule that applies says so', () => {
    let gone = 0;
    run(
      fc.property(facts, thing, time, (known, one, at) => {
        const fate = judgeThing(known, one, at);
        if (fate.state !== 'goes') return;
        gone += 1;
        // Worked out anew, rule by rule, without the code that decides.
        for (const { kind: named, moments, model } of one.references) {
          const rules = known.policies[0]!.policy!.rules.filter(
            ({ keeps, packs }) =>
              (keeps as readonly string[]).includes(named) && packs[0] !== 'absent',
          );
          expect(rules.length).toBeGreaterThan(0);
          for (const { period: length, from } of rules) {
            if (length === 'longest-of-model') continue;
            const moment = moments[from] ?? known.lives.momentsOf({ model: model! })[from];
            expect(typeof length).toBe('object');
            expect(moment !== undefined && later(moment, length as object) <= at).toBe(true);
          }
        }
      }),
    );
    expect(gone).toBeGreaterThan(0);
  });

  test('what may go may go at any later time', () => {
    run(
      fc.property(facts, thing, time, time, (known, one, a, b) => {
        const [early, late] = [a, b].sort() as [string, string];
        if (judgeThing(known, one, early).state === 'goes')
          expect(judgeThing(known, one, late).state).toBe('goes');
      }),
    );
  });

  test('a hold on one of its models always wins', () => {
    run(
      fc.property(facts, thing, time, (known, one, at) => {
        const hold = holdOn({ model: one.references[0]!.model! });
        expect(judgeThing({ ...known, holds: [hold] }, one, at).state).toBe('held');
      }),
    );
  });

  test('one more thing that names it never lets it go earlier', () => {
    run(
      fc.property(facts, thing, reference, time, (known, one, more, at) => {
        const named = { ...one, references: [...one.references, more] };
        if (judgeThing(known, named, at).state === 'goes')
          expect(judgeThing(known, one, at).state).toBe('goes');
      }),
    );
  });
});

function without(policy: RetentionPolicy, ...ids: readonly string[]): RetentionPolicy {
  return { ...policy, rules: policy.rules.filter(({ id }) => !ids.includes(id)) };
}

function withRule(id: string, over: Partial<RetentionRule>): RetentionPolicy {
  return {
    ...HOUSE,
    rules: HOUSE.rules.map((rule) => (rule.id === id ? { ...rule, ...over } : rule)),
  };
}

function holdOn(target: HeldMatter['hold']['target']): HeldMatter {
  const placed = { placedBy: 'lena', placedAt: DECIDED };
  const words = { id: 'LH-3', matter: 'Doe v. Bank', reason: 'suit was filed' };
  return { hold: { ...words, ...placed, digest: 'h'.repeat(64), target }, versions: [] };
}
