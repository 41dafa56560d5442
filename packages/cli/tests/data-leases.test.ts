// SPDX-License-Identifier: Apache-2.0
// Tables under a lease, from the command line: what records say of them, and what is found where they lie.
import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalBytes } from '@countersign/kernel';
import { checkLeases } from '@countersign/pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { leasedTables } from '../../server/src/jobs/leased-tables.ts';
import { recordIn, runAs, type WarrantedFirm, warrantedFirm } from './warranted-firm.ts';

let firm: WarrantedFirm;
let lake: string;

beforeAll(async () => {
  firm = await warrantedFirm({ demonstration: true });
  lake = join(firm.server.dataDir, 'lake');
  await mkdir(lake);
}, 60_000);
afterAll(async () => {
  expect(firm?.server.failures).toEqual([]);
  await firm?.close();
});

/** A snapshot as a run on a table under a lease leaves it, of these files. */
async function recordLeased(files: Readonly<Record<string, string>>, until: string): Promise<void> {
  const listed = Object.entries(files).map(([path, text]) => ({
    path,
    uri: join(lake, path),
    role: 'data',
    rows: null,
    size: text.length,
    sha256: createHash('sha256').update(text).digest('hex'),
  }));
  for (const [path, text] of Object.entries(files)) await writeFile(join(lake, path), text);
  const listing = await firm.server.context.blobs.put(
    canonicalBytes({
      v: 1,
      kind: 'delta',
      table: lake,
      version: 4,
      committedAt: 0,
      tableId: 't',
      schema: [],
      partitionColumns: [],
      properties: {},
      protocol: {},
      order: 'as written',
      rowsOfVersion: 1,
      rows: 1,
      columns: [],
      files: listed,
    }),
  );
  const lease = { until, agreed: 'data office' };
  const { digest, size } = listing;
  const origin = { delta: lake, version: 4, mode: 'referenced', lease, listing: { digest, size } };
  await recordIn(
    firm.server,
    {
      type: 'dataset-snapshot',
      scope: 'dataset',
      subjectRef: { ...firm.candidate.ref, dataset: 'loans' },
      blobs: [listing.digest],
      content: {
        dataset: 'loans',
        split: 'all',
        sealed: false,
        contentDigest: 'a'.repeat(64),
        schemaDigest: 'b'.repeat(64),
        format: 'parquet',
        rows: 1,
        columns: [],
        exclusions: {},
        profile: null,
        source: { origin: { ...origin, region: null, endpoint: null } },
      },
    },
    'platform',
  );
}

test('a firm without such tables is told so', async () => {
  const ran = await runAs(firm, 'mia', ['data', 'leases', 'check']);
  expect([ran.exitCode, ran.text]).toEqual([0, expect.stringContaining('no table is left')]);
});

test('a lease is listed with who rests on it, and a lost or changed file is found and named', async () => {
  await recordLeased({ 'one.parquet': 'ONE', 'two.parquet': 'TWO' }, '2999-12-31');
  const listed = await runAs(firm, 'mia', ['data', 'leases']);
  expect(listed.text).toMatch(/lake version 4 +2999-12-31 +data office +consumer-credit@1 loans/);
  const kept = await runAs(firm, 'mia', ['data', 'leases', 'check', '--full']);
  expect([kept.exitCode, kept.text]).toEqual([
    0,
    expect.stringMatching(/kept +2999-12-31 +2 +2 +0 +0/),
  ]);

  await writeFile(join(lake, 'two.parquet'), 'TOW');
  const sizes = await runAs(firm, 'mia', ['data', 'leases', 'check', '--sizes']);
  expect(sizes.exitCode).toBe(0);
  const changed = await runAs(firm, 'mia', ['data', 'leases', 'check', '--sample', '2']);
  expect([changed.exitCode, changed.text]).toEqual([
    1,
    expect.stringContaining(
      '1 have changed (`two.parquet`), though the lease runs until 2999-12-31',
    ),
  ]);

  await rm(join(lake, 'one.parquet'));
  const lost = await runAs(firm, 'mia', ['data', 'leases', 'check', '--sizes']);
  expect([lost.exitCode, lost.text]).toEqual([
    1,
    expect.stringContaining('1 are gone (`one.parquet`)'),
  ]);
  expect(lost.result.checks).toMatchObject([
    { state: 'broken', missing: [{ path: 'one.parquet' }] },
  ]);
});

test('a schedule of the server finds the same tables, whom they concern, and the same loss', async () => {
  const { blobs, records } = firm.server.context;
  const [held, ...others] = leasedTables(await records.current());
  if (held === undefined) throw new Error('no leased table');
  expect(others).toEqual([]);
  expect(held.subjects).toMatchObject([{ model: 'consumer-credit', version: 1, dataset: 'loans' }]);
  const [found] = await checkLeases({
    tables: [held.table],
    blobs,
    environment: {},
    depth: { kind: 'size' },
    now: () => new Date(),
  });
  expect(found).toMatchObject({ state: 'broken', missing: [{ path: 'one.parquet' }] });
});

test('options that contradict each other, or are no number, are refused', async () => {
  for (const options of [
    ['--full', '--sizes'],
    ['--sample', 'many'],
  ]) {
    const ran = await runAs(firm, 'mia', ['data', 'leases', 'check', ...options]);
    expect(ran.exitCode).toBe(2);
  }
});
