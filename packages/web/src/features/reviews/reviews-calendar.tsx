// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router';
import { Panel } from '../../shell/panel.tsx';
import { dayOf, neighbour, weeksOf } from './month.ts';
import { type Review, ReviewsList } from './reviews-list.tsx';

const MONTH = new Intl.DateTimeFormat(undefined, {
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
});
const WEEKDAY = new Intl.DateTimeFormat(undefined, { weekday: 'short', timeZone: 'UTC' });

interface ReviewsCalendarProps {
  readonly reviews: readonly Review[];
  readonly month: string;
}

export function ReviewsCalendar({ reviews, month }: ReviewsCalendarProps) {
  const weeks = weeksOf(month);
  const dueOn = Map.groupBy(reviews, ({ due }) => (due === undefined ? '' : dayOf(due)));
  const inMonth = reviews.filter(({ due }) => due !== undefined && dayOf(due).startsWith(month));
  return (
    <>
      <Panel title={MONTH.format(new Date(`${month}-01T00:00:00.000Z`))}>
        <nav className="row" aria-label="Months" style={{ marginBottom: 10 }}>
          <MonthLink month={neighbour(month, -1)}>Earlier</MonthLink>
          <MonthLink month={neighbour(month, 1)}>Later</MonthLink>
        </nav>
        <table className="calendar">
          <thead>
            <tr>
              {weeks[0]?.map(({ day }) => (
                <th key={day} scope="col">
                  {WEEKDAY.format(new Date(`${day}T00:00:00.000Z`))}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {weeks.map((week) => (
              <tr key={week[0]?.day}>
                {week.map(({ day, isInMonth }) => (
                  <td key={day} data-outside={!isInMonth}>
                    <time dateTime={day}>{Number(day.slice(8))}</time>
                    <DueThen reviews={dueOn.get(day) ?? []} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
      {inMonth.length === 0 ? (
        <div className="muted">No review falls due in this month.</div>
      ) : (
        <ReviewsList reviews={inMonth} />
      )}
    </>
  );
}

function MonthLink({ month, children }: { readonly month: string; readonly children: string }) {
  return (
    <Link to="/reviews" search={{ view: 'calendar', month }} resetScroll={false}>
      {children}
    </Link>
  );
}

/** More in one day are counted, and stand in the list below. */
const SHOWN_MAX = 3;

function DueThen({ reviews }: { readonly reviews: readonly Review[] }) {
  return (
    <>
      {reviews.slice(0, SHOWN_MAX).map(({ model, use, state }) => (
        <div key={`${model} ${use}`} className="due" data-late={state === 'overdue'}>
          <Link to="/models/$model" params={{ model }}>
            {model}
          </Link>
        </div>
      ))}
      {reviews.length > SHOWN_MAX ? (
        <div className="small muted">{reviews.length - SHOWN_MAX} more</div>
      ) : null}
    </>
  );
}
