// SPDX-License-Identifier: Apache-2.0
import { type DiscussionReply, discussionRoutes } from '@countersign/contract';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { call } from '../../api/client.ts';
import { Panel } from '../../shell/panel.tsx';
import { Loading, Problem } from '../../shell/states.tsx';
import { DiscussionThread } from './discussion-thread.tsx';
import { RemarkForm } from './remark-form.tsx';

export function discussionQuery(digest: string) {
  return queryOptions({
    queryKey: ['discussion', digest],
    queryFn: ({ signal }) => call(discussionRoutes.read, { params: { digest }, signal }),
  });
}

/** What people wrote on the request, by thread. It is on record, and decides nothing unless policy says so. */
export function DiscussionPanel({ digest }: { readonly digest: string }) {
  const { data, error, refetch } = useQuery(discussionQuery(digest));
  return (
    <Panel title={titleOf(data)} id="discussion">
      {error === null ? null : <Problem error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null ? <Loading what="Reading the discussion…" /> : null}
      {data === undefined ? null : <Discussion digest={digest} discussion={data} />}
    </Panel>
  );
}

function titleOf(data: DiscussionReply | undefined): string {
  if (data === undefined || data.counts.remarks === 0) return 'Discussion';
  const { remarks, open } = data.counts;
  return `Discussion (${remarks}${open === 0 ? '' : `, ${open} open`})`;
}

interface DiscussionProps {
  readonly digest: string;
  readonly discussion: DiscussionReply;
}

function Discussion({ digest, discussion }: DiscussionProps) {
  const { threads, counts, isCondition, may } = discussion;
  return (
    <div className="stack">
      {counts.openBlocking === 0 ? null : (
        <p style={{ margin: 0 }}>
          {counts.openBlocking === 1
            ? 'One open question is'
            : `${counts.openBlocking} open questions are`}{' '}
          marked as blocking{isCondition ? ': the gate waits for the answer.' : '.'}
        </p>
      )}
      {threads.length === 0 ? (
        <div className="muted">Nobody has written anything yet.</div>
      ) : (
        <ul className="rows">
          {threads.map((thread) => (
            <li key={thread.digest}>
              <DiscussionThread digest={digest} thread={thread} />
            </li>
          ))}
        </ul>
      )}
      {may.write ? <RemarkForm digest={digest} mayBlock={may.block} /> : null}
    </div>
  );
}
