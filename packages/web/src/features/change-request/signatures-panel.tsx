// SPDX-License-Identifier: Apache-2.0
import type { SignatureLine } from '../../crypto/verified-change.ts';
import { Digest } from '../../shell/digest.tsx';
import { Mark } from '../../shell/mark.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Time } from '../../shell/time.tsx';
import { Words } from '../../shell/words.tsx';

/** The electronic signatures on this request: printed name, meaning and time of each (21 CFR 11.50). */
export function SignaturesPanel({ signatures }: { readonly signatures: readonly SignatureLine[] }) {
  return (
    <Panel title="Signatures">
      {signatures.length === 0 ? (
        <div className="muted">Nobody has signed this request yet.</div>
      ) : (
        <ul className="rows">
          {signatures.map((one) => (
            <li key={one.digest}>
              <Signature one={one} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Signature({ one }: { readonly one: SignatureLine }) {
  const counts = one.decision === 'approve' && one.refused === undefined;
  return (
    <div className="tight">
      <div className="row" style={{ justifyContent: 'space-between' }}>
        <strong>
          {one.printedName} <span className="muted">as {one.role}</span>
        </strong>
        {one.decision === 'reject' ? (
          <Mark tone="fail" text="rejected" />
        ) : (
          <Mark tone={counts ? 'pass' : 'wait'} text={counts ? 'approved' : 'does not count'} />
        )}
      </div>
      <p className="statement">{one.statement}</p>
      <div className="small muted">
        Meaning: {one.meaning}. Signed <Time at={one.claimedAt} />, in the log{' '}
        <Time at={one.loggedAt} />, by {one.by === 'passkey' ? 'passkey' : 'signing key'}.
      </div>
      {one.refused === undefined ? null : (
        <div>
          <Words text={one.refused} />
        </div>
      )}
      <Digest value={one.digest} of={`the digest of the record signed by ${one.printedName}`} />
    </div>
  );
}
