// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { digestsIn } from '@countersign/kernel';
import { expect, test } from 'vitest';
import { toRecordJson } from '../file/to-record-json.ts';
import { recordedOrigin } from '../lakehouse/lakehouse-facts.ts';
import type { DvcFacts } from './snapshot-origin.ts';

const digest = 'a'.repeat(64);
const origin = (count: number): DvcFacts => ({
  dvc: 'parts.dvc',
  output: 'parts',
  md5: 'b'.repeat(32),
  readFrom: 'cache',
  parts: Array.from({ length: count }, (_, i) => ({ name: `${i}`, claims: {}, digest, size: 1 })),
  extractedAt: '2026-03-31T10:00:00.000Z',
});

test('a record names few parts one by one, and of many their digests and that of the list', () => {
  expect(recordedOrigin(origin(50))).toEqual(origin(50));
  // RFC 8785: members in the order of their names, nothing between them.
  const list = origin(51).parts.map(
    ({ name }) => `{"claims":{},"digest":"${digest}","name":"${name}","size":1}`,
  );
  const listDigest = createHash('sha256')
    .update(`[${list.join(',')}]`)
    .digest('hex');
  expect(recordedOrigin(origin(51))).toMatchObject({ parts: { count: 51, listDigest } });
  expect([...digestsIn(toRecordJson(recordedOrigin(origin(51))))]).toContain(digest);
});
