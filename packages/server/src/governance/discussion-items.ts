// SPDX-License-Identifier: Apache-2.0
import { discussionOf, mentionsIn, type RecordSet, type RemarkThread } from '@countersign/kernel';
import type { ChangeRequestSummary } from './change-requests.ts';

export interface DiscussionItem {
  readonly kind: 'mention';
  readonly digest: string;
  readonly subject: string;
  readonly text: string;
  readonly since: string;
}

/**
 * What is said to an account on an open request, one item a request: named in an open thread and silent there since, or the
 * submitter of a request with an open question that somebody else asked and nobody of them answered.
 */
export function discussionItems(
  set: RecordSet,
  request: ChangeRequestSummary,
  at: { readonly account: string; readonly subject: string },
): readonly DiscussionItem[] {
  const waiting = discussionOf(set, request.digest).flatMap(
    (thread) => waitingIn(thread, { ...at, isSubmitter: request.submitter === at.account }) ?? [],
  );
  const [first] = waiting;
  if (first === undefined) return [];
  const more = waiting.length === 1 ? '' : `, and ${waiting.length - 1} more`;
  return [
    {
      kind: 'mention',
      digest: request.digest,
      subject: at.subject,
      text: `${first.text}${more}`,
      since: first.since,
    },
  ];
}

function waitingIn(
  thread: RemarkThread,
  who: { readonly account: string; readonly isSubmitter: boolean },
): { readonly text: string; readonly since: string } | undefined {
  if (thread.state === 'resolved') return undefined;
  const lastOwn = thread.remarks.findLastIndex(({ author }) => author === who.account);
  const since = thread.remarks.slice(lastOwn + 1);
  const named = since.find(({ content }) => mentionsIn(content.text).includes(who.account));
  if (named !== undefined) return { text: `${named.author} named you`, since: named.at };
  const [opening] = thread.remarks;
  const isAsked = who.isSubmitter && thread.kind === 'question' && lastOwn < 0;
  if (opening === undefined || !isAsked || opening.author === who.account) return undefined;
  const how = thread.blocking ? 'a blocking question' : 'a question';
  return { text: `${opening.author} asked ${how}`, since: opening.at };
}
