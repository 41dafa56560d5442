// SPDX-License-Identifier: Apache-2.0
import { accountOf, actsAs } from '../identity/key-register.ts';
import type { FindingContent } from '../records/contents.ts';
import type { CountedRecord, RecordSet } from '../records/record-set.ts';
import type { JsonObject } from '../records/shape.ts';
import {
  endOfDay,
  FINDING_SEVERITIES,
  type FindingSeverity,
  type FindingState,
  readFindingRecord,
} from './finding-content.ts';

/** The records of one finding, oldest first. A record can only supersede an earlier one, so the walk ends. */
export function findingChain(set: RecordSet, last: CountedRecord): readonly CountedRecord[] {
  const chain: CountedRecord[] = [];
  let at: CountedRecord | undefined = last;
  while (at !== undefined) {
    chain.unshift(at);
    const digest: string | undefined = at.statement.predicate.supersedes;
    const before: CountedRecord | undefined =
      digest === undefined ? undefined : set.byDigest.get(digest);
    at = before !== undefined && before.index < at.index && isSame(before, at) ? before : undefined;
  }
  return chain;
}

function isSame(a: CountedRecord, b: CountedRecord): boolean {
  const [one, two] = [a.statement.predicate, b.statement.predicate];
  return (
    one.type === two.type &&
    one.content.id === two.content.id &&
    one.subjectRef.workspace === two.subjectRef.workspace &&
    one.subjectRef.model === two.subjectRef.model
  );
}

const NEXT: { readonly [from in FindingState]: readonly FindingState[] } = {
  open: ['responded', 'extended', 'accepted', 'retest', 'closed'],
  responded: ['responded', 'extended', 'accepted', 'retest', 'closed'],
  extended: ['responded', 'extended', 'accepted', 'retest', 'closed'],
  accepted: ['responded', 'extended', 'accepted', 'retest', 'closed'],
  retest: ['responded', 'extended', 'accepted', 'retest', 'closed'],
  closed: ['open'],
};

/** Extensions that a finding may be given unless the promotion policy says otherwise. */
export const EXTENSIONS_MAX_DEFAULT = 2;

/**
 * Why one state of a finding cannot follow another, or undefined. What a finding is about stays what it was; only an
 * extension or a reopening moves its due date.
 */
export function findingStepRefusal(
  before: FindingContent,
  after: FindingContent,
  extensionsMax: number = EXTENSIONS_MAX_DEFAULT,
): string | undefined {
  if (!NEXT[before.status].includes(after.status)) {
    return before.status === 'closed'
      ? 'the finding is closed: reopen it first'
      : `a finding that is ${before.status} does not become ${after.status}`;
  }
  for (const name of ['title', 'source', 'owner', 'description', 'condition'] as const) {
    if (before[name] !== after[name]) return `\`${name}\` of a finding does not change`;
  }
  if (rank(after.severity) > rank(before.severity)) return 'its severity is not lowered';
  return dueRefusal(before, after, extensionsMax) ?? stateRefusal(before, after);
}

function rank(severity: FindingSeverity): number {
  return FINDING_SEVERITIES.indexOf(severity);
}

function dueRefusal(
  before: FindingContent,
  after: FindingContent,
  extensionsMax: number,
): string | undefined {
  const count = before.extensions ?? 0;
  if (after.status !== 'extended') {
    if ((after.extensions ?? 0) !== count) return 'only an extension counts as one';
    const isReopened = before.status === 'closed';
    return after.due === before.due || isReopened
      ? undefined
      : 'its due date moves by an extension alone';
  }
  if (after.extension === undefined) return 'an extension gives its reason and the date it moves';
  if (after.extension.from !== before.due) return 'an extension names the due date that it moves';
  if (after.due <= before.due) return 'an extension moves the due date to a later day';
  if (after.extensions !== count + 1) return `it is extension ${count + 1} of this finding`;
  return count + 1 > extensionsMax
    ? `it was extended ${count} times; policy allows ${extensionsMax}`
    : undefined;
}

