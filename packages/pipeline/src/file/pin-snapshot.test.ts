// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { parsePipelineFile } from './parse-pipeline-file.ts';
import { pinSnapshot } from './pin-snapshot.ts';

const snapshot = 'ab'.repeat(32);
const file = (from: string): string => `# ours
model: toy   # a toy
data:
  loans: # of the bank
    ${from}
    roles: { label: bad } # by hand

steps: { s: { run: "true", outputs: [out] } }
`;

describe('a data version in a pipeline file', () => {
  test.each([
    ['a map in one line', 'from: { path: old.csv } # till now', 'from: NEW # till now'],
    ['a map of lines', 'from:\n      path: old.csv # till now', 'from:\n      NEW # till now'],
    [
      'a query of several lines',
      'from:\n      postgres: core\n      query: |\n        SELECT 1\n          AS a\n    source: { system: s, owner: o, as_of: "2026-01-01" }',
      'from:\n      NEW\n    source: { system: s, owner: o, as_of: "2026-01-01" }',
    ],
    [
      'a list at its end',
      'from:\n      postgres: core\n      query: SELECT 1\n      order_by:\n        - a   # the key',
      'from:\n      NEW   # the key',
    ],
    ['an earlier version', `"from": {snapshot: "${'0'.repeat(64)}", file: x.csv}`, '"from": NEW'],
  ])('takes the place of %s, and not a byte changes elsewhere', (_what, before, after) => {
    const from = { snapshot, file: 'raw/é "1".csv' };
    const written = pinSnapshot(file(before), 'countersign.yaml', { dataset: 'loans', from });
    const flow = `{ snapshot: "${snapshot}", file: "raw/é \\"1\\".csv" }`;
    expect(written).toBe(file(after.replace('NEW', flow)));
    expect(parsePipelineFile(written).file.data?.loans?.from).toEqual(from);
  });

  test('is not written where it would not be taken, or no such dataset is declared', () => {
    const text = file('from: { path: old.csv }');
    const pin = (dataset: string, from: { snapshot: string; parts?: 'csv' }) => () =>
      pinSnapshot(text, 'countersign.yaml', { dataset, from });
    expect(pin('loans', { snapshot })).toThrow('a folder of files has no rows and columns');
    expect(pin('images', { snapshot, parts: 'csv' })).toThrow(
      `declares no dataset \`images\`; add it under \`data:\` with \`from: { snapshot: "${snapshot}", parts: csv }\``,
    );
  });
});
