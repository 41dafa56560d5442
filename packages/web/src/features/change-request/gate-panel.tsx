// SPDX-License-Identifier: Apache-2.0
import type { GateVerdict } from '@countersign/kernel';
import { Mark, type Tone } from '../../shell/mark.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Words } from '../../shell/words.tsx';

const TONES: { readonly [outcome in GateVerdict['conditions'][number]['outcome']]: Tone } = {
  pass: 'pass',
  excepted: 'wait',
  inconclusive: 'wait',
  fail: 'fail',
};

/** The verdict as computed here: what holds, what does not and why, and who must still sign. */
export function GatePanel({
  verdict,
  title = 'What the gates say',
}: {
  readonly verdict: GateVerdict;
  readonly title?: string;
}) {
  return (
    <Panel title={title}>
      <div className="stack">
        <div>
          {verdict.allowed ? (
            <Mark tone="pass" text="Nothing is missing" />
          ) : (
            <Mark tone="wait" text={`${verdict.missing.length} missing`} />
          )}
          {verdict.missing.length === 0 ? null : (
            <ul style={{ margin: '8px 0 0', paddingLeft: 22 }}>
              {verdict.missing.map((one) => (
                <li key={one} className="wrap">
                  <Words text={one} />
                </li>
              ))}
            </ul>
          )}
        </div>
        <Approvals approvals={verdict.approvals} />
        <Conditions conditions={verdict.conditions} />
      </div>
    </Panel>
  );
}

function Approvals({ approvals }: { readonly approvals: GateVerdict['approvals'] }) {
  if (approvals.length === 0) return <div className="muted">Policy asks for no approval here.</div>;
  return (
    <table className="grid folds">
      <caption>Approvals</caption>
      <thead>
        <tr>
          <th scope="col">Role</th>
          <th scope="col">Meaning</th>
          <th scope="col">Standing</th>
          <th scope="col">Signed by</th>
        </tr>
      </thead>
      <tbody>
        {approvals.map((one) => (
          <tr key={`${one.gate} ${one.role}`}>
            <td data-label="Role">{one.role}</td>
            <td data-label="Meaning">{one.meaning}</td>
            <td data-label="Standing">
              <Mark
                tone={one.given.length >= one.needed ? 'pass' : 'wait'}
                text={`${one.given.length} of ${one.needed}`}
              />
            </td>
            <td data-label="Signed by">
              {one.given.map(({ account }) => account).join(', ') || 'nobody yet'}
              {one.conflicts.map((conflict) => (
                <div key={conflict} className="small muted">
                  <Words text={conflict} />
                </div>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Conditions({ conditions }: { readonly conditions: GateVerdict['conditions'] }) {
  if (conditions.length === 0) return null;
  return (
    <table className="grid folds">
      <caption>Automatic conditions</caption>
      <thead>
        <tr>
          <th scope="col">Condition</th>
          <th scope="col">Outcome</th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody>
        {conditions.map(({ id, outcome, reasons }) => (
          <tr key={id}>
            <td data-label="Condition">{id}</td>
            <td data-label="Outcome">
              <Mark tone={TONES[outcome]} text={outcome} />
            </td>
            <td data-label={reasons.length === 0 ? undefined : 'Why'} className="wrap">
              {reasons.map((reason) => (
                <div key={reason}>
                  <Words text={reason} />
                </div>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
