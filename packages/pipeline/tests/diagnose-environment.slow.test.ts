// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertRecordJson, type Json } from '@countersign/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DIVERGENT } from './divergence-fixtures.ts';
import { rebuildDivergent } from './divergence-reports.ts';

const cacheDir = join(tmpdir(), 'countersign-pipeline-test-cache');
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'divergent-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const OF_ENVIRONMENT = DIVERGENT.filter(
  ({ cause, recorded }) => recorded !== undefined || cause === 'changed-wheel',
);

for (const pipeline of OF_ENVIRONMENT) {
  test(`${pipeline.what}: diagnosed as ${pipeline.cause}`, async () => {
    const rebuilt = await rebuildDivergent(pipeline, { root, cacheDir });
    expect(rebuilt.verdict).toBe('not-rebuildable');
    expect(rebuilt.diagnoses?.map(({ step }) => step)).toEqual(['train']);
    const [diagnosis] = rebuilt.diagnoses ?? [];
    expect(diagnosis?.causes.map(({ cause, certainty }) => [cause, certainty])).toEqual([
      [pipeline.cause, 'shown'],
    ]);
    expect(diagnosis?.excluded.map(({ cause }) => cause)).not.toContain(pipeline.cause);
    assertRecordJson(JSON.parse(JSON.stringify(rebuilt.divergences)) as Json);
  });
}
