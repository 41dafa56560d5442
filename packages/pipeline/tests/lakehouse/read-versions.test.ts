// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileBlobStore } from '../../src/blobs/blob-store.ts';
import type { SnapshotOrigin } from '../../src/extract/snapshot-origin.ts';
import { isLakehouse } from '../../src/lakehouse/lakehouse-facts.ts';
import { readListing } from '../../src/lakehouse/table-listing.ts';
import {
  blobsDirectory,
  expectRefused,
  extract,
  type LakehouseGround,
  layLakehouseGround,
  rowsOf,
  runScript,
  type WrittenTables,
  writeTables,
} from './lakehouse-fixture.ts';

let root: string;
let ground: LakehouseGround;
let written: WrittenTables;
let delta: string;

// The first time, some 140 MB of wheels are downloaded.
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lakehouse-'));
  ground = await layLakehouseGround(root);
  delta = join(root, 'lake', 'delta');
  written = await writeTables(ground, join(root, 'lake'));
}, 600_000);
afterAll(() => rm(root, { recursive: true, force: true }));

test('each version of a Delta table gives the rows that it had, in the order of its files', async () => {
  for (const { version, columns, rows } of written.delta) {
    const read = await extract(ground, { delta, version });
    expect(await rowsOf(read.path, columns), `version ${version}`).toEqual(rows);
    expect(read.origin).toMatchObject({ mode: 'copied', version, rows: rows.length });
    if (version === 2) await requireListed(read.origin);
  }
  expect(written.delta.map(({ rows }) => rows.length)).toEqual([200, 400, 267, 267]);
});

test('each snapshot of an Iceberg table gives the rows that it had, with the schema of its time', async () => {
  const newest = written.iceberg.at(-1)?.metadata ?? '';
  for (const { snapshot, columns, rows } of written.iceberg) {
    const read = await extract(ground, { iceberg: newest, snapshot });
    expect(await rowsOf(read.path, columns), `snapshot ${snapshot}`).toEqual(rows);
    expect(read.origin).toMatchObject({ snapshot, schema: columns.map((name) => ({ name })) });
  }
  expect(written.iceberg.map(({ rows }) => rows.length)).toEqual([200, 400, 300]);
});

test('a table in a catalog is found by its name', async () => {
  const warehouse = join(root, 'lake', 'warehouse');
  const first = written.iceberg[0];
  const read = await extract(ground, {
    iceberg: 'risk.loans',
    snapshot: first?.snapshot ?? '',
    catalog: { type: 'sql', uri: `sqlite:///${warehouse}/catalog.db`, warehouse },
    columns: ['code', 'id'],
  });
  expect((await rowsOf(read.path, ['code', 'id']))[7]).toEqual(['00007', '7']);
});

test('columns and a condition on rows take what they name, in the order named', async () => {
  const read = await extract(ground, {
    delta,
    version: 1,
    columns: ['amount', 'id'],
    where: "region = 'north' AND id < 1010",
  });
  const rows = await rowsOf(read.path, ['amount', 'id']);
  expect(rows.map(([, id]) => Number(id))).toEqual([...Array(10).keys()].map((n) => 1000 + n));
  expect(read.origin).toMatchObject({ rowsOfVersion: 400, rows: 10 });
});

test('what cannot be read is named with its line, and with what to do', async () => {
  const broken = join(root, 'broken');
  await mkdir(broken);
  await runScript(ground, 'write_broken_tables.py', [broken]);
  await expectRefused(ground, [
    [{ delta: `${broken}/none`, version: 0 }, 'source_missing', 'delta', ['correct the address']],
    [{ delta, version: 9 }, 'table_version_missing', 'version', ['name one of 0 to 3']],
    [
      { delta: `${broken}/vacuumed`, version: 0 },
      'table_file_missing',
      'version',
      ['part-', 'restore them from a backup'],
    ],
    [
      { delta: `${broken}/nested`, version: 0 },
      'table_column_unsupported',
      'delta',
      ['`address`', 'struct<city'],
    ],
    [
      { delta: `${broken}/nested`, version: 0, columns: ['id'], where: 'amount > (SELECT 2)' },
      'expression_invalid',
      'where',
      ['subquery'],
    ],
  ]);
});

/** Every file of the version by size and SHA-256, as they lie on the disk. */
async function requireListed(origin: SnapshotOrigin): Promise<void> {
  if (!isLakehouse(origin)) throw new Error('no lakehouse origin');
  const listing = await readListing(origin, openFileBlobStore(blobsDirectory));
  expect(listing.files.map(({ role }) => role)).toEqual(['data', 'log', 'log', 'log']);
  for (const { uri, size, sha256 } of listing.files) {
    const bytes = await readFile(uri);
    expect([bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([
      size,
      sha256,
    ]);
  }
  expect(listing.files[0]?.uri.startsWith(`${delta}/part-`)).toBe(true);
  expect(listing).toMatchObject({ kind: 'delta', version: 2, protocol: { minReaderVersion: 1 } });
  expect(origin.reader.environment.packages).toContainEqual({
    name: 'deltalake',
    version: '1.6.6',
  });
}
