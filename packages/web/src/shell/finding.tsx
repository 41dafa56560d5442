// SPDX-License-Identifier: Apache-2.0
import { Link } from '@tanstack/react-router';
import { Mark } from './mark.tsx';
import { Time } from './time.tsx';

/** What a list shows of a finding, read from its record's content; what a record lacks is empty. */
export interface FindingShown {
  readonly id: string;
  readonly title: string;
  readonly severity: string;
  readonly status: string;
  readonly source: string;
  readonly owner: string;
  readonly due: string;
  readonly blocking: boolean;
}

export function findingOf(content: unknown): FindingShown {
  const held = (typeof content === 'object' && content !== null ? content : {}) as {
    readonly [name: string]: unknown;
  };
  const text = (name: string) => (typeof held[name] === 'string' ? held[name] : '');
  return {
    id: text('id'),
    title: text('title'),
    severity: text('severity'),
    status: text('status'),
    source: text('source'),
    owner: text('owner'),
    due: text('due'),
    blocking: held.blocking === true,
  };
}

interface FindingStatusProps {
  readonly status: string;
  /** As the server says it; the page knows no rule of its own for what counts as late. */
  readonly isOverdue?: boolean | undefined;
}

export function FindingStatus({ status, isOverdue = false }: FindingStatusProps) {
  if (isOverdue) return <Mark tone="fail" text={`${status}, overdue`} />;
  return <Mark tone={status === 'closed' ? 'pass' : 'wait'} text={status} />;
}

export function Due({ at }: { readonly at: string }) {
  if (at === '') return <span className="muted">no date</span>;
  return at.length === 10 ? <Day at={at} /> : <Time at={at} />;
}

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });

/** A day of the calendar, the same in every zone. */
export function Day({ at }: { readonly at: string }) {
  const moment = new Date(`${at}T00:00:00.000Z`);
  return <time dateTime={at}>{Number.isNaN(moment.getTime()) ? at : DAY.format(moment)}</time>;
}

interface FindingLineProps {
  readonly model: string;
  readonly finding: FindingShown;
  readonly isOverdue?: boolean | undefined;
}

export function FindingLine({ model, finding, isOverdue }: FindingLineProps) {
  return (
    <div className="row" style={{ justifyContent: 'space-between' }}>
      <div style={{ minWidth: 0, flex: '1 1 320px' }}>
        <Link to="/findings/$model/$id" params={{ model, id: finding.id }}>
          {finding.id}
        </Link>{' '}
        <strong className="wrap">{finding.title}</strong>
        <div className="small muted">
          {finding.severity} severity{finding.blocking ? ', blocks promotion' : ''}; with{' '}
          {finding.owner || 'nobody'}, due <Due at={finding.due} />
        </div>
      </div>
      <FindingStatus status={finding.status} isOverdue={isOverdue} />
    </div>
  );
}
