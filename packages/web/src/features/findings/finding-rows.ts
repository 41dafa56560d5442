// SPDX-License-Identifier: Apache-2.0
import type { FindingsReply } from '@countersign/contract';
import { z } from 'zod';
import { type FindingShown, findingOf } from '../../shell/finding.tsx';

type Entry = FindingsReply['findings'][number];

export interface FindingRow extends FindingShown {
  readonly digest: string;
  readonly model: string;
  readonly about: string;
  readonly raisedAt: string;
  /** Whole days since it was raised; of a closed one until it was closed. */
  readonly ageDays: number;
  readonly overdue: boolean;
  readonly daysOverdue: number;
  readonly steps: number;
}

const text = z
  .union([z.string(), z.number().transform(String)])
  .optional()
  .catch(undefined);

/** What the register shows, as its address says it. */
export const FindingsSearch = z.object({
  model: text,
  q: text,
  severity: z.enum(['high', 'medium', 'low']).optional().catch(undefined),
  source: text,
  /** Those that are not closed unless it says otherwise. */
  state: z.enum(['overdue', 'closed', 'all']).optional().catch(undefined),
  sort: text,
});
export type FindingsSearch = z.infer<typeof FindingsSearch>;

export function findingRows(entries: readonly Entry[]): readonly FindingRow[] {
  return entries.map((entry) => {
    const { digest, model, use, version, raisedAt, overdue, daysOverdue, blocking } = entry;
    return {
      ...findingOf(entry.content),
      digest,
      model,
      raisedAt,
      overdue,
      daysOverdue,
      blocking,
      ageDays: entry.daysOpen,
      steps: entry.history.length,
      about: `${model}${version === undefined ? '' : `@${version}`}${use === undefined ? '' : ` for ${use}`}`,
    };
  });
}

export function shownFindings(
  rows: readonly FindingRow[],
  search: FindingsSearch,
): readonly FindingRow[] {
  const words = search.q?.toLowerCase().split(/\s+/).filter(Boolean) ?? [];
  const kept = rows.filter(
    (row) =>
      (search.model === undefined || row.model === search.model) &&
      (search.severity === undefined || row.severity === search.severity) &&
      (search.source === undefined || row.source === search.source) &&
      isInState(row, search.state) &&
      words.every((word) => wordsOf(row).includes(word)),
  );
  return kept.toSorted(orderOf(search.sort ?? '-age'));
}

function isInState(row: FindingRow, state: FindingsSearch['state']): boolean {
  if (state === 'all') return true;
  if (state === 'overdue') return row.overdue;
  return (row.status === 'closed') === (state === 'closed');
}

function wordsOf({ id, title, owner, about }: FindingRow): string {
  return [id, title, owner, about].join('\n').toLowerCase();
}

const SEVERITIES = ['high', 'medium', 'low'];
const { compare } = new Intl.Collator(undefined, { numeric: true });

const ORDERS: { readonly [column: string]: (a: FindingRow, b: FindingRow) => number } = {
  finding: (a, b) => compare(`${a.model} ${a.id}`, `${b.model} ${b.id}`),
  severity: (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity),
  owner: (a, b) => compare(a.owner, b.owner),
  due: (a, b) => compare(a.due, b.due),
  age: (a, b) => a.ageDays - b.ageDays,
};

function orderOf(sort: string): (a: FindingRow, b: FindingRow) => number {
  const isDown = sort.startsWith('-');
  const order = ORDERS[isDown ? sort.slice(1) : sort] ?? (() => 0);
  return (a, b) => (isDown ? -1 : 1) * order(a, b) || compare(a.id, b.id);
}
