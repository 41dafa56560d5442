// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { checkLease, type LakeFiles, type LeaseDepth, leaseProblem } from './check-lease.ts';
import type { LeasedTable } from './leased-table.ts';
import type { TableListing } from './table-listing.ts';

const table: LeasedTable = {
  delta: '/lake/loans',
  version: 4,
  mode: 'referenced',
  lease: { until: '2026-03-31', agreed: 'data office' },
  listing: { digest: 'a'.repeat(64), size: 1 },
  region: null,
  endpoint: null,
};
const paths = [...Array(40).keys()].map((n) => `part-${n}`);
const listing = {
  files: paths.map((path) => ({
    path,
    uri: `/lake/loans/${path}`,
    role: 'data',
    rows: null,
    size: 10,
    sha256: 'b'.repeat(64),
  })),
} as unknown as TableListing; // a check reads nothing else of it

/** A lake in which all is well but what is told otherwise; and the files that were read whole. */
function lake(
  other: Readonly<Record<string, null | { size: number; digest: string } | Error>> = {},
) {
  const whole: string[] = [];
  const at = (uri: string) => {
    const found = other[uri.slice('/lake/loans/'.length)];
    if (found instanceof Error) throw found;
    return found === undefined ? { size: 10, digest: 'b'.repeat(64) } : found;
  };
  const files: LakeFiles = {
    size: async (uri) => {
      const found = at(uri);
      return found === null ? null : { size: found.size };
    },
    digest: async (uri) => {
      whole.push(uri);
      return at(uri);
    },
  };
  return { files, whole };
}

const check = (files: LakeFiles, depth: LeaseDepth, day = '2026-03-01') =>
  checkLease(table, { listing, files }, { depth, now: new Date(`${day}T10:00:00.000Z`) });

test('a sample is of the size asked for, the same for one seed and another for another', async () => {
  const sampled = async (seed: string) => {
    const { files, whole } = lake();
    const found = await check(files, { kind: 'sample', files: 5, seed });
    expect(found).toMatchObject({ state: 'kept', digested: 5, files: 40, depth: 'sample' });
    return whole;
  };
  expect(await sampled('2026-03-01')).toEqual(await sampled('2026-03-01'));
  expect(await sampled('2026-03-01')).not.toEqual(await sampled('2026-03-02'));
});

test('sizes alone see a file that was cut and not one of other bytes', async () => {
  const { files, whole } = lake({
    'part-3': { size: 9, digest: 'c'.repeat(64) },
    'part-4': { size: 10, digest: 'c'.repeat(64) },
  });
  const bySize = await check(files, { kind: 'size' });
  expect(whole).toEqual([]);
  expect(bySize.changed).toEqual([
    { path: 'part-3', role: 'data', what: 'size', recorded: '10', found: '9' },
  ]);
  const byDigest = await check(files, { kind: 'full' });
  expect(byDigest.changed.map(({ path, what }) => [path, what])).toEqual([
    ['part-3', 'size'],
    ['part-4', 'sha256'],
  ]);
});

test('a file that nobody answers for is neither there nor gone', async () => {
  const { files } = lake({ 'part-7': new Error('connection refused') });
  const found = await check(files, { kind: 'size' });
  expect(found).toMatchObject({ state: 'unknown', missing: [], changed: [] });
  expect(found.unread).toEqual([{ path: 'part-7', why: 'connection refused' }]);
  expect(leaseProblem(found)).toContain('1 could not be looked at (`part-7`)');
});

test('a lease runs to the end of its day, and what is lost afterwards is still told', async () => {
  const { files } = lake({ 'part-7': null });
  const states = await Promise.all(
    ['2026-03-30', '2026-03-31', '2026-04-01'].map((day) => check(files, { kind: 'size' }, day)),
  );
  expect(states.map(({ state, daysLeft }) => [state, daysLeft])).toEqual([
    ['broken', 1],
    ['broken', 0],
    ['ended', -1],
  ]);
  const [, , ended] = states;
  expect(ended && leaseProblem(ended)).toMatch(/ended on 2026-03-31; 1 are gone \(`part-7`\)/);
});
