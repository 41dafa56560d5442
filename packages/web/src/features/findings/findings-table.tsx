// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router';
import { Due, FindingStatus } from '../../shell/finding.tsx';
import { SortableHead } from '../../shell/sortable-head.tsx';
import type { FindingRow } from './finding-rows.ts';

interface FindingsTableProps {
  readonly rows: readonly FindingRow[];
  readonly sort: string;
  readonly onSort: (sort: string) => void;
}

export function FindingsTable({ rows, sort, onSort }: FindingsTableProps) {
  const order = { id: sort.replace(/^-/, ''), desc: sort.startsWith('-') };
  const head = (id: string, label: string) => (
    <SortableHead id={id} label={label} sort={order} onSort={onSort} />
  );
  return (
    <table className="grid folds">
      <thead>
        <tr>
          {head('finding', 'Finding')}
          {head('severity', 'Severity')}
          <th scope="col">State</th>
          {head('owner', 'Owner')}
          {head('due', 'Due')}
          {head('age', 'Age')}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Finding key={`${row.model} ${row.id}`} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function Finding({ row }: { readonly row: FindingRow }) {
  return (
    <tr>
      <td>
        <Link to="/findings/$model/$id" params={{ model: row.model, id: row.id }}>
          {row.id}
        </Link>{' '}
        <span className="wrap">{row.title}</span>
        <div className="small muted">
          <Link to="/models/$model" params={{ model: row.model }}>
            {row.about}
          </Link>
          , from {row.source}
          {row.steps > 1 ? `, ${row.steps} steps` : ''}
        </div>
      </td>
      <td data-label="Severity">
        <span>
          {row.severity}
          {row.blocking ? <span className="small muted">, blocks</span> : null}
        </span>
      </td>
      <td data-label="State">
        <FindingStatus status={row.status} isOverdue={row.overdue} />
      </td>
      <td data-label="Owner">{row.owner || <span className="muted">nobody</span>}</td>
      <td data-label="Due">
        <span>
          <Due at={row.due} />
          {row.overdue ? <span className="small muted">, {row.daysOverdue} days late</span> : null}
        </span>
      </td>
      <td data-label="Age">
        {row.ageDays} {row.ageDays === 1 ? 'day' : 'days'}
      </td>
    </tr>
  );
}
