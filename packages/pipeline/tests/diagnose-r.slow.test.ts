// SPDX-License-Identifier: Apache-2.0
// Pins reach R too. Where R is missing it fails and says what to install.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rebuildDivergent } from './divergence-reports.ts';

let root: string;
beforeAll(async () => {
  if (!existsSync('/usr/bin/Rscript'))
    throw new Error('this test needs R: run `apt-get install --no-install-recommends r-base-core`');
  root = await mkdtemp(join(tmpdir(), 'divergent-r-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('a bootstrap in R that nobody seeded: diagnosed as seed', async () => {
  const files = {
    'countersign.yaml': `model: bootstrap
environment:
  host: [{ program: Rscript, version: [--version] }]
steps:
  train: { run: Rscript train.R, outputs: [errors.csv] }
`,
    'train.R': `rows <- replicate(20, coef(glm(case ~ age + parity, binomial, infert[sample(nrow(infert), replace = TRUE), ])))
write.csv(format(apply(rows, 1, sd), digits = 15), "errors.csv")
`,
  };
  const what = 'a bootstrap that nobody seeded';
  const rebuilt = await rebuildDivergent(
    { cause: 'seed', what, files },
    { root, cacheDir: join(root, 'cache') },
  );
  expect(rebuilt.diagnoses).toMatchObject([
    { step: 'train', isStable: false, causes: [{ cause: 'seed', certainty: 'shown' }] },
  ]);
});
