// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { parsePipelineFile } from './parse-pipeline-file.ts';

const withData = (from: string) =>
  `model: toy\ndata:\n  d:\n    from: ${from}\nsteps: { s: { run: ls, outputs: [x] } }\n`;

test('a table is named by its address and version, and what a reference needs by its lease', () => {
  const lease = 'lease: { until: 2030-12-31, agreed: data office }';
  const { file } = parsePipelineFile(
    withData(`{ delta: s3://bucket/loans, version: 3, mode: referenced, ${lease} }`),
  );
  expect(file.data?.d?.from).toEqual({
    delta: 's3://bucket/loans',
    version: 3,
    mode: 'referenced',
    lease: { until: '2030-12-31', agreed: 'data office' },
  });
});

const refusals: readonly (readonly [from: string, says: string])[] = [
  [
    '{ delta: /lake/loans, version: 1, mode: referenced }',
    'countersign.yaml:4: `data.d.from.mode`: a referenced table needs `lease',
  ],
  [
    '{ delta: /lake/loans, version: 1, lease: { until: 2030-01-01, agreed: x } }',
    'a copied table needs no lease',
  ],
  ['{ delta: /lake/../etc, version: 1 }', 'without `..`'],
  [
    '{ delta: "s3://key:secret@bucket/loans", version: 1 }',
    'credentials come from the environment',
  ],
  [
    '{ iceberg: /lake/m/metadata/1.metadata.json, snapshot: 8554406503755928321 }',
    'a bare number of that length is rounded',
  ],
  ['{ iceberg: /lake/m, snapshot: "1" }', '.metadata.json'],
];
test.each(refusals)('%s is refused with its line', (from, says) => {
  const text = `model: toy\ndata:\n  d:\n    from: ${from}\nsteps: { s: { run: ls, outputs: [x] } }\n`;
  expect(() => parsePipelineFile(text)).toThrowError(says);
});