function stateRefusal(before: FindingContent, after: FindingContent): string | undefined {
  switch (after.status) {
    case 'responded':
      return after.response === undefined ? 'a response says what was done' : undefined;
    case 'accepted':
      return after.acceptance === undefined
        ? 'an acceptance gives reason, compensating control and expiry'
        : undefined;
    case 'retest':
      if (after.retest === undefined) return 'a retest gives its outcome and evidence';
      return after.retest.evidence.length === 0 ? 'a retest names its evidence' : undefined;
    case 'closed':
      if (after.closure === undefined) return 'a closure says what shows that it is mended';
      // Closings of before the register named none; the server's door asks for it of every new one.
      if (isRestricting(before) && (after.evidence ?? []).length === 0)
        return 'a closure names its evidence by digest';
      return before.retest?.outcome === 'failed' && before.status === 'retest'
        ? 'its retest failed'
        : undefined;
    case 'open':
      return after.reopened === undefined ? 'a reopening gives its reason' : undefined;
    case 'extended':
      return undefined;
  }
}

/** Findings whose lapse restricts a warrant. */
function isRestricting({ condition, acceptance }: FindingContent): boolean {
  return condition !== undefined || acceptance !== undefined;
}

const REGISTER_MEMBERS = [
  'respondedBy',
  'evidence',
  'condition',
  'extensions',
  'acceptance',
  'retest',
  'reopened',
];

/** Whether any record of a finding is of the register: findings of before it are taken as they were written. */
export function usesRegister(chain: readonly CountedRecord[]): boolean {
  return chain.some(({ statement }) =>
    REGISTER_MEMBERS.some((name) => statement.predicate.content[name] !== undefined),
  );
}

/** A finding as its chain of records makes it. */
export interface FindingInForce {
  readonly content: FindingContent;
  readonly record: CountedRecord;
  /** Records of the chain that follow no rule and therefore change nothing. */
  readonly ignored: readonly string[];
}

/**
 * The state that the records of a finding add up to: a record that may not follow the one before changes nothing.
 * Undefined where the first record is not one of the register's (an older, looser one).
 */
export function findingInForce(
  chain: readonly CountedRecord[],
  extensionsMax: number = Number.MAX_SAFE_INTEGER,
): FindingInForce | undefined {
  const [first, ...later] = chain;
  const opened = first === undefined ? undefined : readOrUndefined(first);
  if (first === undefined || opened === undefined) return undefined;
  const ignored: string[] = [];
  let state = { content: opened, record: first };
  for (const record of later) {
    const content = readOrUndefined(record);
    const isLegal =
      content !== undefined &&
      findingStepRefusal(state.content, content, extensionsMax) === undefined;
    if (isLegal) state = { content, record };
    else ignored.push(record.digest);
  }
  return { ...state, ignored };
}

function readOrUndefined(record: CountedRecord): FindingContent | undefined {
  try {
    return readFindingRecord(record.statement.predicate.content as JsonObject);
  } catch {
    return undefined; // a looser record of before, or one that hides something: it moves nothing
  }
}

/** Roles whose signature ends what a finding blocks. */
const CLOSERS = ['validator', 'model-risk', 'compliance'] as const;

/**
 * Whether a finding blocks: once it does, only a record that somebody in the roles of closing signed says otherwise.
 * Whoever responds repeats the finding's members, and could else drop this one.
 */
export function isBlocking(chain: readonly CountedRecord[]): boolean {
  let blocking = false;
  for (const record of chain) {
    const { content, subjectRef } = record.statement.predicate;
    if (content.blocking === true) blocking = true;
    else if (isByCloser(record, subjectRef.model)) blocking = false;
  }
  return blocking;
}

function isByCloser(record: CountedRecord, model: string | undefined): boolean {
  return record.signers.some(
    (key) => key.holder.kind === 'person' && CLOSERS.some((role) => actsAs(key, role, model)),
  );
}

/** Whether the acceptance of a finding's risk stands at a time. */
export function isAcceptanceRunning(finding: FindingInForce, now: string): boolean {
  const { status, acceptance } = finding.content;
  return status === 'accepted' && acceptance !== undefined && now < acceptance.expires;
}

/** Whether the day that a finding was due on is over. What cannot be read is over. */
export function isPastDue(content: Pick<FindingContent, 'due'>, now: string): boolean {
  const end = endOfDay(content.due);
  return end === undefined || now > end;
}

export function signersOfRecord(record: CountedRecord): readonly string[] {
  return record.signers.filter(({ holder }) => holder.kind === 'person').map(accountOf);
}
