// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router';
import type { MeasuredLine } from '../../crypto/verified-records.ts';
import { Mark, type Tone } from '../../shell/mark.tsx';
import { Panel } from '../../shell/panel.tsx';

const TONES: { readonly [verdict in MeasuredLine['verdict']]: Tone } = {
  pass: 'pass',
  fail: 'fail',
  inconclusive: 'wait',
  'too-few': 'wait',
  informational: 'none',
};

/** More of one report than anybody reads at once; the rest is behind a line to press. */
const SHOWN_MAX = 12;

/** Figures as their signed reports hold them, read from the verified records and not from the server's answer. */
export function MetricsPanel({
  measured,
}: {
  readonly measured: readonly MeasuredLine[] | undefined;
}) {
  if (measured === undefined) return null;
  const reports = [...new Set(measured.map(({ report }) => report))];
  return (
    <Panel title="Metrics">
      {measured.length === 0 ? (
        <div className="muted">
          Nothing is measured yet. <code>countersign run</code> tests by the plan in{' '}
          <code>countersign.yaml</code> and records every figure.
        </div>
      ) : (
        <div className="stack">
          {reports.map((report) => (
            <Report
              key={report}
              title={report}
              lines={measured.filter((one) => one.report === report)}
            />
          ))}
        </div>
      )}
    </Panel>
  );
}

function Report({
  title,
  lines,
}: {
  readonly title: string;
  readonly lines: readonly MeasuredLine[];
}) {
  const rest = lines.slice(SHOWN_MAX);
  return (
    <div>
      <Figures caption={title.replaceAll('-', ' ')} lines={lines.slice(0, SHOWN_MAX)} />
      {rest.length === 0 ? null : (
        <details>
          <summary>{rest.length} more</summary>
          <Figures caption={`${title.replaceAll('-', ' ')}, continued`} lines={rest} />
        </details>
      )}
    </div>
  );
}

function Figures({
  caption,
  lines,
}: {
  readonly caption: string;
  readonly lines: readonly MeasuredLine[];
}) {
  return (
    <table className="grid folds figures">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Metric</th>
          <th scope="col" className="number">
            Value
          </th>
          <th scope="col">Limit</th>
          <th scope="col">Verdict</th>
          <th scope="col">Record</th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr key={`${line.record} ${line.metric}`}>
            <td className="wrap">{line.metric}</td>
            <td data-label="Value" className="number">
              {line.value}
            </td>
            <td data-label="Limit">{line.limit}</td>
            <td data-label="Verdict">
              <Mark tone={TONES[line.verdict]} text={line.verdict} />
            </td>
            <td data-label="Record">
              <Link to="/records/$digest" params={{ digest: line.record }} className="mono">
                {line.record.slice(0, 8)}
              </Link>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
