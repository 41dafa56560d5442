// SPDX-License-Identifier: Apache-2.0
import { readChangeRequest } from '../gates/change-request.ts';
import { readPolicy } from '../gates/policy.ts';
import { accountOf, actsAs } from '../identity/key-register.ts';
import type { Role } from '../identity/roles.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import {
  asBoolean,
  asDigest,
  asNonEmpty,
  asObject,
  asOneOf,
  asString,
  type JsonObject,
  malformed,
  onlyKeys,
  optional,
} from '../records/shape.ts';

/** Characters of one remark. */
export const REMARK_TEXT_MAX = 4000;

/**
 * `remark` and `question` open a thread, `answer` goes into one; `resolve`, `reopen` and `block` say what becomes of a thread.
 */
export const REMARK_ACTS = ['remark', 'question', 'answer', 'resolve', 'reopen', 'block'] as const;
export type RemarkAct = (typeof REMARK_ACTS)[number];

/** One thing that a person wrote on a change request (`change-remark`); nothing of it is changed or taken back later. */
export interface RemarkContent {
  readonly changeRequest: string;
  readonly act: RemarkAct;
  /** Markdown. */
  readonly text: string;
  /** A remark of the thread. */
  readonly inReplyTo?: string;
  /** Of a question: marked as blocking at once. */
  readonly blocking?: boolean;
  /** Of one that the platform signed for somebody: whose session or token sent it. */
  readonly onBehalfOf?: { readonly account: string; readonly via: 'session' | 'token' };
}

const OPENS: readonly RemarkAct[] = ['remark', 'question'];
const NEEDS_WORDS: readonly RemarkAct[] = ['remark', 'question', 'answer'];

/** @throws KernelError `record_malformed` */
export function readRemark(content: JsonObject): RemarkContent {
  onlyKeys(
    content,
    ['changeRequest', 'act', 'text', 'inReplyTo', 'blocking', 'onBehalfOf'],
    'content',
  );
  const act = asOneOf(content.act, REMARK_ACTS, 'content.act');
  const text = asString(content.text, 'content.text');
  const inReplyTo = optional(content.inReplyTo, 'content.inReplyTo', asDigest);
  const blocking = optional(content.blocking, 'content.blocking', asBoolean);
  const onBehalfOf = optional(content.onBehalfOf, 'content.onBehalfOf', (json, at) => {
    const object = asObject(json, at);
    onlyKeys(object, ['account', 'via'], at);
    return {
      account: asNonEmpty(object.account, `${at}.account`),
      via: asOneOf(object.via, ['session', 'token'] as const, `${at}.via`),
    };
  });
  if (text.length > REMARK_TEXT_MAX) {
    throw malformed('content.text', `${REMARK_TEXT_MAX} characters or fewer`);
  }
  if (NEEDS_WORDS.includes(act) && text.trim() === '')
    throw malformed('content.text', 'some words');
  if (OPENS.includes(act) !== (inReplyTo === undefined)) {
    const opens = 'absent where a thread is opened, and the digest of a remark in it elsewhere';
    throw malformed('content.inReplyTo', opens);
  }
  if (blocking === true && act !== 'question') throw malformed('content.blocking', 'of a question');
  return {
    changeRequest: asDigest(content.changeRequest, 'content.changeRequest'),
    act,
    text,
    ...(inReplyTo === undefined ? {} : { inReplyTo }),
    ...(blocking === undefined ? {} : { blocking }),
    ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
  };
}

/** `attested`: the platform's word that a session or token of the account sent it, and no more than that. */
export type RemarkStanding = 'signed' | 'attested';

export interface Remark {
  readonly digest: string;
  readonly author: string;
  readonly at: string;
  readonly standing: RemarkStanding;
  readonly content: RemarkContent;
}

export interface RemarkThread {
  /** The remark that opened it. */
  readonly digest: string;
  readonly kind: 'remark' | 'question';
  readonly state: 'open' | 'resolved';
  readonly blocking: boolean;
  readonly blockedBy?: string;
  readonly resolved?: { readonly by: string; readonly at: string };
  /** In log order. */
  readonly remarks: readonly Remark[];
}

/** The threads of a change request in the order in which they were opened; what cannot be read is left out. */
export function discussionOf(set: RecordSet, changeRequest: string): readonly RemarkThread[] {
  const request = set.byDigest.get(changeRequest);
  if (request === undefined) return [];
  const threads = new Map<string, RemarkThread>();
  const threadOf = new Map<string, string>();
  for (const remark of remarksOn(set, changeRequest)) {
    const { act, inReplyTo, blocking } = remark.content;
    if (act === 'remark' || act === 'question') {
      const opened = openThread(remark, act);
      const isBlocked = blocking === true && mayBlock(set, request, remark.author);
      threads.set(remark.digest, isBlocked ? blocked(opened, remark) : opened);
      threadOf.set(remark.digest, remark.digest);
      continue;
    }
    const root = threadOf.get(inReplyTo ?? '');
    const thread = root === undefined ? undefined : threads.get(root);
    if (root === undefined || thread === undefined) continue;
    threadOf.set(remark.digest, root);
    const heard = { ...thread, remarks: [...thread.remarks, remark] };
    const refusal = actRefusal(set, request, { thread, remark });
    threads.set(root, refusal === undefined ? after(heard, remark) : heard);
  }
  return [...threads.values()];
}

