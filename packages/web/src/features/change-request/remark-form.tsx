// SPDX-License-Identifier: Apache-2.0
import type { RemarkBody } from '@countersign/contract';
import { REMARK_TEXT_MAX } from '@countersign/kernel';
import { Button, Checkbox, Textarea } from '@mantine/core';
import { useState } from 'react';
import { fieldProblems } from '../../shell/form/field-problems.ts';
import { useDraft } from '../../shell/form/use-draft.ts';
import { Problem } from '../../shell/states.tsx';
import { useRemark } from './use-remark.ts';

interface RemarkFormProps {
  readonly digest: string;
  /** The reader may mark a question as blocking. */
  readonly mayBlock?: boolean;
  /** Of an answer: a remark of the thread. */
  readonly inReplyTo?: string;
  readonly onDone?: () => void;
}

/** Words on a request: a remark, a question, or an answer in a thread. */
export function RemarkForm({ digest, mayBlock = false, inReplyTo, onDone }: RemarkFormProps) {
  const draft = useDraft(`remark/${inReplyTo ?? digest}`, { text: '' });
  const [isBlocking, setIsBlocking] = useState(false);
  const post = useRemark(digest, () => {
    draft.discard();
    setIsBlocking(false);
    onDone?.();
  });
  const text = String(draft.values.text ?? '');
  const problem = fieldProblems(post.error, [{ name: 'text' }]).get('text');
  const send = (act: RemarkBody['act']) =>
    post.mutate({
      act,
      text,
      ...(inReplyTo === undefined ? {} : { inReplyTo }),
      ...(act === 'question' && isBlocking ? { blocking: true as const } : {}),
    });
  const isAnswer = inReplyTo !== undefined;
  return (
    <form
      className="tight act"
      onSubmit={(event) => {
        event.preventDefault();
        send(isAnswer ? 'answer' : 'remark');
      }}
    >
      <Textarea
        label={isAnswer ? 'Your answer' : 'Write on this request'}
        description="Markdown; @account calls somebody. It is on record and is not taken back."
        autosize
        minRows={2}
        maxRows={12}
        maxLength={REMARK_TEXT_MAX}
        value={text}
        error={problem}
        onChange={({ currentTarget }) => draft.set('text', currentTarget.value)}
      />
      {post.error === null || problem !== undefined ? null : <Problem error={post.error} />}
      {mayBlock && !isAnswer ? (
        <Checkbox
          label="As a question: it blocks until it is resolved"
          checked={isBlocking}
          onChange={({ currentTarget }) => setIsBlocking(currentTarget.checked)}
        />
      ) : null}
      <div className="row">
        <Button type="submit" variant="default" loading={post.isPending} disabled={isBlocking}>
          {isAnswer ? 'Answer' : 'Remark'}
        </Button>
        {isAnswer ? (
          <Button variant="subtle" onClick={onDone}>
            Cancel
          </Button>
        ) : (
          <Button variant="default" disabled={post.isPending} onClick={() => send('question')}>
            Ask a question
          </Button>
        )}
      </div>
    </form>
  );
}
