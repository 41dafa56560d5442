// SPDX-License-Identifier: Apache-2.0
import { type HeldMatter, isHeld, type LegalHold } from './legal-hold.ts';
import type { ModelLives } from './model-lives.ts';
import type { PackScopes } from './packs-of-model.ts';
import { later, periodText } from './period.ts';
import type { PolicyInForce } from './policies-in-force.ts';
import type { RetentionPolicy, RetentionRule } from './retention-policy.ts';
import {
  isDestroyable,
  type Moment,
  type StoredThing,
  type ThingReference,
} from './thing-kinds.ts';

/**
 * Until when: a time; `for-ever`, where what it describes is never deleted; `open`, while the moment it is counted from
 * has not come or is not on record.
 */
export type Until = string | 'open' | 'for-ever';

/** One rule's answer about one reference of a thing. */
export interface RuleReason {
  readonly rule: string;
  readonly until: Until;
  /** In a sentence: the period, its moment and where it applies. */
  readonly because: string;
  readonly basis: string;
  readonly clauses: readonly string[];
  /** Digest of the policy it stands in. */
  readonly policy?: string;
  readonly ceiling?: boolean;
}

export interface Fate {
  /** `never`: no rule could delete it; `uncovered`: no rule speaks of it; `in-use`: it is due and must wait. */
  readonly state: 'goes' | 'kept' | 'held' | 'in-use' | 'uncovered' | 'never';
  /** Holds apart. */
  readonly until: Until;
  /** The rule that decides, and those that would have let it go earlier, longest first. */
  readonly by?: RuleReason;
  readonly others: readonly RuleReason[];
  readonly holds: readonly Pick<LegalHold, 'id' | 'digest' | 'matter'>[];
  readonly why: string;
}

export interface RetentionFacts {
  readonly policies: readonly PolicyInForce[];
  readonly scopes: PackScopes;
  readonly lives: ModelLives;
  readonly holds: readonly HeldMatter[];
}

/** What of a thing is named in a fate, however many things name it. */
const OTHERS_MAX = 20;

/**
 * Whether a thing may go at a time, and why or why not. The longest rule wins over every reference; a ceiling ends what
 * rules keep longer; a hold wins over all. Once it may go it may go ever after, unless a hold, a reference or a policy is
 * added (monotone in `at`).
 */
export function judgeThing(facts: RetentionFacts, thing: StoredThing, at: string): Fate {
  const holds = facts.holds
    .filter((matter) => isHeld(thing, matter))
    .map(({ hold: { id, digest, matter } }) => ({ id, digest, matter }));
  if (!isDestroyable(thing.kind)) return never(thing, holds);
  if (facts.policies.every(({ policy }) => policy === undefined)) {
    const why = 'no retention policy has been signed: everything is kept';
    return { state: 'uncovered', until: 'open', others: [], holds, why };
  }
  const reasons = thing.references.flatMap((reference) => reasonsFor(facts, reference));
  const { until, by, others } = decide(reasons);
  const parts = { until, ...(by === undefined ? {} : { by }), others, holds };
  if (holds.length > 0) return { state: 'held', ...parts, why: heldText(holds, parts) };
  if (by === undefined) return { state: 'uncovered', ...parts, why: uncoveredText(thing) };
  const isDue = until !== 'open' && until !== 'for-ever' && until <= at;
  if (isDue && thing.inUse !== undefined) return { state: 'in-use', ...parts, why: thing.inUse };
  return { state: isDue ? 'goes' : 'kept', ...parts, why: keptText(parts, isDue) };
}

function never(thing: StoredThing, holds: Fate['holds']): Fate {
  const whys: Readonly<Record<string, string>> = {
    record: 'records and log entries are never deleted: a log with a hole proves nothing',
    'decision-proof': 'header, leaf and key of a decision stay: its proof rests on them',
  };
  const why = whys[thing.kind] ?? 'nothing deletes it';
  return { state: 'never', until: 'for-ever', others: [], holds, why };
}

function reasonsFor(facts: RetentionFacts, reference: ThingReference): readonly RuleReason[] {
  return facts.policies.flatMap((inForce) => {
    if (inForce.policy === undefined) return [noticeOf(inForce, undefined)];
    const found = inForce.policy.rules
      .filter(({ keeps }) => (keeps as readonly string[]).includes(reference.kind))
      .flatMap((rule) => reasonOf(facts, { rule, reference, policy: inForce.policy! }) ?? []);
    // A ceiling alone keeps nothing: it says when, if something else keeps it.
    const isCovered = found.length > 0;
    if (inForce.until !== undefined) {
      const own = isCovered ? untilOf(found) : 'open';
      return [noticeOf(inForce, own)];
    }
    if (!isCovered) return [uncovered(reference, inForce)];
    return found.map((one) => ({ ...one, ...policyOf(inForce) }));
  });
}

