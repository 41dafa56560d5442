// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router';
import { Mark, type Tone } from '../../shell/mark.tsx';
import { Panel } from '../../shell/panel.tsx';
import { percent, shortFigure } from './column-rows.ts';
import type { Measures, Quality, ReadSnapshot, Represented } from './read-dataset.ts';

const TONES: { readonly [result in Quality['checks'][number]['result']]: Tone } = {
  pass: 'pass',
  warn: 'wait',
  fail: 'fail',
};

interface RecordedProps<Content> {
  readonly found: { readonly content: Content; readonly record: string } | undefined;
}

export function QualityPanel({ found }: RecordedProps<Quality>) {
  const checks = found?.content.checks ?? [];
  const open = checks.filter(({ result }) => result !== 'pass').length;
  return (
    <Panel title={`Quality checks (${checks.length}, ${open} to look at)`} id="quality">
      {checks.length === 0 ? (
        <p className="muted">
          No check is recorded. <code>quality:</code> in <code>countersign.yaml</code> declares
          them; the run measures them.
        </p>
      ) : (
        <table className="grid folds">
          <thead>
            <tr>
              <th scope="col">Check</th>
              <th scope="col">Measured</th>
              <th scope="col">Threshold</th>
              <th scope="col">Result</th>
            </tr>
          </thead>
          <tbody>
            {checks.map((one) => (
              <tr key={one.check}>
                <td className="wrap">{one.check}</td>
                <td data-label="Measured" className="wrap">
                  {one.value}
                </td>
                <td data-label="Threshold" className="wrap">
                  {one.threshold}
                </td>
                <td data-label="Result">
                  <Mark tone={TONES[one.result]} text={one.result} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <RecordLink record={found?.record} />
    </Panel>
  );
}

export function IndependencePanel({ pairs }: { readonly pairs: Measures['splitPairs'] }) {
  return (
    <Panel title="Independence of the splits" id="independence">
      {pairs.length === 0 ? (
        <p className="muted">One split, or a record of a release that did not measure it.</p>
      ) : (
        <table className="grid folds">
          <thead>
            <tr>
              <th scope="col">Splits</th>
              <th scope="col">Equal in every feature</th>
              <th scope="col">Shared units</th>
              <th scope="col">First later than second</th>
              <th scope="col">To ask about</th>
            </tr>
          </thead>
          <tbody>
            {pairs.map(({ first, second, equalFeatures, unit, time, warnings }) => (
              <tr key={`${first} ${second}`}>
                <td>
                  {first} and {second}
                </td>
                <td data-label="Equal in every feature">
                  {counted(equalFeatures?.secondRows, equalFeatures?.share)}
                </td>
                <td data-label="Shared units">{counted(unit?.shared)}</td>
                <td data-label="First later than second">
                  {counted(time?.laterRows, time?.share)}
                </td>
                <td data-label="To ask about" className="wrap">
                  {warnings.length === 0 ? (
                    <Mark tone="pass" text="nothing" />
                  ) : (
                    <Mark tone="wait" text={warnings.join('; ')} />
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function counted(count: number | undefined, share?: string): string {
  if (count === undefined) return 'not measured';
  return count === 0 || share === undefined
    ? count.toLocaleString()
    : `${count.toLocaleString()} (${percent(Number(share))})`;
}

export function WaterfallPanel({ snapshot }: { readonly snapshot: ReadSnapshot }) {
  const { rows, columns } = snapshot.exclusions;
  return (
    <Panel title="Exclusions" id="exclusions">
      {rows.length + columns.length === 0 ? (
        <p className="muted">No row was excluded and no column withheld.</p>
      ) : null}
      {rows.length === 0 ? null : (
        <table className="grid folds">
          <thead>
            <tr>
              <th scope="col">Rows where</th>
              <th scope="col">Reason</th>
              <th scope="col">Before</th>
              <th scope="col">Excluded</th>
              <th scope="col">After</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ where, reason, before, excluded, after }) => (
              <tr key={`${where} ${before}`}>
                <td className="wrap">
                  <code>{where}</code>
                </td>
                <td data-label="Reason" className="wrap">
                  {reason}
                </td>
                <td data-label="Before">{before.toLocaleString()}</td>
                <td data-label="Excluded">{excluded.toLocaleString()}</td>
                <td data-label="After">{after.toLocaleString()}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {columns.length === 0 ? null : (
        <ul className="plain">
          {columns.map(({ column, reason }) => (
            <li key={column}>
              <strong>{column}</strong> is withheld from steps: {reason}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

export function TotalsPanel({ snapshot }: { readonly snapshot: ReadSnapshot }) {
  const { controlTotals } = snapshot.source;
  return (
    <Panel title="Control totals against the source" id="totals">
      {controlTotals.length === 0 ? (
        <p className="muted">
          The source declares none. <code>source.control_totals</code> compares rows, sums and
          counts.
        </p>
      ) : (
        <table className="grid folds">
          <thead>
            <tr>
              <th scope="col">Total</th>
              <th scope="col">Declared</th>
              <th scope="col">Found</th>
              <th scope="col">Result</th>
            </tr>
          </thead>
          <tbody>
            {controlTotals.map(({ what, declared, found, agrees }) => (
              <tr key={what}>
                <td className="wrap">{what}</td>
                <td data-label="Declared">{declared}</td>
                <td data-label="Found">{found}</td>
                <td data-label="Result">
                  <Mark tone={agrees ? 'pass' : 'fail'} text={agrees ? 'agrees' : 'differs'} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

export function RepresentationPanel({ found }: RecordedProps<Represented>) {
  const groups = found?.content.groups ?? [];
  return (
    <Panel title="Representativeness" id="representativeness">
      {found === undefined ? (
        <p className="muted">No report is recorded.</p>
      ) : (
        <p>
          Declared population: {found.content.population.replace(/\.$/, '')}.{' '}
          {found.content.conclusion}
        </p>
      )}
      {groups.length === 0 ? null : (
        <table className="grid folds">
          <thead>
            <tr>
              <th scope="col">Group</th>
              <th scope="col">Rows</th>
              <th scope="col">Share</th>
              <th scope="col">Declared</th>
            </tr>
          </thead>
          <tbody>
            {groups.map(({ attribute, group, rows, share, declared }) => (
              <tr key={`${attribute} ${group}`}>
                <td>
                  {attribute}: {group}
                </td>
                <td data-label="Rows">{rows.toLocaleString()}</td>
                <td data-label="Share">{percent(Number(share))}</td>
                <td data-label="Declared">
                  {declared === undefined ? 'none' : percent(Number(declared))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <RecordLink record={found?.record} />
    </Panel>
  );
}

const LABEL_ROWS_MAX = 10;

export function LabelPanel({ label }: Pick<Measures, 'label'>) {
  if (label === null) return null;
  const rows = label.columns.slice(0, LABEL_ROWS_MAX);
  return (
    <Panel title={`What gives ${label.label} away`} id="label">
      <p className="small muted">
        Each column alone, on rows that steps may read. Told from Theil’s U{' '}
        {label.thresholds.theilsU} or an AUC of {label.thresholds.auc} on: such a column may be
        written after the outcome.
      </p>
      <table className="grid folds">
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">Theil’s U</th>
            <th scope="col">λ</th>
            <th scope="col">AUC alone</th>
            <th scope="col">Result</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ column, signal, theilsU, lambda, auc, warned }) => (
            <tr key={`${column} ${signal}`}>
              <td>
                {column}
                {signal === 'missing' ? <span className="muted">, its being missing</span> : null}
              </td>
              <td data-label="Theil’s U">{shortFigure(theilsU)}</td>
              <td data-label="λ">{shortFigure(lambda)}</td>
              <td data-label="AUC alone">{auc === null ? 'no order' : shortFigure(auc)}</td>
              <td data-label="Result">
                <Mark tone={warned ? 'wait' : 'pass'} text={warned ? 'ask why' : 'plausible'} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function RecordLink({ record }: { readonly record: string | undefined }) {
  if (record === undefined) return null;
  return (
    <p className="small muted">
      From record{' '}
      <Link to="/records/$digest" params={{ digest: record }} className="mono">
        {record.slice(0, 12)}
      </Link>
    </p>
  );
}
