// SPDX-License-Identifier: Apache-2.0
import type { Policy } from '@countersign/kernel';
import { Panel } from '../../shell/panel.tsx';

type TransitionRule = Policy['transitions']['staging'];
type When = TransitionRule['conditions'][number]['when'];

interface TransitionPanelProps {
  readonly to: string;
  readonly rule: TransitionRule;
}

export function TransitionPanel({ to, rule }: TransitionPanelProps) {
  const { high, medium, low } = rule.warrantDaysMax;
  return (
    <Panel title={`To ${to}`}>
      <div className="stack">
        <Approvals rule={rule} />
        <Conditions rule={rule} />
        <p style={{ margin: 0 }}>
          A warrant lasts {high} days at most at high tier, {medium} at medium, {low} at low.
        </p>
      </div>
    </Panel>
  );
}

function Approvals({ rule }: { readonly rule: TransitionRule }) {
  if (rule.approvals.length === 0) return <div className="muted">Nobody has to approve.</div>;
  return (
    <table className="grid folds">
      <caption>Approvals</caption>
      <thead>
        <tr>
          <th scope="col">Role</th>
          <th scope="col">Meaning</th>
          <th scope="col">When</th>
        </tr>
      </thead>
      <tbody>
        {rule.approvals.map((one) => (
          <tr key={JSON.stringify(one)}>
            <td>
              {one.count > 1 ? `${one.count} × ` : ''}
              {one.role}
            </td>
            <td data-label="Meaning">
              <span>
                {one.meaning}
                {one.signing === 'key' ? (
                  <span className="small muted"> (with a signing key, not a passkey)</span>
                ) : null}
              </span>
            </td>
            <td data-label="When">{whenText(one.when)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Conditions({ rule }: { readonly rule: TransitionRule }) {
  if (rule.conditions.length === 0) return <div className="muted">Nothing is judged.</div>;
  return (
    <table className="grid folds">
      <caption>Conditions that are judged</caption>
      <thead>
        <tr>
          <th scope="col">Condition</th>
          <th scope="col">Gate</th>
          <th scope="col">Judged</th>
          <th scope="col">When</th>
        </tr>
      </thead>
      <tbody>
        {rule.conditions.map((one) => (
          <tr key={JSON.stringify(one)}>
            <td>{one.id.replaceAll('-', ' ')}</td>
            <td data-label="Gate">{one.gate}</td>
            <td data-label="Judged">
              {one.at === 'submit' ? 'from submission on' : 'at promotion'}
            </td>
            <td data-label="When">{whenText(one.when)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Every member of a policy's `when` must match; its names are printed as they stand. */
function whenText(when: When): string {
  if (when === undefined) return 'always';
  return Object.entries(when)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(' or ') : String(value)}`)
    .join(', ');
}
