// SPDX-License-Identifier: Apache-2.0
import type { EnrolmentRequest } from '@countersign/contract';
import { Button, CopyButton } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useMe } from '../../api/me.ts';
import { ownEnrolmentsQuery } from '../../api/pending.ts';
import { useTrustedRoot } from '../../api/use-trusted-root.ts';
import { makeSigningPasskey } from '../../crypto/make-signing-passkey.ts';
import { type Pending, readPending } from '../../crypto/read-pending.ts';
import { Digest } from '../../shell/digest.tsx';
import { Facts } from '../../shell/facts.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Problem } from '../../shell/states.tsx';
import { dropRequest, keepRequest, keptRequest, requestText } from './kept-request.ts';

/** Makes a signing passkey and hands out the request that administrators enrol it by. */
export function NewKeyPanel() {
  const me = useMe();
  const { trusted } = useTrustedRoot();
  const [request, setRequest] = useState(() => keptRequest(localStorage, me.account));
  const make = useMutation({
    mutationFn: () => makeSigningPasskey({ ...me, founding: trusted.root }),
    onSuccess: (made) => {
      keepRequest(localStorage, made);
      setRequest(made);
    },
  });
  const pending = useQuery(ownEnrolmentsQuery).data?.records ?? [];
  const isEnrolled = me.keys.some(({ keyid }) => keyid === request?.key.keyid);
  if (request !== undefined && !isEnrolled) {
    return (
      <RequestPanel
        request={request}
        isProposed={pending.some((one) => enrolsKey(one, request.key.keyid, trusted.root))}
        onDiscard={() => {
          dropRequest(localStorage, me.account);
          setRequest(undefined);
        }}
      />
    );
  }
  return (
    <Panel title="Make a signing passkey">
      <p style={{ marginTop: 0 }}>
        A passkey for signing records, apart from the one that signs you in. The private key never
        leaves your authenticator; each signature asks for your fingerprint, face or PIN.
      </p>
      {make.error === null ? null : <Problem error={make.error} />}
      <Button loading={make.isPending} onClick={() => make.mutate()}>
        Make a signing passkey
      </Button>
      <p className="small muted" style={{ marginBottom: 0 }}>
        For a key file on your own machine instead: <code>countersign keys new</code>
      </p>
    </Panel>
  );
}

interface RequestPanelProps {
  readonly request: EnrolmentRequest;
  /** An administrator has made an enrolment of it: nothing is left to hand over. */
  readonly isProposed: boolean;
  readonly onDiscard: () => void;
}

function enrolsKey(pending: Pending, keyid: string, root: string): boolean {
  try {
    return readPending(pending, root).enrolment?.entry.key.keyid === keyid;
  } catch {
    return false; // reported where it is listed
  }
}

function RequestPanel({ request, isProposed, onDiscard }: RequestPanelProps) {
  const text = requestText(request);
  if (isProposed) {
    return (
      <Panel title="Your new passkey is not enrolled yet">
        An administrator has proposed its enrolment: it is listed above, with who must still sign.
      </Panel>
    );
  }
  return (
    <Panel title="Your new passkey is not enrolled yet" tone="wait">
      <p style={{ marginTop: 0 }}>
        Hand this request to an administrator, in person or by a way on which they can tell that it
        comes from you. They propose the enrolment; it then appears here for you to accept.
      </p>
      <Facts
        facts={[
          ['Key', <Digest key="k" value={request.key.keyid} of="the key id" isWhole />],
          ['Account', request.account],
          ['Address', request.key.webauthn?.origins.join(', ')],
        ]}
      />
      <div className="row" style={{ marginTop: 16 }}>
        <Button
          component="a"
          href={`data:application/json;charset=utf-8,${encodeURIComponent(text)}`}
          download={`enrolment-${request.account}.json`}
        >
          Download the enrolment request
        </Button>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy it'}
            </Button>
          )}
        </CopyButton>
        <Button variant="subtle" color="red" onClick={onDiscard}>
          Discard
        </Button>
      </div>
      <p className="small muted" style={{ marginBottom: 0 }}>
        Administrators who work on the command line:{' '}
        <code className="wrap">
          countersign keys enrol {request.account} --role ROLE --request enrolment-{request.account}
          .json
        </code>
      </p>
    </Panel>
  );
}
