// SPDX-License-Identifier: Apache-2.0
import type { PreparedReply } from '@countersign/contract';
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useMe } from '../../api/me.ts';
import { type ActAsked, prepareAct } from '../../api/statements.ts';
import { useTrustedRoot } from '../../api/use-trusted-root.ts';
import type { DraftedStatement } from '../../crypto/drafted-statement.ts';
import { readPrepared } from '../../crypto/prepared-statements.ts';
import { RecordedPanel } from '../signing/recorded-panel.tsx';
import type { Recorded } from '../signing/sign-statements.ts';
import { SigningPanel } from '../signing/signing-panel.tsx';
import { Problem } from '../states.tsx';
import { Time } from '../time.tsx';
import type { Field } from './field.ts';
import { FieldInput } from './field-input.tsx';
import { fieldProblems, type NamedField } from './field-problems.ts';
import type { Values } from './kept-draft.ts';
import { LeaveGuard } from './leave-guard.tsx';
import { type DraftOfForm, useDraft } from './use-draft.ts';

type RenderPart = (draft: DraftOfForm, problems: ReadonlyMap<string, string>) => ReactNode;

export interface ActFormProps {
  /** Under which a draft is kept: one a thing that is written about. */
  readonly name: string;
  readonly fields: readonly Field[];
  readonly initial: Values;
  readonly toAct: (values: Values) => ActAsked;
  /** Fields that another part renders, for what the server says of them. */
  readonly hidden?: readonly NamedField[];
  /** Before the fields: a questionnaire. */
  readonly renderFirst?: RenderPart;
  /** After the fields: an editor. */
  readonly renderMore?: RenderPart;
  /** Under the statement, before it is signed. */
  readonly renderPrepared?: (prepared: PreparedReply) => ReactNode;
  /** Links for when it is recorded. */
  readonly after: ReactNode;
}

interface Ready {
  readonly prepared: PreparedReply;
  readonly statements: readonly DraftedStatement[];
}

/**
 * From words to a record: a form whose draft is kept, the statement that the server prepares of it and this browser reads
 * from its bytes, the signature, and what came of it.
 */
export function ActForm(props: ActFormProps) {
  const draft = useDraft(props.name, { ...emptyValues(props.fields), ...props.initial });
  const [ready, setReady] = useState<Ready>();
  const [recorded, setRecorded] = useState<readonly Recorded[]>();
  if (recorded !== undefined) {
    return <RecordedPanel records={recorded}>{props.after}</RecordedPanel>;
  }
  return (
    <>
      <LeaveGuard isDirty={draft.isDirty} isKept={draft.isKept} />
      {ready === undefined ? (
        <Words {...props} draft={draft} onReady={setReady} />
      ) : (
        <SigningPanel
          statements={ready.statements}
          names={ready.prepared.names}
          text={ready.prepared.text}
          needs={ready.prepared.needs}
          onBack={() => setReady(undefined)}
          onRecorded={(records) => {
            draft.settle();
            setRecorded(records);
          }}
        >
          {props.renderPrepared?.(ready.prepared)}
        </SigningPanel>
      )}
    </>
  );
}

/** What nobody has filled in is sent as empty: the server says whether it may be. */
function emptyValues(fields: readonly Field[]): Values {
  return Object.fromEntries(fields.map(({ name, kind }) => [name, kind === 'check' ? false : '']));
}

interface WordsProps extends ActFormProps {
  readonly draft: DraftOfForm;
  readonly onReady: (ready: Ready) => void;
}

function Words(props: WordsProps) {
  const { fields, hidden = [], toAct, draft, onReady } = props;
  const me = useMe();
  const { trusted } = useTrustedRoot();
  const form = useRef<HTMLFormElement>(null);
  const prepare = useMutation({
    mutationFn: async (act: ActAsked): Promise<Ready> => {
      const prepared = await prepareAct(act);
      const asked = { account: me.account, root: trusted.root, said: act };
      return { prepared, statements: readPrepared(prepared, asked) };
    },
    onSuccess: onReady,
  });
  const problems = fieldProblems(prepare.error, [...fields, ...hidden]);
  useEffect(() => {
    if (prepare.error === null) return;
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [prepare.error]);
  return (
    <form
      ref={form}
      className="stack act"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        prepare.mutate(toAct(draft.values));
      }}
    >
      <KeptNotice draft={draft} />
      {props.renderFirst?.(draft, problems)}
      {fields
        .filter(({ isAsked }) => isAsked?.(draft.values) ?? true)
        .map((field) => (
          <FieldInput
            key={field.name}
            field={field}
            value={draft.values[field.name] ?? ''}
            problem={problems.get(field.name)}
            onChange={(value) => draft.set(field.name, value)}
          />
        ))}
      {props.renderMore?.(draft, problems)}
      {prepare.error === null || problems.size > 0 ? null : <Problem error={prepare.error} />}
      <div className="row">
        <Button type="submit" loading={prepare.isPending}>
          Show what I sign
        </Button>
        {draft.isDirty ? (
          <Button variant="subtle" onClick={draft.discard}>
            Begin again
          </Button>
        ) : null}
        {problems.size === 0 ? null : (
          <span role="alert" className="small">
            {problems.size === 1 ? 'One field needs' : `${problems.size} fields need`} another look.
          </span>
        )}
      </div>
    </form>
  );
}

function KeptNotice({ draft }: { readonly draft: DraftOfForm }) {
  if (!draft.isKept) {
    return (
      <p className="small" role="status" style={{ margin: 0 }}>
        This browser has no room to keep your draft: sign it before you leave.
      </p>
    );
  }
  if (draft.keptAt === undefined) return null;
  return (
    <p className="small muted" role="status" style={{ margin: 0 }}>
      Your draft of <Time at={draft.keptAt} />, kept in this browser and not signed.
    </p>
  );
}
