// SPDX-License-Identifier: Apache-2.0
import type { RemarkBody, RemarkPosted } from '@countersign/contract';
import { discussionOf, type RecordSet, type RemarkContent, readRemark } from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { findChangeRequest, turns } from '../governance/index.ts';
import { recordByPlatform, remarkRefusal } from '../records/index.ts';

/** Two posts on one request take turns, so that its bounds hold; few at a time, since each waits for the log. */
const REQUESTS_AT_ONCE = 8;
const inTurn = turns(REQUESTS_AT_ONCE);

/**
 * Records what somebody wrote on a change request, signed by the platform in the author's name: a person without a key at hand
 * is heard, and every reader sees that it is attested and by what. Returns once it counts.
 * @throws ServerError `change_request_unknown`, `remark_refused`, `too_many_requests`; KernelError for malformed content
 */
export function postRemark(
  context: ServerContext,
  digest: string,
  by: {
    readonly account: string;
    readonly via: 'session' | 'token';
    readonly body: RemarkBody;
  },
): Promise<RemarkPosted> {
  return inTurn(digest, async () => {
    const set = await context.records.current();
    const request = findChangeRequest(set, digest);
    const content = contentOf(digest, by);
    const offered = { author: by.account, standing: 'attested', content } as const;
    refuse(set, { ...offered, now: context.now() });
    const { subjectRef } = request.statement.predicate;
    const recorded = await context.database.db.transaction().execute((tx) =>
      recordByPlatform(context, tx, {
        type: 'change-remark',
        scope: 'version',
        subjectRef,
        producer: 'platform',
        actor: by.account,
        source: content.inReplyTo === undefined ? [digest] : [digest, content.inReplyTo],
        content,
      }),
    );
    const after = await context.records.including([recorded.digest]);
    return { digest: recorded.digest, thread: threadWith(after, digest, recorded.digest) };
  });
}

function contentOf(
  changeRequest: string,
  { account, via, body }: Parameters<typeof postRemark>[2],
): RemarkContent {
  const { act, text = '', inReplyTo, blocking } = body;
  return readRemark({
    changeRequest,
    act,
    text,
    ...(inReplyTo === undefined ? {} : { inReplyTo }),
    ...(blocking === undefined ? {} : { blocking }),
    onBehalfOf: { account, via },
  });
}

function refuse(set: RecordSet, offered: Parameters<typeof remarkRefusal>[1]): void {
  const refusal = remarkRefusal(set, offered);
  if (refusal === undefined) return;
  if (refusal.kind === 'too-many') throw new ServerError('too_many_requests', refusal.reason);
  throw new ServerError('remark_refused', refusal.reason, { details: { field: refusal.field } });
}

function threadWith(set: RecordSet, changeRequest: string, remark: string): string {
  const thread = discussionOf(set, changeRequest).find(({ remarks }) =>
    remarks.some(({ digest }) => digest === remark),
  );
  return thread?.digest ?? remark;
}
