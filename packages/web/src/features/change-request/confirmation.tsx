// SPDX-License-Identifier: Apache-2.0
import { recordRoutes } from '@countersign/contract';
import { PAYLOAD_TYPE_STATEMENT, toBase64 } from '@countersign/kernel';
import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { call } from '../../api/client.ts';
import type { DraftedStatement } from '../../crypto/drafted-statement.ts';
import { signWithPasskey } from '../../crypto/sign-with-passkey.ts';
import type { OwnKey } from '../../crypto/verified-change.ts';
import { Digest } from '../../shell/digest.tsx';
import { Facts } from '../../shell/facts.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';
import type { CeremonyProps } from './ceremony.tsx';

interface ConfirmationProps extends CeremonyProps {
  readonly drafted: DraftedStatement;
  readonly onBack: () => void;
}

/** The statement as it will stand in the log, its digest, and the button that asks the authenticator. */
export function Confirmation({ change, decision, signer, drafted, onBack }: ConfirmationProps) {
  const client = useQueryClient();
  const sign = useMutation({
    mutationFn: () => signAndRecord(drafted, signer),
    onSuccess: () =>
      client.invalidateQueries({
        predicate: ({ queryKey }) => queryKey[0] !== 'me' && queryKey[0] !== 'change',
      }),
  });
  if (sign.isSuccess)
    return <Recorded digest={change.review.digest} drafted={drafted} decision={decision} />;
  return (
    <Panel title="What you sign">
      <div className="stack">
        <Whole drafted={drafted} />
        {sign.error === null ? null : <Problem error={sign.error} />}
        <div className="row">
          <SignButton isPending={sign.isPending} decision={decision} onSign={() => sign.mutate()} />
          <Button variant="default" disabled={sign.isPending} onClick={onBack}>
            Change my words
          </Button>
        </div>
        <div className="small muted">
          Your authenticator will ask for your fingerprint, face or PIN: that is the
          re-authentication at the moment of signing. It signs the digest above and nothing else.
        </div>
      </div>
    </Panel>
  );
}

/** Under the keyboard at once: the page before it was left by its own button. */
function SignButton(props: {
  readonly isPending: boolean;
  readonly decision: string;
  readonly onSign: () => void;
}) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <Button
      ref={button}
      loading={props.isPending}
      {...(props.decision === 'reject' ? { color: 'red' } : {})}
      onClick={props.onSign}
    >
      {props.decision === 'approve' ? 'Sign the approval' : 'Sign the rejection'}
    </Button>
  );
}

function Whole({ drafted }: { readonly drafted: DraftedStatement }) {
  const { predicate } = drafted.statement;
  const { content } = predicate;
  return (
    <>
      <p className="statement">{String(content.statement)}</p>
      <Facts
        facts={[
          ['Printed name', String(content.printedName)],
          ['Account', predicate.actor],
          ['Role', String(content.role)],
          ['Meaning', String(content.meaning)],
          ['Time', <Time key="t" at={predicate.claimedAt} />],
          [
            'Change request',
            <Digest
              key="c"
              value={String(content.changeRequest)}
              of="the change request's digest"
            />,
          ],
          [
            'Digest of all this',
            <Digest key="d" value={drafted.digest} of="the statement's digest" isWhole />,
          ],
        ]}
      />
      <details>
        <summary>The bytes that are signed</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
        <section className="bytes" tabIndex={0} aria-label="the statement as JSON">
          {JSON.stringify(drafted.statement, null, 2)}
        </section>
      </details>
    </>
  );
}

/** The time in a signature is that of signing (21 CFR 11.50(a)(2)): what was drafted earlier is drafted again. */
const DRAFT_AGE_MAX_MS = 5 * 60_000;

async function signAndRecord(drafted: DraftedStatement, signer: OwnKey): Promise<void> {
  if (Date.now() - Date.parse(drafted.statement.predicate.claimedAt) > DRAFT_AGE_MAX_MS) {
    throw new Error(
      'this statement was written more than five minutes ago: go back and have it written again',
    );
  }
  const signature = await signWithPasskey(drafted.payload, signer.key);
  const envelope = {
    payloadType: PAYLOAD_TYPE_STATEMENT,
    payload: toBase64(drafted.payload),
    signatures: [signature],
  };
  const { records } = await call(recordRoutes.post, { body: { envelopes: [envelope] } });
  if (records[0]?.digest !== drafted.digest) {
    throw new Error('the server recorded something else than was signed');
  }
}

interface RecordedProps {
  readonly digest: string;
  readonly drafted: DraftedStatement;
  readonly decision: string;
}

function Recorded({ digest, drafted, decision }: RecordedProps) {
  const client = useQueryClient();
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    link.current?.focus();
    // Only now: a fresh verdict would end the ceremony before its outcome has been seen.
    void client.invalidateQueries({ queryKey: ['change', digest], refetchType: 'none' });
  }, [client, digest]);
  return (
    <div role="status">
      <Panel title={decision === 'approve' ? 'Approved' : 'Rejected'} tone="pass">
        <p style={{ marginTop: 0 }}>
          Your signature is recorded. Keep this digest if you keep a note of it:
        </p>
        <p>
          <Digest value={drafted.digest} of="the record's digest" isWhole />
        </p>
        <Link ref={link} to="/changes/$digest" params={{ digest }}>
          Back to the request
        </Link>
      </Panel>
    </div>
  );
}
