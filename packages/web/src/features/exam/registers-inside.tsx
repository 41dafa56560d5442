// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Panel } from '../../shell/panel.tsx';
import type { ExamAsked } from './exam-search.ts';

interface Inside {
  readonly file: string;
  readonly what: string;
  readonly here?: ReactNode;
}

/** The registers of a package with where the same stands on these pages, as known now. */
export function RegistersInside({ asked: { date, from, to } }: { readonly asked: ExamAsked }) {
  const state: readonly Inside[] = [
    {
      file: 'inventory.json',
      what: 'Every model with its entry, tiers, scope per framework and stages',
      here: (
        <Link to="/as-of" search={{ date }}>
          as of {date}
        </Link>
      ),
    },
    { file: 'validation-index.json', what: 'Every validation, and the warrants given on it' },
    {
      file: 'findings.json',
      what: 'Findings with their history and ageing',
      here: (
        <Link to="/findings" search={{ state: 'all' }}>
          findings
        </Link>
      ),
    },
    {
      file: 'exceptions.json',
      what: 'Exceptions, waivers, provisional uses',
      here: register('exceptions'),
    },
    { file: 'overlays.json', what: 'Standing adjustments', here: register('overlays') },
    { file: 'overrides.json', what: 'Single overrides', here: register('overrides') },
    {
      file: 'reviews.json',
      what: 'When each use is reviewed',
      here: <Link to="/reviews">reviews</Link>,
    },
    {
      file: 'policies.json',
      what: 'Every version of every policy, with when it was in force',
      here: <Link to="/policy">policy</Link>,
    },
    {
      file: 'committee-decisions.json',
      what: 'Attendance, votes, dissent, minutes',
      here: register('committees'),
    },
    {
      file: 'roles-and-keys.json',
      what: 'Who held which role by which key',
      here: <Link to="/people">people</Link>,
    },
  ];
  const period: readonly Inside[] = [
    {
      file: 'change-population.json',
      what: 'Every change, with proof that none is missing (SOC 2 CC8.1)',
      here: <Link to="/changes">change requests</Link>,
    },
    {
      file: 'cm-2 to cm-8',
      what: 'Baseline, change control, impact, access, settings, components (NIST SP 800-53)',
    },
    {
      file: 'posture-MONTH-ENVIRONMENT.json',
      what: 'How each month ended, for continuous monitoring',
    },
  ];
  return (
    <Panel title="What is inside">
      <InsideTable title={`At the end of ${date}`} entries={state} />
      <InsideTable title={`From ${from} to ${to}`} entries={period} />
      <p className="muted" style={{ marginBottom: 0 }}>
        Beside the registers lie the records that they follow from and the hash of every entry of
        the log: the reader computes each register again and proves that no change of the period was
        left out.
      </p>
    </Panel>
  );
}

function register(id: string) {
  return (
    <Link to="/registers/$register" params={{ register: id }}>
      {id}
    </Link>
  );
}

function InsideTable({
  title,
  entries,
}: {
  readonly title: string;
  readonly entries: readonly Inside[];
}) {
  return (
    <table className="grid folds inside">
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">In the package</th>
          <th scope="col">Here, now</th>
        </tr>
      </thead>
      <tbody>
        {entries.map(({ file, what, here }) => (
          <tr key={file}>
            <td>{what}</td>
            <td data-label="In the package" className="mono wrap">
              <span>{file}</span>
            </td>
            <td data-label="Here, now">{here === undefined ? null : <span>{here}</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
