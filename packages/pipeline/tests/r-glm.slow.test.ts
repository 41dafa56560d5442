// SPDX-License-Identifier: Apache-2.0
// An R glm, run and rebuilt with the recorded interpreter of the machine. Where R is missing it fails and says what to install.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileBlobStore } from '../src/blobs/blob-store.ts';
import { rebuildRun } from '../src/rebuild/rebuild-run.ts';
import { executeRun } from '../src/run/execute-run.ts';
import { commitRepository } from './example-repository.ts';

let root: string;
beforeAll(async () => {
  if (!existsSync('/usr/bin/Rscript'))
    throw new Error('this test needs R: run `apt-get install --no-install-recommends r-base-core`');
  root = await mkdtemp(join(tmpdir(), 'r-glm-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const FILES = {
  'countersign.yaml': `model: infert
seed: 20260331
environment:
  host: [{ program: Rscript, version: [--version] }, /usr/lib/R/bin/exec/R, /usr/lib/R/lib/libR.so]
steps:
  train: { run: Rscript --vanilla train.R, outputs: [model.rds, coefficients.csv, sample.csv] }
`,
  'train.R': `RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(as.integer(Sys.getenv("COUNTERSIGN_SEED")))
fitted <- glm(case ~ spontaneous + induced + age + parity, data = infert, family = binomial())
saveRDS(coef(fitted), "model.rds", version = 3)
write.csv(format(coef(fitted), digits = 15), "coefficients.csv")
write.csv(data.frame(x = rnorm(5)), "sample.csv", row.names = FALSE)
`,
};

test('an R glm has the coefficients that R documents and comes back byte for byte at level sandbox', async () => {
  const checkout = join(root, 'repository');
  await commitRepository(checkout, FILES);
  const blobs = openFileBlobStore(join(root, 'blobs'));
  const common = { blobs, now: () => new Date() };
  const result = await executeRun({
    ...common,
    source: { checkout },
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    draft: false,
    callerEnvironment: process.env,
  });
  expect(result.failure).toBeNull();
  const coefficients = result.steps[0]?.outputs.find(({ file }) => file === 'coefficients.csv');
  const text = Buffer.from(await blobs.get(coefficients?.digest ?? '')).toString('utf8');
  // summary(glm(case ~ spontaneous + induced + age + parity, binomial, infert)) of R 4: 1.92534, 1.18966.
  const estimate = (name: string) =>
    Number(new RegExp(`"${name}","\\s*(-?[\\d.]+)"`).exec(text)?.[1]).toFixed(3);
  expect([estimate('spontaneous'), estimate('induced')]).toEqual(['1.925', '1.190']);
  if (result.environment?.kind !== 'host') throw new Error('R runs on the host');
  const bill = await blobs.get(result.environment.billOfMaterials?.digest ?? '');
  expect(new TextDecoder().decode(bill)).toContain('"pkg:cran/stats@');
  const rebuilt = await rebuildRun({
    ...common,
    result,
    workDir: join(root, 'again'),
    callerEnvironment: { R_PROFILE: '/elsewhere', TZ: 'Asia/Kathmandu', OMP_NUM_THREADS: '7' },
  });
  expect(rebuilt).toMatchObject({ verdict: 'byte-identical', level: 'sandbox', failure: null });
});
