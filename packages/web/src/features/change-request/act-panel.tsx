// SPDX-License-Identifier: Apache-2.0
import type { OpenRole } from '@countersign/kernel';
import { Link } from '@tanstack/react-router';
import { useMe } from '../../api/me.ts';
import type { VerifiedChange } from '../../crypto/verified-change.ts';
import { Command } from '../../shell/command.tsx';
import { LinkButton } from '../../shell/link-button.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Words } from '../../shell/words.tsx';
import { standingOf } from './standing-of-role.ts';

/** What the reader can do here, or why they cannot. */
export function ActPanel({ change }: { readonly change: VerifiedChange }) {
  const { account } = useMe();
  if (change.roles.length === 0) return null;
  return (
    <>
      {change.roles.map((role) => (
        <RolePanel key={role.role} change={change} role={role} account={account} />
      ))}
    </>
  );
}

interface RolePanelProps {
  readonly change: VerifiedChange;
  readonly role: OpenRole;
  readonly account: string;
}

function RolePanel({ change, role, account }: RolePanelProps) {
  const standing = standingOf(change, role, account);
  if (standing.kind === 'signed') {
    return (
      <Panel title={`You have signed as ${role.role}`} tone="pass">
        Your signature is in the log and listed below.
      </Panel>
    );
  }
  if (standing.kind !== 'open') {
    return (
      <Panel title={standing.title} tone="wait">
        <p style={{ margin: 0 }}>
          <Words text={standing.text} />
        </p>
        {standing.kind === 'no-passkey' ? (
          <p style={{ marginBottom: 0 }}>
            <Link to="/keys">Make a signing passkey</Link>, or sign with a key file on the command
            line: <ApproveCommand change={change} role={role} />
          </p>
        ) : null}
        {standing.kind === 'key-only' ? (
          <p style={{ marginBottom: 0 }}>
            <ApproveCommand change={change} role={role} />
          </p>
        ) : null}
      </Panel>
    );
  }
  const { digest } = change.review;
  return (
    <Panel title={`Your decision as ${role.role}`}>
      <p style={{ marginTop: 0 }}>
        Policy asks for your judgement on this: <strong>{role.meaning}</strong>. Read what is below;
        nothing is signed before you have seen the whole statement.
      </p>
      <div className="row">
        <LinkButton
          to="/changes/$digest/sign"
          params={{ digest }}
          search={{ decision: 'approve', role: role.role }}
        >
          Approve…
        </LinkButton>
        <LinkButton
          to="/changes/$digest/sign"
          params={{ digest }}
          search={{ decision: 'reject', role: role.role }}
          variant="default"
        >
          Reject…
        </LinkButton>
      </div>
    </Panel>
  );
}

/** What signs the same on the reader's own machine. */
export function ApproveCommand({ change, role }: Omit<RolePanelProps, 'account'>) {
  return (
    <Command
      text={`countersign approve ${change.review.digest.slice(0, 12)} --role ${role.role}`}
    />
  );
}
