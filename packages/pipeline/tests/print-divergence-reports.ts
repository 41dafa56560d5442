// SPDX-License-Identifier: Apache-2.0
// Prints the report on each pipeline that is not deterministic: `node packages/pipeline/tests/print-divergence-reports.ts`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeRebuild } from '../src/rebuild/describe-rebuild.ts';
import { DIVERGENT } from './divergence-fixtures.ts';
import { rebuildDivergent } from './divergence-reports.ts';

const root = await mkdtemp(join(tmpdir(), 'divergent-'));
const cacheDir = join(tmpdir(), 'countersign-pipeline-test-cache');
try {
  for (const pipeline of DIVERGENT) {
    const rebuilt = await rebuildDivergent(pipeline, { root, cacheDir });
    console.log(`${[`# ${pipeline.what}`, ...describeRebuild(rebuilt)].join('\n')}\n`);
  }
} finally {
  await rm(root, { recursive: true, force: true });
}