function policyOf({ digest }: PolicyInForce): { readonly policy?: string } {
  return digest === undefined ? {} : { policy: digest };
}

/** A replaced policy keeps what it keeps, until its notice is over at the longest. */
function noticeOf(inForce: PolicyInForce, own: Until | undefined): RuleReason {
  const end = inForce.until ?? 'open';
  const isEarlier = own !== undefined && own !== 'open' && own !== 'for-ever' && own < end;
  const what =
    inForce.policy === undefined
      ? 'until the first policy nothing was deleted'
      : `version ${inForce.policy.version} of the policy kept it`;
  return {
    rule: 'shortening-notice',
    until: isEarlier ? own : end,
    because: `${what}; what a later one shortens goes after the notice`,
    basis: 'notice of a shortened period',
    clauses: [],
    ...policyOf(inForce),
  };
}

function uncovered(reference: ThingReference, inForce: PolicyInForce): RuleReason {
  return {
    rule: 'none',
    until: 'open',
    because: `no rule of the policy keeps \`${reference.kind}\`${subjectText(reference)}: what no rule covers is kept`,
    basis: 'kept unless a rule says otherwise',
    clauses: [],
    ...policyOf(inForce),
  };
}

interface RuleCase {
  readonly rule: RetentionRule;
  readonly reference: ThingReference;
  readonly policy: RetentionPolicy;
}

function reasonOf(facts: RetentionFacts, at: RuleCase): RuleReason | undefined {
  const { rule, reference, policy } = at;
  const applies = whyItApplies(facts, rule, reference);
  if (applies === undefined) return undefined;
  const { basis, clauses } = rule;
  const said = {
    rule: rule.id,
    basis,
    clauses,
    ...(rule.ceiling === true ? { ceiling: true } : {}),
  };
  if (rule.period === 'record') {
    return { ...said, until: 'for-ever', because: `as long as the record it describes${applies}` };
  }
  if (rule.period === 'longest-of-model') {
    const longest = longestOfModel(facts, { rule, reference, policy });
    const of =
      longest === undefined
        ? 'no other rule applies'
        : `longest is ${longest.rule}: ${longest.because}`;
    return {
      ...said,
      until: longest?.until ?? 'open',
      because: `the longest rule on the model${applies}; ${of}`,
    };
  }
  const counted = momentOf(facts, rule, reference);
  const period = periodText(rule.period);
  if (counted === undefined) {
    return {
      ...said,
      until: 'open',
      because: `${period} from ${rule.from}${applies}, which is not on record`,
    };
  }
  const until = later(counted.time, rule.period);
  return {
    ...said,
    until,
    because: `${period} from ${counted.name} on ${counted.time.slice(0, 10)}${applies}`,
  };
}

/** The text of where it applies, or undefined where it does not. */
function whyItApplies(
  { scopes }: RetentionFacts,
  rule: RetentionRule,
  { model, use }: ThingReference,
): string | undefined {
  if (rule.models !== undefined && (model === undefined || !rule.models.includes(model)))
    return undefined;
  if (rule.uses !== undefined && use !== undefined && !rule.uses.includes(use)) return undefined;
  if (rule.packs.length === 0) return '';
  const concerns = rule.packs.map((pack) => ({
    pack,
    concern: scopes.concern(pack, { model, use }),
  }));
  const inScope = concerns.find(({ concern }) => concern === 'in-scope');
  if (inScope !== undefined) return `, as ${inScope.pack} is in scope`;
  const open = concerns.find(({ concern }) => concern === 'undetermined');
  return open === undefined
    ? undefined
    : `, as nobody has determined that ${open.pack} is out of scope`;
}

/** Rules about answers, counted for what made them: no answer is later than the end of use. */
const OF_ANSWERS: ReadonlySet<Moment> = new Set<Moment>(['decision', 'notice']);

function momentOf(
  facts: RetentionFacts,
  rule: RetentionRule,
  reference: ThingReference,
): { readonly name: string; readonly time: string } | undefined {
  const { model, version } = reference;
  const ofModel = facts.lives.momentsOf({
    ...(model === undefined ? {} : { model }),
    ...(version === undefined ? {} : { version }),
  });
  const read = (moment: Moment): string | undefined => reference.moments[moment] ?? ofModel[moment];
  const time = read(rule.from);
  if (time !== undefined) return { name: rule.from, time };
  if (rule.otherwise === undefined) return undefined;
  const { from, days } = rule.otherwise;
  const instead = read(from);
  if (instead === undefined) return undefined;
  return {
    name: `${days} days after ${from}, as no ${rule.from} is on record,`,
    time: later(instead, { days }),
  };
}

