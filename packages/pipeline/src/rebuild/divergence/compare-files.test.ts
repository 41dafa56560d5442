// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BlobStore, openFileBlobStore } from '../../blobs/blob-store.ts';
import { compareFiles } from './compare-files.ts';

const window = { from: '2026-03-01T10:00:00.000Z', to: '2026-03-01T10:05:00.000Z' };
let root: string;
let blobs: BlobStore;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'compare-'));
  blobs = openFileBlobStore(join(root, 'blobs'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function parquet(sql: string): Promise<string> {
  const path = join(root, 'table.parquet');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${sql}) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  return (await blobs.putFile(path)).digest;
}

async function compare(what: string, original: string, rebuilt: string | null) {
  const ground = { blobs, workDir: root, windows: { original: window, rebuilt: window } };
  return compareFiles({ what, original, rebuilt }, ground);
}

const text = async (content: string) => (await blobs.put(Buffer.from(content))).digest;

test('a Parquet file names the column, how many rows and how far', async () => {
  const rows = (more: string) =>
    `SELECT i AS id, 'n' || i AS name, (i * 0.5 + ${more})::DOUBLE AS score FROM range(1000) r(i) ORDER BY i`;
  const found = await compare(
    'train/scores.parquet',
    await parquet(rows('0')),
    await parquet(rows('CASE WHEN i >= 990 THEN 0.25 ELSE 0 END')),
  );
  expect(found).toMatchObject({
    format: 'parquet',
    natures: ['numbers'],
    parts: [
      {
        where: 'column `score`, 10 rows, first at row 991',
        distance: { maxAbsolute: '0.25', differing: 10 },
      },
    ],
  });
});

test('the same Parquet rows in another order are an order, and a missing column a structure', async () => {
  const ordered = await parquet('SELECT i, i % 7 AS k FROM range(100) r(i) ORDER BY i');
  const turned = await parquet('SELECT i, i % 7 AS k FROM range(100) r(i) ORDER BY k, i');
  expect((await compare('train/t.parquet', ordered, turned)).natures).toEqual(['order']);
  const narrow = await parquet('SELECT i FROM range(100) r(i) ORDER BY i');
  expect((await compare('train/t.parquet', ordered, narrow)).natures).toEqual(['structure']);
});

test('a CSV file names the column, and shows no cell of anybody', async () => {
  const rows = (score: string) => `id,name,score\n1,Ada Example,0.5\n2,Alan Example,${score}\n`;
  const found = await compare(
    'train/oof.csv',
    await text(rows('0.25')),
    await text(rows('0.2500000000000001')),
  );
  expect(found).toMatchObject({
    format: 'csv',
    parts: [{ where: 'column `score`, 1 rows, first at row 2', nature: 'rounding' }],
  });
  const renamed = rows('0.25').replace('Alan', 'Eve');
  const names = await compare('train/oof.csv', await text(rows('0.25')), await text(renamed));
  expect(names.parts[0]?.where).toContain('column `name`');
  expect(JSON.stringify(names)).not.toContain('Example');
});

test('what one side never made, or the archive no longer has, is said', async () => {
  const here = await text('a');
  expect(await compare('train/a', here, null)).toMatchObject({ format: 'absent' });
  expect(await compare('train/a', 'absent', here)).toMatchObject({ format: 'absent' });
  const gone = await compare('train/a', '1'.repeat(64), here);
  expect(gone.note).toContain('1'.repeat(64));
});

test('a file that is called a table and is none is compared as what it is', async () => {
  const found = await compare('train/a.parquet', await text('{"a":1}'), await text('{"a":2}'));
  expect(found).toMatchObject({ format: 'json', parts: [{ where: '$.a' }] });
});
