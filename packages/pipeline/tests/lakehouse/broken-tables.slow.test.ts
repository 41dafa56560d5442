// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileBlobStore } from '../../src/blobs/blob-store.ts';
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
let lake: string;
let written: WrittenTables;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lakehouse-broken-'));
  lake = join(root, 'lake');
  await mkdir(lake);
  ground = await layLakehouseGround(root);
  written = await writeTables(ground, lake);
  await runScript(ground, 'write_broken_tables.py', [lake]);
}, 600_000);
afterAll(() => rm(root, { recursive: true, force: true }));

test('a table, a version or a snapshot that does not exist is told with its line and what there is', async () => {
  const newest = written.iceberg.at(-1);
  const warehouse = join(lake, 'warehouse');
  const catalog = { type: 'sql', uri: `sqlite:///${warehouse}/catalog.db`, warehouse } as const;
  await expectRefused(ground, [
    [{ delta: `${lake}/none`, version: 0 }, 'source_missing', 'delta', ['correct the address']],
    [{ delta: warehouse, version: 0 }, 'source_missing', 'delta', ['no `_delta_log`']],
    [{ delta: `${lake}/delta`, version: 9 }, 'table_version_missing', 'version', ['one of 0 to 3']],
    [
      { iceberg: newest?.metadata ?? '', snapshot: '77' },
      'table_version_missing',
      'snapshot',
      ['expired', newest?.snapshot ?? ''],
    ],
    [{ iceberg: 'risk.none', snapshot: '1', catalog }, 'source_missing', 'iceberg', ['risk.none']],
  ]);
});

test('files that were vacuumed, damaged or cut short are named', async () => {
  await expectRefused(ground, [
    [
      { delta: `${lake}/vacuumed`, version: 0 },
      'table_file_missing',
      'version',
      ['part-', 'restore them from a backup'],
    ],
    [{ delta: `${lake}/corrupt`, version: 0 }, 'table_file_corrupt', 'delta', ['part-', 'footer']],
    [{ delta: `${lake}/truncated`, version: 0 }, 'table_file_corrupt', 'delta', ['the table says']],
    [{ delta: `${lake}/cleaned`, version: 0 }, 'table_version_missing', 'version', ['cleaned up']],
  ]);
});

test('what a library would read wrongly is refused and never read', async () => {
  await expectRefused(ground, [
    [{ delta: `${lake}/vectors`, version: 1 }, 'table_unsupported', 'delta', ['deletion vectors']],
    [{ delta: `${lake}/widened`, version: 1 }, 'table_unsupported', 'delta', ['typeWidening']],
    [
      { delta: `${lake}/miscounted`, version: 1 },
      'table_unsupported',
      'delta',
      ['3 rows', 'says 7'],
    ],
  ]);
});

test.runIf(process.getuid?.() === 0)(
  'what the user that runs steps may not read is said so',
  async () => {
    const [first] = written.iceberg;
    const metadata = (first?.metadata ?? '').replace('file://', '');
    const delta = `${lake}/mapped`;
    await chmod(metadata, 0o600);
    await chmod(`${delta}/_delta_log`, 0o700);
    try {
      await expectRefused(ground, [
        [{ delta, version: 0 }, 'source_refused', 'delta', ['the right to read']],
        [
          { iceberg: metadata, snapshot: first?.snapshot ?? '' },
          'source_refused',
          'iceberg',
          ['the right to read'],
        ],
      ]);
    } finally {
      await chmod(metadata, 0o644);
      await chmod(`${delta}/_delta_log`, 0o755);
    }
  },
);

test('a column that no cell can hold is named, and the others can be read without it', async () => {
  const delta = `${lake}/nested`;
  await expectRefused(ground, [
    [{ delta, version: 0 }, 'table_column_unsupported', 'delta', ['`address`', 'struct<city']],
    [{ delta, version: 0, columns: ['id', 'sum'] }, 'column_missing', 'columns.1', ['`sum`']],
    [
      { delta, version: 0, columns: ['id'], where: 'idd > 1' },
      'expression_invalid',
      'where',
      ['idd'],
    ],
    [
      { delta, version: 0, columns: ['id'], where: 'amount > (SELECT 2)' },
      'expression_invalid',
      'where',
      ['subquery'],
    ],
  ]);
  const read = await extract(ground, { delta, version: 0, columns: ['amount', 'id'] });
  expect(await rowsOf(read.path, ['id', 'amount'])).toEqual([
    ['1', '1.5'],
    ['2', '2.5'],
    ['3', '3.5'],
  ]);
});

test('mapped columns are read by the engine that knows them, in the order of their values', async () => {
  const read = await extract(ground, { delta: `${lake}/mapped`, version: 2 });
  const ids = (await rowsOf(read.path, ['id'])).map(([id]) => Number(id));
  const all = [...Array(200).keys(), ...[...Array(200).keys()].map((n) => 1000 + n)];
  expect(ids).toEqual(all.filter((id) => id % 3 !== 0));
  expect(read.origin).toMatchObject({ order: expect.stringContaining('by the values') });
});

test('values of partitions come back as they were, whatever their directories are called', async () => {
  const read = await extract(ground, { delta: `${lake}/partitioned`, version: 0 });
  const rows = await rowsOf(read.path, ['id', 'g']);
  expect(rows.toSorted()).toEqual([
    ['1', 'a b'],
    ['2', 'c/d'],
    ['3', 'e%f'],
    ['4', null],
  ]);
});

test('rows that Iceberg deletes by position are gone, and deletes by value are refused', async () => {
  const said = await runScript(ground, 'write_deletes.py', [join(root, 'deletes')]);
  const { position, value } = JSON.parse(said) as { position: string; value: string };
  const read = await extract(ground, { iceberg: position, snapshot: '1001' });
  const ids = (await rowsOf(read.path, ['id'])).map(([id]) => Number(id));
  expect(ids).toEqual([0, 1, 3, 4, 6, 7, 8, 9]);
  if (!isLakehouse(read.origin)) throw new Error('no lakehouse origin');
  const listing = await readListing(read.origin, openFileBlobStore(blobsDirectory));
  const roles = listing.files.map(({ role }) => role);
  expect(roles).toEqual(['data', 'deletes', 'manifest', 'manifest', 'manifest-list']);
  await expectRefused(ground, [
    [{ iceberg: value, snapshot: '1002' }, 'table_unsupported', 'iceberg', ['by their values']],
  ]);
});
