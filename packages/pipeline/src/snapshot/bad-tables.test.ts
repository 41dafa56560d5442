// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileBlobStore } from '../blobs/blob-store.ts';
import { dataset as datasetSchema } from '../file/data-section.ts';
import { openDatabase, type SnapshotDatabase } from './open-database.ts';
import { takeSnapshot } from './take-snapshot.ts';

let root: string;
let database: SnapshotDatabase;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bad-tables-'));
  database = await openDatabase([root]);
});
afterAll(async () => {
  database.close();
  await rm(root, { recursive: true, force: true });
});

async function take(name: string, section: object = {}) {
  return takeSnapshot({
    name: 'loans',
    dataset: datasetSchema.parse({ from: { path: name }, ...section }),
    origin: { path: name },
    place: { path: join(root, name), name, locate: () => 'countersign.yaml:1' },
    blobs: openFileBlobStore(join(root, 'blobs')),
    workDir: join(root, `${name}-work`),
  });
}

async function parquet(name: string, select: string): Promise<Buffer> {
  const path = join(root, name);
  await database.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`);
  return readFile(path);
}

const wide = Array.from({ length: 10_000 }, (_, index) => `c${index}`).join(',');

test.each([
  ['ragged.csv', 'a,b\n1,2\n3\n', 'csv_bad_row', 'ragged.csv:3: '],
  ['long.csv', 'a,b\n1,2\n3,4,5\n', 'csv_bad_row', 'long.csv:3: '],
  ['nul.csv', 'a,b\n1,2\n3,x\0y\n', 'csv_bad_row', 'nul.csv:3: a NUL byte'],
  ['nul-header.csv', 'a,b\0c\n1,2\n', 'csv_bad_row', 'nul-header.csv:1: a NUL byte'],
  ['latin.csv', Buffer.from('a,b\n1,2\n3,\xe4\n', 'latin1'), 'csv_bad_row', 'latin.csv:3: '],
  ['utf16.csv', Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'), 'csv_bad_row', 'UTF-16'],
  ['twice.csv', 'a,b,A\n1,2,3\n', 'csv_bad_row', 'the header names `a` twice'],
  ['wide.csv', `${wide}\n`, 'csv_bad_row', 'names 10000 columns, more than 5000'],
  ['empty.csv', '', 'csv_bad_row', 'empty.csv:1: the first line is empty'],
  ['header.csv', 'a,b\n', 'snapshot_unreadable', '`header.csv` names columns and has no rows'],
])('%s is refused by name, place and reason', async (name, bytes, code, message) => {
  await writeFile(join(root, name), bytes);
  await expect(take(name)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
});

test('a mixed column names file, line, value and declared type; undeclared, it is a finding', async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `${i},${i === 20 ? 'n/a' : i * 2}`);
  await writeFile(join(root, 'mixed.csv'), `a,b\n${rows.join('\n')}\n`);
  await expect(take('mixed.csv', { columns: { b: { type: 'number' } } })).rejects.toMatchObject({
    code: 'csv_bad_row',
    message: 'mixed.csv:22: `n/a` in column `b` is not of type number',
  });
  const { measures } = await take('mixed.csv');
  expect(measures?.columns).toMatchObject([
    { finding: 'mixed-type', column: 'b', value: 'n/a', line: 22 },
  ]);
});

test('a number beyond the range of doubles is none', async () => {
  await writeFile(join(root, 'huge.csv'), 'a\n1\n1e999\n');
  await expect(take('huge.csv', { columns: { a: { type: 'number' } } })).rejects.toMatchObject({
    message: expect.stringContaining('huge.csv:3: `1e999`'),
  });
});

test('a byte-order mark of UTF-8 is read over', async () => {
  await writeFile(join(root, 'mark.csv'), '\ufeffa,b\n1,2\n3,4\n');
  const { columns, rows } = await take('mark.csv', { roles: { label: 'a' } });
  expect([columns.map(({ name }) => name), rows]).toEqual([['a', 'b'], 2]);
});

test('a truncated or damaged Parquet file is refused by its own name', async () => {
  const whole = await parquet(
    'whole.parquet',
    "SELECT i AS a, 'x' || i AS b FROM range(1000) r(i)",
  );
  const damaged = Buffer.from(whole);
  damaged.fill(0, 40, 400);
  const files = {
    'cut.parquet': whole.subarray(0, whole.length - 100),
    'short.parquet': Buffer.concat([whole.subarray(0, 100), whole.subarray(whole.length - 700)]),
    'damaged.parquet': damaged,
  };
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(join(root, name), bytes);
    const failure = await take(name).catch((error: unknown) => error);
    expect(failure, name).toMatchObject({ code: 'snapshot_unreadable' });
    expect(String(failure), name).not.toContain(root);
  }
});

test.each([
  ['struct.parquet', "SELECT i AS a, {'x': i} AS b FROM range(3) r(i)", '`b` of type STRUCT'],
  ['list.parquet', 'SELECT i AS a, [i] AS b FROM range(3) r(i)', '`b` of type BIGINT[]'],
  [
    'bytes.parquet',
    "SELECT 'x'::BLOB AS b FROM range(3) r(i)",
    '`b` of type BLOB; write it as text',
  ],
  ['none.parquet', 'SELECT i AS a FROM range(0) r(i)', 'names columns and has no rows'],
  [
    'wide.parquet',
    `SELECT ${wide
      .split(',')
      .map((name) => `1 AS ${name}`)
      .join(', ')}`,
    'names 10000 columns, more than 5000',
  ],
])('%s is refused, saying which column', async (name, select, message) => {
  await parquet(name, select);
  await expect(take(name)).rejects.toMatchObject({
    code: 'snapshot_unreadable',
    message: expect.stringContaining(message),
  });
});

test('a Parquet file that names a column twice is refused', async () => {
  const written = await parquet('pair.parquet', 'SELECT 1 AS firstname, 2 AS lastnames');
  // No writer at hand repeats a name, so the footer is given one of the same length.
  const text = written.toString('latin1').replaceAll('lastnames', 'firstname');
  await writeFile(join(root, 'pair.parquet'), Buffer.from(text, 'latin1'));
  await expect(take('pair.parquet')).rejects.toMatchObject({
    code: 'snapshot_unreadable',
    message: expect.stringContaining('names `firstname` twice'),
  });
});
