// SPDX-License-Identifier: Apache-2.0
import { Button, CopyButton, NativeSelect } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useMe } from '../../api/me.ts';
import type { DraftedStatement } from '../../crypto/drafted-statement.ts';
import { usableKeys } from '../../crypto/usable-key.ts';
import { downloadText } from '../csv.ts';
import { Panel } from '../panel.tsx';
import { Problem } from '../states.tsx';
import { Words } from '../words.tsx';
import { handedStatements, type Recorded, signStatements } from './sign-statements.ts';
import { StatementWords, titleOf } from './statement-words.tsx';

export interface SigningPanelProps {
  readonly statements: readonly DraftedStatement[];
  /** What the records are that the statements name, as the server says. */
  readonly names: Readonly<Record<string, string>>;
  /** Of a paper: the bytes that its record names. */
  readonly text?: string | undefined;
  /** Whose signatures are needed beside the reader's. */
  readonly needs?: string | undefined;
  /** Shown between the statement and the button: what its gates say. */
  readonly children?: ReactNode;
  readonly onBack: () => void;
  readonly onRecorded: (records: readonly Recorded[]) => void;
}

/** The whole of what is about to be signed, its digest recomputed here, and the button that asks the authenticator. */
export function SigningPanel(props: SigningPanelProps) {
  const { statements, needs } = props;
  const several = statements.length > 1;
  return (
    <>
      {statements.map((drafted) => (
        <Panel
          key={drafted.digest}
          title={several ? `What you sign: ${titleOf(drafted.statement)}` : 'What you sign'}
        >
          <StatementWords drafted={drafted} names={props.names} />
        </Panel>
      ))}
      {props.children}
      {needs === undefined ? null : (
        <p style={{ margin: 0 }}>
          It counts once it also has <Words text={needs} />.
        </p>
      )}
      <Signing {...props} />
    </>
  );
}

function Signing({ statements, text, onBack, onRecorded }: SigningPanelProps) {
  const me = useMe();
  const client = useQueryClient();
  const keys = usableKeys(me, location.origin);
  const [place, setPlace] = useState(0);
  const chosen = keys[place];
  const sign = useMutation({
    mutationFn: async () => {
      if (chosen === undefined) throw new Error('none of your passkeys signs at this address');
      return signStatements(statements, chosen.key, text);
    },
    onSuccess: (records) => {
      onRecorded(records);
      return client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'me' });
    },
  });
  if (chosen === undefined) return <Handover statements={statements} text={text} onBack={onBack} />;
  return (
    <div className="stack">
      {sign.error === null ? null : <Problem error={sign.error} />}
      {keys.length < 2 ? null : (
        <NativeSelect
          label="Sign with"
          data={keys.map(({ roles }, at) => ({
            value: String(at),
            label: `passkey as ${roles.join(', ')}`,
          }))}
          value={String(place)}
          onChange={({ currentTarget }) => setPlace(Number(currentTarget.value))}
        />
      )}
      <div className="row">
        <FirstButton isPending={sign.isPending} onClick={() => sign.mutate()}>
          Sign and record
        </FirstButton>
        <Button variant="default" disabled={sign.isPending} onClick={onBack}>
          Change it
        </Button>
      </div>
      <div className="small muted">
        Your authenticator asks for your fingerprint, face or PIN
        {statements.length > 1 ? `, once for each of the ${statements.length} records` : ''}. It
        signs the digest above and nothing else.
      </div>
    </div>
  );
}

interface FirstButtonProps {
  readonly isPending?: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

/** Under the keyboard at once: the page before it was left by its own button. */
function FirstButton({ isPending = false, onClick, children }: FirstButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus({ preventScroll: true }), []);
  return (
    <Button ref={button} loading={isPending} onClick={onClick}>
      {children}
    </Button>
  );
}

/** For somebody whose key is a file on their own machine: the same bytes, signed there. */
function Handover(props: Pick<SigningPanelProps, 'statements' | 'text' | 'onBack'>) {
  const { statements, text, onBack } = props;
  const { account } = useMe();
  const [first] = statements;
  const file = `${first?.statement.predicate.type ?? 'statement'}-${first?.digest.slice(0, 12) ?? ''}.json`;
  const command = `countersign sign ${file} --as ${account}`;
  return (
    <Panel title="Sign it on the command line" tone="wait">
      <p style={{ marginTop: 0 }}>
        You have no passkey that signs at this address. Save the statement and sign it with your key
        file; the command shows it again with the same digest. Or{' '}
        <Link to="/keys">make a signing passkey</Link>.
      </p>
      <p>
        <code className="wrap">{command}</code>
      </p>
      <div className="row">
        <FirstButton
          onClick={() => downloadText(file, 'application/json', handedStatements(statements, text))}
        >
          Save the statement
        </FirstButton>
        <CopyButton value={command}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy the command'}
            </Button>
          )}
        </CopyButton>
        <Button variant="default" onClick={onBack}>
          Change it
        </Button>
      </div>
    </Panel>
  );
}
