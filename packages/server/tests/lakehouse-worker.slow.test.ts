// SPDX-License-Identifier: Apache-2.0
// A table under a lease on its way through the platform: read by a worker, recorded without its rows, rebuilt elsewhere.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BlobStore, openFileBlobStore, readLeasedTable } from '@countersign/pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commitRepository } from '../../pipeline/tests/example-repository.ts';
import {
  cacheDir,
  layLakehouseGround,
  writeTables,
} from '../../pipeline/tests/lakehouse/lakehouse-fixture.ts';
import { snapshotContents } from '../src/jobs/data-records.ts';
import { ingestRun } from '../src/jobs/ingest-run.ts';
import { rebuildInWorker, runWorker } from '../src/jobs/run-worker.ts';

let root: string;
let blobs: BlobStore;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lakehouse-worker-'));
  blobs = openFileBlobStore(join(root, 'platform'));
  // A worker's wheels lie below it, and are those of the other suites.
  process.env.XDG_CACHE_HOME = join(root, 'cache');
  await mkdir(join(root, 'cache'));
  await symlink(cacheDir, join(root, 'cache', 'countersign'));
  await writeTables(await layLakehouseGround(root), join(root, 'lake'));
}, 600_000);
afterAll(() => rm(root, { recursive: true, force: true }));

const place = (name: string) => ({
  scratch: join(root, name),
  report: () => {},
  signal: new AbortController().signal,
});

async function commitOf(file: string): Promise<{ commit: string; bundle: string }> {
  const checkout = join(root, 'repository');
  await commitRepository(checkout, { 'countersign.yaml': file });
  const path = join(root, 'source.bundle');
  execFileSync('git', ['-C', checkout, 'bundle', 'create', '--quiet', path, 'HEAD']);
  const commit = execFileSync('git', ['-C', checkout, 'rev-parse', 'HEAD'], { encoding: 'utf8' });
  return { commit: commit.trim(), bundle: (await blobs.putFile(path)).digest };
}

test('a worker reads a table under a lease; its record and its rebuild need no copy of the rows', async () => {
  const source = await commitOf(`model: toy
data:
  loans:
    from:
      { delta: ${root}/lake/delta, version: 1, mode: referenced, lease: { until: 2030-12-31, agreed: data office } }
    splits: { seed: 1, development: { fraction: 0.5 }, holdout: { fraction: 0.5, sealed: true } }
steps: { count: { run: wc -c *.parquet > sizes.txt, inputs: [loans.development], outputs: [sizes.txt] } }
`);
  const ran = await runWorker(place('run'), { blobs, ...source, run: 'R-1', cache: 'refresh' });
  expect(ran.result.failure).toBeNull();
  await ingestRun(ran.result, ran.blobs, blobs);
  const [loans] = ran.result.snapshots;
  if (loans === undefined) throw new Error('no snapshot');
  expect(await blobs.has(loans.content.digest)).toBe(false);

  const [whole] = snapshotContents(loans, undefined);
  const { origin } = (whole?.source ?? {}) as { readonly origin?: object };
  expect(readLeasedTable(origin)).toMatchObject({ version: 1, lease: { until: '2030-12-31' } });
  expect(JSON.stringify(origin)).not.toContain('.whl');

  const rebuilt = await rebuildInWorker(place('rebuild'), {
    result: ran.result,
    blobs,
    surroundings: { TZ: 'Asia/Kathmandu' },
    cachedEnvironment: true,
  });
  expect(rebuilt).toMatchObject({ verdict: 'byte-identical', failure: null });
}, 120_000);