/** The longest that any rule of the policy says of the model, whatever it keeps. */
function longestOfModel(
  facts: RetentionFacts,
  { rule, reference, policy }: RuleCase,
): RuleReason | undefined {
  const others = policy.rules.filter(
    (one) =>
      one.id !== rule.id &&
      one.ceiling !== true &&
      one.period !== 'longest-of-model' &&
      one.keeps.some((kind) => isOfModel(kind)),
  );
  const end = facts.lives.momentsOf({
    ...(reference.model === undefined ? {} : { model: reference.model }),
    ...(reference.version === undefined ? {} : { version: reference.version }),
  })['end-of-use'];
  const answers = Object.fromEntries(
    [...OF_ANSWERS].flatMap((m) => (end === undefined ? [] : [[m, end]])),
  );
  const own = { ...reference, moments: { ...answers, ...reference.moments } };
  const reasons = others.flatMap(
    (one) => reasonOf(facts, { rule: one, reference: own, policy }) ?? [],
  );
  return [...reasons].sort(longestFirst)[0];
}

/** Rules about sessions, audit rows and scratch say nothing of a model. */
function isOfModel(kind: string): boolean {
  return !['unnamed-bytes', 'job-scratch', 'audit-rows', 'sessions'].includes(kind);
}

/** Longest rule wins; the earliest ceiling ends what would be kept longer. */
function decide(reasons: readonly RuleReason[]): Pick<Fate, 'until' | 'by' | 'others'> {
  const unique = new Map(
    reasons.map((one) => [JSON.stringify([one.rule, one.until, one.because]), one]),
  );
  const sorted = [...unique.values()].sort(longestFirst);
  const longest = sorted.find((one) => one.ceiling !== true);
  const ceiling = sorted.findLast(({ ceiling: ends, until }) => ends === true && isTime(until));
  const by = earlierOf(longest, ceiling) ?? sorted[0];
  if (by === undefined || by.rule === 'none') {
    return { until: 'open', others: sorted.slice(0, OTHERS_MAX) };
  }
  const others = sorted.filter((one) => one !== by).slice(0, OTHERS_MAX);
  return { until: by.until, by, others };
}

function earlierOf(
  longest: RuleReason | undefined,
  ceiling: RuleReason | undefined,
): RuleReason | undefined {
  if (longest === undefined || ceiling === undefined) return ceiling ?? longest;
  return isTime(longest.until) && longest.until <= ceiling.until ? longest : ceiling;
}

function untilOf(reasons: readonly RuleReason[]): Until {
  return decide(reasons).until;
}

function isTime(until: Until): boolean {
  return until !== 'open' && until !== 'for-ever';
}

const RANK: Readonly<Record<string, number>> = { open: 2, 'for-ever': 1 };

function longestFirst(a: RuleReason, b: RuleReason): number {
  const byRank = (RANK[b.until] ?? 0) - (RANK[a.until] ?? 0);
  if (byRank !== 0) return byRank;
  // What no rule covers outranks a rule that waits for its moment: it says more about what to do.
  if (a.rule === 'none' || b.rule === 'none') return a.rule === 'none' ? -1 : 1;
  return b.until < a.until ? -1 : Number(b.until > a.until);
}

function subjectText({ model, use, version }: ThingReference): string {
  if (model === undefined) return '';
  return ` of ${model}${version === undefined ? '' : `@${version}`}${use === undefined ? '' : ` for ${use}`}`;
}

function uncoveredText(thing: StoredThing): string {
  const [first] = thing.references;
  return `no rule of the policy keeps \`${thing.kind}\`${first === undefined ? '' : subjectText(first)}: what no rule covers is kept`;
}

function keptText(
  { by, others, until }: Pick<Fate, 'by' | 'others' | 'until'>,
  isDue: boolean,
): string {
  if (by === undefined) return '';
  const [next] = others.filter((one) => isTime(one.until) && one.ceiling !== true);
  const rule = `by ${by.rule} (${by.basis}): ${by.because}`;
  if (isDue) return `may go since ${dayOf(until)} ${rule}`;
  const head =
    until === 'open'
      ? `kept ${rule}`
      : until === 'for-ever'
        ? `kept for ever ${rule}`
        : `kept until ${dayOf(until)} ${rule}`;
  return next === undefined ? head : `${head}; would else go ${dayOf(next.until)} by ${next.rule}`;
}

function heldText(holds: Fate['holds'], parts: Pick<Fate, 'by' | 'others' | 'until'>): string {
  const held = `held by ${holds.map(({ id }) => id).join(', ')}`;
  const rules = keptText(parts, false);
  return rules === '' ? held : `${held}; ${rules}`;
}

function dayOf(until: Until): string {
  return until.slice(0, 10);
}
