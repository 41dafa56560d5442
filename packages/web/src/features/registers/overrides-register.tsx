// SPDX-License-Identifier: Apache-2.0
import type { OverridesReply } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { overridesQuery } from '../../api/registers.ts';
import type { DataColumn } from '../../shell/data-table.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Answered } from './answered.tsx';
import { RegisterTable } from './register-table.tsx';

type Count = OverridesReply['counts'][number];

const columns: readonly DataColumn<Count>[] = [
  { id: 'month', label: 'Month', value: ({ month }) => month },
  {
    id: 'reason',
    label: 'Reason',
    value: ({ reason }) => reason,
    show: ({ reason }) => reason || <span className="muted">none given</span>,
  },
  { id: 'overrides', label: 'Overrides', value: ({ overrides }) => overrides, isNumber: true },
];

export function OverridesRegister() {
  return (
    <Answered of={useQuery(overridesQuery)}>
      {(data) => (
        <>
          {data.counts.length === 0 ? null : <Trend {...data} />}
          <RegisterTable
            thing="row"
            rows={data.counts}
            columns={columns}
            keyOf={({ month, reason }) => `${month} ${reason}`}
            filters={[]}
            sort="-month"
            empty={{
              title: 'Nobody has acted against an answer',
              body: (
                <p>
                  What the firm did with each answer is taken in with{' '}
                  <code>countersign actions MODEL --input actions.csv</code>; a row that differs
                  from the answer counts here, with its reason.
                </p>
              ),
            }}
          />
        </>
      )}
    </Answered>
  );
}

/** Share of actions that went against the answer, month by month. A rate that climbs points at the model. */
function Trend({ counts, actions }: OverridesReply) {
  const months = [...actions].sort((a, b) => (a.month < b.month ? -1 : 1));
  const rates = months.map(({ month, actions: all }) => {
    const against = counts
      .filter((one) => one.month === month)
      .reduce((sum, { overrides }) => sum + overrides, 0);
    return { month, all, against, rate: all === 0 ? 0 : against / all };
  });
  const most = Math.max(...rates.map(({ rate }) => rate), 0.0001);
  return (
    <Panel title="Overrides as a share of actions">
      <table className="bars">
        <tbody>
          {rates.map(({ month, all, against, rate }) => (
            <tr key={month}>
              <th scope="row">{month}</th>
              <td className="number">{(rate * 100).toFixed(1)} %</td>
              <td className="bar" aria-hidden>
                <span style={{ width: `${(rate / most) * 100}%` }} />
              </td>
              <td className="small muted">
                {against} of {all}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
