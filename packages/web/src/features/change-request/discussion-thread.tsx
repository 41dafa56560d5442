// SPDX-License-Identifier: Apache-2.0
import type { RemarkReply, ThreadReply } from '@countersign/contract';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Mark } from '../../shell/mark.tsx';
import { Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';
import { RemarkBlocks } from './remark-blocks.tsx';
import { RemarkForm } from './remark-form.tsx';
import { useRemark } from './use-remark.ts';

interface DiscussionThreadProps {
  readonly digest: string;
  readonly thread: ThreadReply;
}

/** One thread: what was written in order, its state, and what the reader may do in it. */
export function DiscussionThread({ digest, thread }: DiscussionThreadProps) {
  const [isAnswering, setIsAnswering] = useState(false);
  const act = useRemark(digest, () => {});
  const { may, state } = thread;
  const say = (name: 'resolve' | 'reopen' | 'block') =>
    act.mutate({ act: name, inReplyTo: thread.digest });
  const [first] = thread.remarks;
  const named = `the thread that ${first?.author ?? 'somebody'} opened`;
  return (
    <article className="tight" aria-label={named}>
      <div className="row" style={{ justifyContent: 'space-between' }}>
        <strong>{thread.kind === 'question' ? 'Question' : 'Remark'}</strong>
        <State thread={thread} />
      </div>
      {thread.remarks.map((remark) => (
        <Remark key={remark.digest} remark={remark} />
      ))}
      {act.error === null ? null : <Problem error={act.error} />}
      {isAnswering ? (
        <RemarkForm
          digest={digest}
          inReplyTo={thread.digest}
          onDone={() => setIsAnswering(false)}
        />
      ) : (
        <div className="row">
          {may.answer ? (
            <Button
              variant="subtle"
              size="compact-sm"
              onClick={() => setIsAnswering(true)}
              aria-label={`Answer ${named}`}
            >
              Answer
            </Button>
          ) : null}
          {may.resolve && state === 'open' ? (
            <Button
              variant="subtle"
              size="compact-sm"
              loading={act.isPending}
              onClick={() => say('resolve')}
              aria-label={`Resolve ${named}`}
            >
              Resolve
            </Button>
          ) : null}
          {state === 'resolved' && may.answer ? (
            <Button
              variant="subtle"
              size="compact-sm"
              loading={act.isPending}
              onClick={() => say('reopen')}
              aria-label={`Reopen ${named}`}
            >
              Reopen
            </Button>
          ) : null}
          {may.block ? (
            <Button
              variant="subtle"
              size="compact-sm"
              loading={act.isPending}
              onClick={() => say('block')}
              aria-label={`Mark as blocking ${named}`}
            >
              Mark as blocking
            </Button>
          ) : null}
        </div>
      )}
    </article>
  );
}

function State({ thread }: { readonly thread: ThreadReply }) {
  const { state, blocking, blockedBy, resolvedBy } = thread;
  if (state === 'resolved') {
    return (
      <Mark
        tone="pass"
        text={resolvedBy === undefined ? 'resolved' : `resolved by ${resolvedBy}`}
      />
    );
  }
  if (blocking) {
    return (
      <Mark
        tone="fail"
        text={blockedBy === undefined ? 'blocks' : `blocks, marked by ${blockedBy}`}
      />
    );
  }
  return thread.kind === 'question' ? <Mark tone="wait" text="open" /> : null;
}

const ACTS: { readonly [act in RemarkReply['act']]: string } = {
  remark: 'wrote',
  question: 'asked',
  answer: 'answered',
  resolve: 'resolved it',
  reopen: 'reopened it',
  block: 'marked it as blocking',
};

function Remark({ remark }: { readonly remark: RemarkReply }) {
  const { author, act, at, standing, via, blocks, digest } = remark;
  return (
    <div className="remark">
      <div className="small muted">
        <strong>{author}</strong> {ACTS[act]} <Time at={at} />,{' '}
        <Link to="/records/$digest" params={{ digest }}>
          {standing === 'signed'
            ? 'signed'
            : `attested by the platform${via === undefined ? '' : ` (${via})`}`}
        </Link>
      </div>
      {blocks.length === 0 ? null : <RemarkBlocks blocks={blocks} />}
    </div>
  );
}
