// SPDX-License-Identifier: Apache-2.0
import { REMARKS_MAX, REMARKS_PER_TEN_MINUTES } from '@countersign/contract';
import {
  actRefusal,
  discussionOf,
  type RecordSet,
  type RemarkContent,
  type RemarkStanding,
  type RemarkThread,
  readRemark,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { type Arrival, including, refused } from './arrival.ts';

const TEN_MINUTES_MS = 600_000;

export interface OfferedRemark {
  readonly author: string;
  readonly standing: RemarkStanding;
  readonly content: RemarkContent;
  readonly now: string;
}

export type RemarkRefusal =
  | { readonly kind: 'too-many'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string; readonly field: string };

/** Why a remark is not taken, by whichever way it comes: bounds, a thread that is not there, an act that would change nothing. */
export function remarkRefusal(set: RecordSet, offered: OfferedRemark): RemarkRefusal | undefined {
  const { author, content, now } = offered;
  const request = set.byDigest.get(content.changeRequest);
  if (request?.statement.predicate.type !== 'change-record') {
    return no('no change request of this digest counts in the log', 'content.changeRequest');
  }
  const threads = discussionOf(set, content.changeRequest);
  const remarks = threads.flatMap((thread) => thread.remarks);
  const since = new Date(Date.parse(now) - TEN_MINUTES_MS).toISOString();
  const recent = remarks.filter((one) => one.author === author && one.at > since);
  if (remarks.length >= REMARKS_MAX) {
    return { kind: 'too-many', reason: `a change request holds ${REMARKS_MAX} remarks at most` };
  }
  if (recent.length >= REMARKS_PER_TEN_MINUTES) {
    const reason = `\`${author}\` wrote ${recent.length} remarks here in ten minutes, ${REMARKS_PER_TEN_MINUTES} are taken; wait a little`;
    return { kind: 'too-many', reason };
  }
  if (content.inReplyTo === undefined) return blockingRefusal(set, offered, request);
  const thread = threads.find((one) =>
    one.remarks.some(({ digest }) => digest === content.inReplyTo),
  );
  if (thread === undefined) {
    return no('no remark of this digest is on the change request', 'content.inReplyTo');
  }
  const refusal = actRefusal(set, request, { thread, remark: offered });
  return refusal === undefined ? undefined : no(refusal, 'content.act');
}

function blockingRefusal(
  set: RecordSet,
  { author, standing, content }: OfferedRemark,
  request: Parameters<typeof actRefusal>[1],
): RemarkRefusal | undefined {
  if (content.blocking !== true) return undefined;
  const thread: RemarkThread = {
    digest: '',
    kind: 'question',
    state: 'open',
    blocking: false,
    remarks: [],
  };
  const refusal = actRefusal(set, request, {
    thread,
    remark: { author, standing, content: { act: 'block' } },
  });
  return refusal === undefined ? undefined : no(refusal, 'content.blocking');
}

function no(reason: string, field: string): RemarkRefusal {
  return { kind: 'refused', reason, field };
}

/** A remark that somebody signed with a key of their own. */
export async function checkRemark(
  context: ServerContext,
  { record, signers, sender }: Arrival,
): Promise<void> {
  const { predicate } = record.statement;
  const content = readRemark(predicate.content);
  if (content.onBehalfOf !== undefined) {
    throw refused(record, 'the platform alone attests for somebody', 'content.onBehalfOf');
  }
  const isOwn = sender.account === predicate.actor;
  if (!isOwn || !signers.some(({ account }) => account === predicate.actor)) {
    throw refused(record, 'everybody writes in their own name', 'predicate.actor');
  }
  const set = await including(context, record, [content.changeRequest]);
  const request = set.byDigest.get(content.changeRequest)?.statement.predicate.subjectRef;
  const { subjectRef } = predicate;
  if (request?.model !== subjectRef.model || request?.version !== subjectRef.version) {
    throw refused(record, 'it is about another version than the request', 'predicate.subjectRef');
  }
  const author = predicate.actor;
  const now = context.now();
  const refusal = remarkRefusal(set, { author, standing: 'signed', content, now });
  if (refusal === undefined) return;
  throw refused(record, refusal.reason, refusal.kind === 'refused' ? refusal.field : 'content');
}
