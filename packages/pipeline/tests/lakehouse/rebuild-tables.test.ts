// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BlobStore, openFileBlobStore } from '../../src/blobs/blob-store.ts';
import { leaseProblem } from '../../src/lakehouse/check-lease.ts';
import { checkLeases } from '../../src/lakehouse/check-leases.ts';
import { isLakehouse, type LakehouseFacts } from '../../src/lakehouse/lakehouse-facts.ts';
import { type LeasedTable, readLeasedTable } from '../../src/lakehouse/leased-table.ts';
import { readListing } from '../../src/lakehouse/table-listing.ts';
import { rebuildParts } from '../../src/rebuild/rebuild-parts.ts';
import { rebuildRun } from '../../src/rebuild/rebuild-run.ts';
import { executeRun } from '../../src/run/execute-run.ts';
import type { RunResult } from '../../src/run/result.ts';
import type { DatasetSnapshot } from '../../src/snapshot/dataset-snapshot.ts';
import { commitRepository } from '../example-repository.ts';
import {
  cacheDir,
  type LakehouseGround,
  layLakehouseGround,
  linkWheels,
  runScript,
  type WrittenTables,
  writeTables,
} from './lakehouse-fixture.ts';

let root: string;
let ground: LakehouseGround;
let written: WrittenTables;
let lake: string;
let blobs: BlobStore;
let copying: RunResult;
let referring: RunResult;

const NOW = '2026-03-31T12:00:00.000Z';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lakehouse-run-'));
  lake = join(root, 'lake');
  ground = await layLakehouseGround(root);
  written = await writeTables(ground, lake);
  blobs = openFileBlobStore(join(root, 'run-blobs'));
  await linkWheels(join(root, 'run-blobs'));
  copying = await run('copying', copyingFile());
  referring = await run('referring', referringFile());
}, 600_000);
afterAll(() => rm(root, { recursive: true, force: true }));

function copyingFile(): string {
  const newest = written.iceberg.at(-1);
  return `model: toy
data:
  loans:
    from: { delta: ${lake}/delta, version: 1 }
    roles: { id: id, label: bad }
    splits: { seed: 1, development: { fraction: 0.5 }, holdout: { fraction: 0.5, sealed: true } }
  snap:
    from: { iceberg: "${newest?.metadata}", snapshot: "${newest?.snapshot}" }
steps:
  count:
    run: wc -c *.parquet > sizes.txt
    inputs: [loans.development, snap]
    outputs: [sizes.txt]
`;
}

function referringFile(): string {
  return `model: toy
data:
  kept:
    from:
      delta: ${lake}/delta
      version: 0
      mode: referenced
      columns: [id, code, amount]
      where: "id < 50"
      lease: { until: 2030-12-31, agreed: "data office, ticket 4711" }
steps:
  count: { run: wc -c *.parquet > sizes.txt, inputs: [kept], outputs: [sizes.txt] }
`;
}

async function run(name: string, file: string): Promise<RunResult> {
  const checkout = join(root, name);
  await commitRepository(checkout, { 'countersign.yaml': file });
  return executeRun({
    source: { checkout },
    blobs,
    workDir: join(root, 'work'),
    cacheDir,
    draft: false,
    now: () => new Date(NOW),
    callerEnvironment: process.env,
  });
}

const rebuild = (result: RunResult) =>
  rebuildRun({
    result,
    blobs,
    workDir: join(root, 'again'),
    cacheDir,
    now: () => new Date(NOW),
    callerEnvironment: { PATH: process.env.PATH },
  });

function originOf(snapshot: DatasetSnapshot | undefined): LakehouseFacts {
  const origin = snapshot?.origin;
  if (origin === undefined || !isLakehouse(origin)) throw new Error('no table');
  return origin;
}

function leasedTable(): LeasedTable {
  const leased = readLeasedTable(originOf(referring.snapshots[0]));
  if (leased === undefined) throw new Error('no lease');
  return leased;
}

const check = (day = NOW) =>
  checkLeases({
    tables: [leasedTable()],
    blobs,
    environment: {},
    depth: { kind: 'full' },
    now: () => new Date(day),
  });

