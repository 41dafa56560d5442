// SPDX-License-Identifier: Apache-2.0
// Tables that lie in S3: written, read, and watched under a lease.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileBlobStore } from '../../src/blobs/blob-store.ts';
import type { DeltaOrigin, IcebergOrigin } from '../../src/file/lakehouse-origin.ts';
import { checkLeases } from '../../src/lakehouse/check-leases.ts';
import { readLeasedTable } from '../../src/lakehouse/leased-table.ts';
import { readListing } from '../../src/lakehouse/table-listing.ts';
import { AWS_SECRET, startS3, type TestS3 } from '../sources/s3-server.ts';
import {
  blobsDirectory,
  extract,
  type LakehouseGround,
  layLakehouseGround,
  rowsOf,
  runScript,
} from './lakehouse-fixture.ts';

let root: string;
let ground: LakehouseGround;
let s3: TestS3;
let delta: DeltaOrigin;
let iceberg: IcebergOrigin;

const ROWS = [
  ['1', '1.5'],
  ['2', null],
  ['3', '3.5'],
];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lakehouse-s3-'));
  ground = await layLakehouseGround(root);
  s3 = await startS3();
  await s3.bucket('bank');
  const { endpoint } = s3;
  const said = await runScript(
    ground,
    'write_s3_tables.py',
    ['bank', endpoint, root],
    s3.environment,
  );
  const written = JSON.parse(said) as { metadata: string; snapshot: string };
  const lease = { until: '2030-12-31', agreed: 'data office' };
  const kept = { mode: 'referenced', lease, endpoint } as const;
  delta = { delta: 's3://bank/lake/loans', version: 0, ...kept };
  iceberg = { iceberg: written.metadata, snapshot: written.snapshot, ...kept };
}, 600_000);
afterAll(async () => {
  await s3?.stop();
  await rm(root, { recursive: true, force: true });
});

test('both kinds are read over the network, and only then has the sandbox one', async () => {
  for (const from of [delta, iceberg]) {
    const read = await extract(ground, from, s3.environment);
    expect(await rowsOf(read.path, ['id', 'amount'])).toEqual(ROWS);
    expect(JSON.stringify(read.origin)).not.toContain(AWS_SECRET);
  }
});

test('without credentials nothing is tried, and an address that nobody answers at is told', async () => {
  await expect(extract(ground, delta)).rejects.toMatchObject({
    code: 'source_credentials_missing',
    message: expect.stringMatching(/AWS_ACCESS_KEY_ID/),
  });
  const nobody = { ...delta, endpoint: 'http://127.0.0.1:9' };
  const error: unknown = await extract(ground, nobody, s3.environment).catch((cause) => cause);
  expect(error).toMatchObject({ code: 'source_unreachable' });
  expect(String(error)).not.toContain(AWS_SECRET);
});

test('an object that was removed under a lease is found, and one that nobody answers for is not called gone', async () => {
  const { origin } = await extract(ground, delta, s3.environment);
  const table = readLeasedTable(origin);
  if (table === undefined) throw new Error('no lease');
  const check = (endpoint: string | null) =>
    checkLeases({
      tables: [{ ...table, endpoint }],
      blobs: openFileBlobStore(blobsDirectory),
      environment: s3.environment,
      depth: { kind: 'full' },
      now: () => new Date('2026-03-31T12:00:00.000Z'),
    });
  const [kept] = await check(s3.endpoint);
  expect(kept).toMatchObject({ state: 'kept', files: 2, digested: 2 });
  const [unknown] = await check('http://127.0.0.1:9');
  expect(unknown).toMatchObject({ state: 'unknown', missing: [], unread: [{}, {}] });
  const { files } = await readListing(table, openFileBlobStore(blobsDirectory));
  const data = files.find(({ role }) => role === 'data')?.uri ?? '';
  await s3.client.send(
    new DeleteObjectCommand({ Bucket: 'bank', Key: data.replace('s3://bank/', '') }),
  );
  const [broken] = await check(s3.endpoint);
  expect(broken).toMatchObject({ state: 'broken', missing: [{ role: 'data' }] });
  await expect(extract(ground, delta, s3.environment)).rejects.toMatchObject({
    code: 'table_file_missing',
  });
});
