// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { findingRows, shownFindings } from './finding-rows.ts';

const digest = 'a'.repeat(64);
const raisedAt = '2026-03-01T12:00:00.000Z';

function entry(
  id: string,
  content: object,
  said: { readonly daysOpen: number; readonly overdue: boolean },
) {
  return {
    id,
    model: 'credit',
    digest,
    content: { id, ...content },
    raisedAt,
    raisedBy: 'val',
    blocking: false,
    daysOverdue: said.overdue ? 4 : 0,
    history: [{ digest, status: 'open', actor: 'val', at: raisedAt }],
    ...said,
  };
}

const rows = findingRows([
  entry(
    'F-1',
    { status: 'open', severity: 'low', title: 'Drift' },
    { daysOpen: 10, overdue: true },
  ),
  entry('F-2', { status: 'closed', severity: 'high' }, { daysOpen: 3, overdue: false }),
  entry('F-3', { status: 'responded', severity: 'high' }, { daysOpen: 10, overdue: false }),
]);
const ids = (search: Parameters<typeof shownFindings>[1]) =>
  shownFindings(rows, search).map(({ id }) => id);

test('the register shows what is not closed unless asked otherwise, the oldest first', () => {
  expect(ids({})).toEqual(['F-1', 'F-3']);
  expect(ids({ state: 'closed' })).toEqual(['F-2']);
  expect(ids({ state: 'overdue' })).toEqual(['F-1']);
  expect(ids({ state: 'all', severity: 'high' })).toEqual(['F-3', 'F-2']);
  expect(ids({ state: 'all', sort: 'severity' })).toEqual(['F-2', 'F-3', 'F-1']);
});

test('words are looked for in title, id, owner and model, each of them', () => {
  expect(ids({ q: 'drift credit' })).toEqual(['F-1']);
  expect(ids({ q: 'drift debit' })).toEqual([]);
});