test('a run reads Delta and Iceberg tables and remembers which version, when, and by what', () => {
  expect([copying.failure, referring.failure]).toEqual([null, null]);
  const [loans, snap] = copying.snapshots;
  const [kept] = referring.snapshots;
  expect(loans).toMatchObject({ rowsRead: 400, format: 'parquet' });
  expect(kept).toMatchObject({ rowsRead: 50, origin: { mode: 'referenced', rowsOfVersion: 200 } });
  expect(snap?.rowsRead).toBe(300);
  expect(loans?.columns.find(({ name }) => name === 'code')?.type).toBe('text');
  expect(originOf(kept).lease).toEqual({ until: '2030-12-31', agreed: 'data office, ticket 4711' });
  expect(originOf(loans).committedAt).toMatch(/^20\d\d-/);
  expect(originOf(snap).reader.program.map(({ file }) => file)).toContain('iceberg_table.py');
});

test('what was copied is archived; of a referenced table the rows as read are not', async () => {
  const [loans] = copying.snapshots;
  const [kept] = referring.snapshots;
  expect(await blobs.has(loans?.content.digest ?? '')).toBe(true);
  expect(await blobs.has(kept?.content.digest ?? '')).toBe(false);
  expect(await blobs.has(kept?.splits[0]?.content.digest ?? '')).toBe(true);
});

test('while its files lie there, a lease is kept and a rebuild has the recorded bytes', async () => {
  const [kept] = await check();
  expect(kept).toMatchObject({ state: 'kept', missing: [], changed: [], unread: [], files: 2 });
  expect(kept?.digested).toBe(2);
  expect(kept && leaseProblem(kept)).toBeUndefined();
  const rebuilt = await rebuild(referring);
  expect(rebuilt).toMatchObject({ verdict: 'byte-identical', failure: null });
});

test('a file of other bytes is found by its digest, and the rebuild refuses it', async () => {
  const { files } = await readListing(originOf(referring.snapshots[0]), blobs);
  const data = files.find(({ role }) => role === 'data');
  const path = data?.uri ?? '';
  const bytes = await readFile(path);
  const other = Buffer.from(bytes);
  other[bytes.length >> 1] = (other[bytes.length >> 1] ?? 0) ^ 1;
  await writeFile(path, other);
  try {
    const [broken] = await check();
    expect(broken).toMatchObject({ state: 'broken', changed: [{ what: 'sha256' }], missing: [] });
    const rebuilt = await rebuild(referring);
    expect(rebuilt.verdict).toBe('not-rebuildable');
    expect(rebuilt.reason).toContain(data?.path);
  } finally {
    await writeFile(path, bytes);
  }
});

test('a vacuum under a running lease is found, named, and what it means is said', async () => {
  await runScript(ground, 'vacuum.py', [join(lake, 'delta')]);
  const [broken] = await check();
  const gone = broken?.missing.map(({ path }) => path) ?? [];
  expect(broken).toMatchObject({ state: 'broken', changed: [] });
  expect(gone).toHaveLength(1);
  const said = broken === undefined ? '' : leaseProblem(broken);
  expect(said).toContain(`1 are gone (\`${gone[0]}\`)`);
  expect(said).toContain('though the lease runs until 2030-12-31');
  const [ended] = await check('2031-01-01T00:00:00.000Z');
  expect(ended).toMatchObject({ state: 'ended', daysLeft: -1 });
  const [lastDay] = await check('2030-12-31T23:59:59.000Z');
  expect(lastDay).toMatchObject({ state: 'broken', daysLeft: 0 });
  const rebuilt = await rebuild(referring);
  expect(rebuilt).toMatchObject({
    verdict: 'not-rebuildable',
    failure: { code: 'table_file_missing' },
  });
  expect(rebuilt.reason).toContain(gone[0]);
  expect(rebuilt.reason).toMatch(/^countersign\.yaml:\d+: /);
});

test('copied tables are rebuilt to the recorded bytes when the lake is gone', async () => {
  const parts = rebuildParts(copying);
  for (const { digest } of originOf(copying.snapshots[0]).reader.environment.wheels)
    expect(parts).not.toContain(digest);
  await rm(lake, { recursive: true });
  const rebuilt = await rebuild(copying);
  expect(rebuilt).toMatchObject({ verdict: 'byte-identical', failure: null });
  const [gone] = await check();
  expect(gone?.missing).toHaveLength(2);
});
