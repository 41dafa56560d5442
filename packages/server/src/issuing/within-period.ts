// SPDX-License-Identifier: Apache-2.0
import type { RecordType } from '@countersign/kernel';
import type { DocumentInput } from '../dossier/index.ts';
import type { DocumentParams } from './document-kind.ts';

/** What happens again and again: of these a document about a period prints those of the period alone. */
const RECURRING: ReadonlySet<RecordType> = new Set<RecordType>([
  'monitoring-result',
  'outcomes-analysis',
  'outcome-record',
  'action-record',
  'override-record',
  'incident-record',
  'decision-log',
]);

/** All records without a period; with one, what recurs only where it falls into it. */
export function withinPeriod(
  records: DocumentInput['records'],
  { from, to }: Pick<DocumentParams, 'from' | 'to'>,
): DocumentInput['records'] {
  if (from === undefined && to === undefined) return records;
  return records.filter(({ statement: { predicate }, loggedAt }) => {
    if (!RECURRING.has(predicate.type)) return true;
    // A measured window counts by its own end; what names none, by when it was logged.
    const { window } = predicate.content;
    const named = typeof window === 'object' && window !== null && 'to' in window ? window.to : '';
    const at = typeof named === 'string' && named !== '' ? named : loggedAt;
    const isWindow = at === named;
    return (
      (from === undefined || (isWindow ? at > from : at >= from)) &&
      (to === undefined || (isWindow ? at <= to : at < to))
    );
  });
}
