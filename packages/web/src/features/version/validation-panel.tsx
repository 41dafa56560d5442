// SPDX-License-Identifier: Apache-2.0
import type { HeldBackFacts, ReplicatedFacts, ValidationFacts } from '@countersign/kernel';
import { Link } from '@tanstack/react-router';
import { Mark, type Tone } from '../../shell/mark.tsx';
import { Panel } from '../../shell/panel.tsx';

const TONES: Readonly<Record<string, Tone>> = { pass: 'pass', fail: 'fail', inconclusive: 'wait' };

/** More figures than anybody reads at once; mismatches are always among those shown. */
const SHOWN_MAX = 12;

/** The validator's own measurements, from verified records: what was replicated, and how often which rows were looked at. */
export function ValidationPanel({ facts }: { readonly facts: ValidationFacts | undefined }) {
  if (facts === undefined) return null;
  const { replication, heldBack } = facts;
  if (replication === undefined && heldBack.length === 0) return null;
  return (
    <Panel title="Validation">
      <div className="stack">
        {heldBack.length === 0 ? null : <HeldBackTable rows={heldBack} />}
        {heldBack
          .filter(({ suppliedBy }) => suppliedBy !== '')
          .map((one) => (
            <Custody key={one.record} of={one} />
          ))}
        {replication === undefined ? null : <Replication of={replication} />}
      </div>
    </Panel>
  );
}

function RecordLink({ digest }: { readonly digest: string }) {
  return (
    <Link to="/records/$digest" params={{ digest }} className="mono">
      {digest.slice(0, 8)}
    </Link>
  );
}

function HeldBackTable({ rows }: { readonly rows: readonly HeldBackFacts[] }) {
  return (
    <table className="grid folds">
      <caption>Rows that only a validator measured on, and how often they were looked at</caption>
      <thead>
        <tr>
          <th scope="col">Rows</th>
          <th scope="col" className="number">
            Looks
          </th>
          <th scope="col">Plan</th>
          <th scope="col">Result</th>
          <th scope="col">Record</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((one) => (
          <tr key={one.record}>
            <td className="wrap">
              {one.rows}: {one.data}
            </td>
            <td data-label="Looks" className="number">
              {one.look}
              {one.limit === '' ? '' : ` of ${one.limit}`}
              {one.plans === '' ? '' : `, ${one.plans} plans`}
            </td>
            <td data-label="Plan" className="wrap">
              {one.planAfterFirstLook ? 'signed after the first look' : 'signed before any look'}
            </td>
            <td data-label="Result">
              <Mark tone={TONES[one.conclusion] ?? 'none'} text={one.conclusion} />
            </td>
            <td data-label="Record">
              <RecordLink digest={one.record} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Custody({ of }: { readonly of: HeldBackFacts }) {
  return (
    <details>
      <summary>Who had the rows that {of.suppliedBy} brought</summary>
      <ul>
        {of.shown.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
      <div className="muted">Not shown:</div>
      <ul>
        {of.notShown.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </details>
  );
}

function Replication({ of }: { readonly of: NonNullable<ValidationFacts['replication']> }) {
  const { figures, notReplicated, record } = of;
  const agreeing = figures.filter(({ agrees }) => agrees);
  const mismatches = figures.filter(({ agrees }) => !agrees);
  const ordered = [...mismatches, ...agreeing];
  const shown = ordered.slice(0, Math.max(SHOWN_MAX, mismatches.length));
  const rest = ordered.slice(shown.length);
  return (
    <div>
      <div className="row">
        <Mark
          tone={TONES[of.conclusion] ?? 'none'}
          text={`${agreeing.length} of ${figures.length} figures of the developer agree`}
        />
        <RecordLink digest={record} />
      </div>
      <Figures caption="Replicated figures" lines={shown} />
      {rest.length === 0 ? null : (
        <details>
          <summary>{rest.length} more that agree</summary>
          <Figures caption="Replicated figures, continued" lines={rest} />
        </details>
      )}
      {notReplicated.length === 0 ? null : (
        <ul>
          {notReplicated.map((text) => (
            <li key={text}>not replicated: {text}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Figures({
  caption,
  lines,
}: {
  readonly caption: string;
  readonly lines: readonly ReplicatedFacts[];
}) {
  return (
    <table className="grid folds figures">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Figure</th>
          <th scope="col">Of</th>
          <th scope="col" className="number">
            Developer
          </th>
          <th scope="col" className="number">
            Replicated
          </th>
          <th scope="col" className="number">
            Tolerance
          </th>
          <th scope="col">Agrees</th>
        </tr>
      </thead>
      <tbody>
        {lines.map((one, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: figures of one name may stand in one report
          <tr key={`${one.report} ${one.figure} ${at}`}>
            <td className="wrap">{one.figure}</td>
            <td data-label="Of" className="wrap">
              {one.report}
            </td>
            <td data-label="Developer" className="number">
              {shown(one.developer)}
            </td>
            <td data-label="Replicated" className="number">
              {one.replicated === '' ? 'not measured' : shown(one.replicated)}
            </td>
            <td data-label="Tolerance" className="number">
              {one.tolerance}
            </td>
            <td data-label="Agrees">
              <Mark tone={one.agrees ? 'pass' : 'fail'} text={one.agrees ? 'match' : 'mismatch'} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const DIGITS = 4;

/** For reading; the record has twelve digits. */
function shown(text: string): string {
  const value = Number(text);
  return Number.isFinite(value) && text !== '' ? String(Number(value.toPrecision(DIGITS))) : text;
}
