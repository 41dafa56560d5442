// SPDX-License-Identifier: Apache-2.0
import type { ChangeSummary, ChangeVerdict } from '@countersign/kernel';
import { expect, test } from 'vitest';
import { describeChanges } from './describe-changes.ts';

const RECORD = 'ab'.repeat(32);
const VERDICT: ChangeVerdict = {
  materiality: 'minor',
  class: 'standard',
  against: { version: 1, warrant: RECORD },
  reasons: [{ materiality: 'minor', reason: 'data\u001b[2J changed', records: [RECORD] }],
  refusals: [],
};
const SUMMARY: ChangeSummary = {
  aspects: [],
  parameters: [],
  data: [
    {
      ...{ dataset: 'applications', split: 'all', rowsBefore: 3000, rowsAfter: 2800 },
      ...{ columnsAdded: ['age'], columnsDropped: [], columnsRetyped: ['income: text to number'] },
    },
  ],
  metrics: [
    { id: 'auc', before: '0.78', after: '0.79' },
    { id: 'auc/region=north', before: '0.7', after: '0.6' },
  ],
  comparison: {
    record: RECORD,
    figures: [{ id: 'swap_set_share', value: '0.05', n: 100, events: 5 }],
    detail: {
      code: {
        commitsBetween: 2,
        filesChanged: 1,
        files: [{ path: 'train.py', added: 3, removed: 1 }],
      },
    },
  },
};

test('says how much changed against which version, with the records that show it', () => {
  const lines = describeChanges(VERDICT, SUMMARY).map((line) => line.replaceAll(/ +/g, ' '));
  expect(lines).toEqual(
    expect.arrayContaining([
      'change minor, class standard',
      'against @1',
      'applications.all 3000 2800 +age income: text to number',
      'auc 0.78 0.79',
      'swap_set_share 0.05 5 of 100',
      'code: 2 commits, 1 files lines',
      'train.py +3 -1',
    ]),
  );
  expect(lines.join('\n')).not.toContain('north');
});

test('a reason cannot move the cursor of who reads it', () => {
  const lines = describeChanges(VERDICT, SUMMARY);
  expect(lines.join('\n')).not.toContain('\u001b');
  expect(lines.some((line) => line.includes('[abababababab]'))).toBe(true);
});
