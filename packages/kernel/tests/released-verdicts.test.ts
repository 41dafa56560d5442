// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { noblePrimitives } from '@countersign/kernel/noble';
import { nodePrimitives } from '@countersign/kernel/node';
import { describe, expect, test } from 'vitest';
import { RELEASES, type ReleaseFixture, verdictsOf } from './release-fixtures.ts';

describe.each(readdirSync(RELEASES))('the records of release %s', (release) => {
  const text = (file: string) => readFileSync(join(RELEASES, release, file), 'utf8');
  const fixture = JSON.parse(text('fixture.json')) as ReleaseFixture;

  test.each([
    ['Node', nodePrimitives],
    ['the browser’s library', noblePrimitives],
  ] as const)('get the verdicts that this release gave, by %s', (_, primitives) => {
    expect(`${verdictsOf(primitives, fixture)}\n`).toBe(text('verdicts.json'));
  });

  test('hold verdicts of each sort: kept and lost, counted and refused', () => {
    const verdicts = text('verdicts.json');
    const sorts = ['holds', 'warrant_revoked', 'warrant_expired', 'warrant_gates', 'suspended'];
    expect(sorts.filter((one) => !verdicts.includes(`"${one}"`))).toEqual([]);
    expect(JSON.parse(verdicts).rejected).not.toEqual([]);
  });
});