function remarksOn(set: RecordSet, changeRequest: string): readonly Remark[] {
  return recordsOfType(set, 'change-remark').flatMap((record) => {
    if (record.statement.predicate.content.changeRequest !== changeRequest) return [];
    try {
      const content = readRemark(record.statement.predicate.content);
      const { actor } = record.statement.predicate;
      const standing = isSignedBy(record, actor) ? 'signed' : 'attested';
      return [{ digest: record.digest, author: actor, at: record.loggedAt, standing, content }];
    } catch {
      return []; // what cannot be read says nothing; the record itself stays in the log
    }
  });
}

function isSignedBy(record: CountedRecord, account: string): boolean {
  return record.signers.some((key) => key.holder.kind === 'person' && accountOf(key) === account);
}

function openThread(remark: Remark, kind: 'remark' | 'question'): RemarkThread {
  return { digest: remark.digest, kind, state: 'open', blocking: false, remarks: [remark] };
}

function blocked(thread: RemarkThread, { author }: Remark): RemarkThread {
  return { ...thread, blocking: true, blockedBy: author };
}

function after(thread: RemarkThread, remark: Remark): RemarkThread {
  const { act } = remark.content;
  if (act === 'block') return blocked(thread, remark);
  const { resolved: _resolved, ...rest } = thread;
  if (act === 'reopen') return { ...rest, state: 'open' };
  if (act !== 'resolve') return thread;
  return { ...rest, state: 'resolved', resolved: { by: remark.author, at: remark.at } };
}

/**
 * Why an act on a thread changes nothing, or undefined: a blocking question is resolved by somebody whose approval the
 * request takes and who did not open the request, and where a key marked it, by a key. Any other thread also by who opened it.
 */
export function actRefusal(
  set: RecordSet,
  request: CountedRecord,
  at: {
    readonly thread: RemarkThread;
    readonly remark: Pick<Remark, 'author' | 'standing'> & {
      readonly content: Pick<RemarkContent, 'act'>;
    };
  },
): string | undefined {
  const { thread, remark } = at;
  const isApprover = mayBlock(set, request, remark.author);
  switch (remark.content.act) {
    case 'block':
      if (thread.kind !== 'question') return 'a question is marked as blocking, not a remark';
      return isApprover ? undefined : NOT_AN_APPROVER;
    case 'resolve':
      if (thread.state === 'resolved') return 'the thread is resolved already';
      if (!thread.blocking) {
        const isOpener = thread.remarks[0]?.author === remark.author;
        return isOpener || isApprover
          ? undefined
          : 'a thread is resolved by whoever opened it, or by somebody whose approval the request takes';
      }
      if (!isApprover) return `a blocking question is resolved by an approver: ${NOT_AN_APPROVER}`;
      return isMarkedByKey(thread) && remark.standing === 'attested'
        ? 'the question was marked as blocking with a signing key; sign its resolution with one'
        : undefined;
    case 'reopen':
      return thread.state === 'open' ? 'the thread is open' : undefined;
    default:
      return undefined;
  }
}

const NOT_AN_APPROVER =
  'this takes a role that policy asks to approve the request, and not its submitter';

function isMarkedByKey({ remarks }: RemarkThread): boolean {
  return remarks.some(
    ({ content, standing }) =>
      standing === 'signed' && (content.act === 'block' || content.blocking === true),
  );
}

/** Whether an account holds a role that policy asks to approve at the request's transition, and did not submit it. */
export function mayBlock(set: RecordSet, request: CountedRecord, account: string): boolean {
  const { actor, subjectRef } = request.statement.predicate;
  if (account === actor) return false;
  const roles = approvingRoles(set, request);
  return [...set.register.values()].some(
    (key) =>
      key.holder.kind === 'person' &&
      accountOf(key) === account &&
      roles.some((role) => actsAs(key, role, subjectRef.model)),
  );
}

function approvingRoles(set: RecordSet, request: CountedRecord): readonly Role[] {
  try {
    const { policy, transition } = readChangeRequest(request.statement.predicate.content);
    const document = set.byDigest.get(policy)?.statement.predicate.content.policy;
    const { transitions } = readPolicy(document, 'content.policy');
    return transitions[transition].approvals.map(({ role }) => role);
  } catch {
    return []; // without a policy that can be read nobody approves
  }
}

export function openBlocking(threads: readonly RemarkThread[]): readonly RemarkThread[] {
  return threads.filter(({ blocking, state }) => blocking && state === 'open');
}

/** `@account`, but not in an address: `dana@firm.example` names nobody. */
const MENTION = /(?<![\w@./-])@([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)/g;
const MENTIONS_MAX = 20;

/** Accounts that a text names, each once, in its order; whether there is such an account is for the reader to see. */
export function mentionsIn(text: string): readonly string[] {
  const found = new Set([...text.matchAll(MENTION)].map(([, account]) => account ?? ''));
  return [...found].slice(0, MENTIONS_MAX);
}
