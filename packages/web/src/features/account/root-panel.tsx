// SPDX-License-Identifier: Apache-2.0
import { isDigest } from '@countersign/kernel';
import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTrustedRoot } from '../../api/use-trusted-root.ts';
import { keepRoot } from '../../crypto/trusted-root.ts';
import { Digest } from '../../shell/digest.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Time } from '../../shell/time.tsx';

/** The one thing this browser trusts, whole, to be compared with what the firm handed out. */
export function RootPanel() {
  const standing = useTrustedRoot();
  const { root, since } = standing.trusted;
  const isChanged = standing.standing === 'changed';
  return (
    <Panel title="Founding record" tone={isChanged ? 'fail' : undefined}>
      <p style={{ marginTop: 0 }}>
        This browser verifies every change request against it. Compare it once with the digest that
        your firm handed out on paper: the first time, it was taken from the server.
      </p>
      <p>
        <Digest value={root} of="the founding digest" isWhole />
      </p>
      <p className="muted">
        Kept since <Time at={since} />.
      </p>
      {isChanged ? <Changed told={standing.told} /> : null}
    </Panel>
  );
}

function Changed({ told }: { readonly told: string }) {
  const [typed, setTyped] = useState('');
  const digest = typed.trim().toLowerCase();
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        keepRoot(localStorage, { root: digest, since: new Date().toISOString() });
        location.reload();
      }}
    >
      <strong>
        The server now names another founding record ({told.slice(0, 12)}…). Nothing is verified or
        signed here until that is cleared up.
      </strong>
      <TextInput
        label="The firm’s founding digest"
        description="Only from paper or another source that is not this server."
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <div>
        <Button type="submit" variant="default" disabled={!isDigest(digest)}>
          Keep this one from now on
        </Button>
      </div>
    </form>
  );
}
