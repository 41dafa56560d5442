// SPDX-License-Identifier: Apache-2.0
// Models of scikit-learn, LightGBM and XGBoost come back byte for byte, those with OpenMP on two threads.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileBlobStore } from '../src/blobs/blob-store.ts';
import { describeRebuild } from '../src/rebuild/describe-rebuild.ts';
import type { RebuildResult } from '../src/rebuild/rebuild-result.ts';
import { rebuildRun } from '../src/rebuild/rebuild-run.ts';
import { executeRun } from '../src/run/execute-run.ts';
import { commitRepository } from './example-repository.ts';
import { libraryRepository } from './library-repository.ts';

const LIBRARIES = ['logistic', 'boosting', 'histogram', 'lightgbm', 'xgboost'];
let root: string;
let rebuilt: RebuildResult;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'libraries-'));
  await mkdir(join(root, 'work'));
  const checkout = join(root, 'repository');
  await commitRepository(checkout, libraryRepository(LIBRARIES));
  const common = {
    blobs: openFileBlobStore(join(root, 'blobs')),
    workDir: join(root, 'work'),
    cacheDir: join(tmpdir(), 'countersign-pipeline-test-cache'),
    now: () => new Date(),
  };
  const result = await executeRun({
    ...common,
    source: { checkout },
    draft: false,
    callerEnvironment: process.env,
  });
  expect(result.failure).toBeNull();
  const elsewhere = {
    ...process.env,
    OPENBLAS_CORETYPE: 'Prescott',
    OMP_NUM_THREADS: '7',
    LIGHTGBM_NUM_THREADS: '7',
  };
  rebuilt = await rebuildRun({ ...common, result, callerEnvironment: elsewhere });
}, 300_000);
afterAll(() => rm(root, { recursive: true, force: true }));

test.for(LIBRARIES)('%s: model and scores have the recorded bytes', (name) => {
  const own = rebuilt.compared.filter(({ what }) => what.startsWith(`${name}/`));
  expect(own.map(({ what }) => what)).toEqual([`${name}/${name}.model`, `${name}/${name}.csv`]);
  expect(
    own.every(({ equal }) => equal),
    describeRebuild(rebuilt).join('\n'),
  ).toBe(true);
});
