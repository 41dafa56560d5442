// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BlobStore, openFileBlobStore } from '../src/blobs/blob-store.ts';
import { rebuildRun } from '../src/rebuild/rebuild-run.ts';
import { executeRun } from '../src/run/execute-run.ts';
import type { RunResult } from '../src/run/result.ts';
import { MANIFEST_HEADER, readTreeManifest } from '../src/snapshot/tree-manifest.ts';
import { snapshotTree } from '../src/snapshot/tree-snapshot.ts';
import { commitRepository } from './example-repository.ts';

let root: string;
let blobs: BlobStore;
const now = () => new Date('2026-04-01T10:00:00.000Z');

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pinned-data-'));
  blobs = openFileBlobStore(join(root, 'blobs'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function keep(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const path = join(root, name);
  for (const [file, text] of Object.entries(files)) {
    await mkdir(join(path, file, '..'), { recursive: true });
    await writeFile(join(path, file), text);
  }
  if (name === 'images') await symlink('a/one.png', join(path, 'first.png'));
  const cacheFile = join(root, `${name}.cache`);
  return (await snapshotTree({ path, blobs, cacheFile, threadsMax: 1, now: () => new Date() }))
    .digest;
}

let repositories = 0;

async function run(data: string, steps: string): Promise<RunResult> {
  repositories += 1;
  const checkout = join(root, `repository-${repositories}`);
  await commitRepository(checkout, {
    'countersign.yaml': `model: toy\ndata:\n${data}\nsteps:\n${steps}\n`,
  });
  return executeRun({
    source: { checkout },
    blobs,
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    callerEnvironment: process.env,
    draft: true,
    now,
  });
}

const READ = `  read:
    run: |
      ls images > seen.txt
      cat images/first.png images/a/two.png loans.csv parts.csv >> seen.txt
      (echo x >> images/a/one.png) 2> /dev/null || echo 'cannot be written to' >> seen.txt
    inputs: [images, loans, parts]
    outputs: [seen.txt]`;

describe('data that was kept beforehand', () => {
  let result: RunResult;
  let images: string;
  let parts: string;

  beforeAll(async () => {
    images = await keep('images', { 'a/one.png': 'ONE', 'a/two.png': 'TWO\n' });
    const loans = await keep('loans', { 'raw/loans.csv': 'id,bad\n1,0\n2,1\n', README: 'x' });
    parts = await keep('parts', {
      'year=2025/b.csv': 'id,amount\n3,30\n',
      'year=2025/a.csv': 'id,amount\n2,20\n',
      'year=2024/z.csv': 'id,amount\n1,10\n',
      _SUCCESS: '',
    });
    result = await run(
      `  images: { from: { snapshot: "${images}" } }
  loans: { from: { snapshot: "${loans}", file: raw/loans.csv } }
  parts: { from: { snapshot: "${parts}", parts: csv } }`,
      READ,
    );
  });

  test('is read by steps: a folder as it was and read-only, parts as one table in the order of their paths', async () => {
    expect(result.failure).toBeNull();
    const [seen] = result.steps[0]?.outputs ?? [];
    expect(Buffer.from(await blobs.get(seen?.digest ?? '')).toString()).toBe(
      'a\nfirst.png\nONETWO\nid,bad\n1,0\n2,1\nid,amount\n1,10\n2,20\n3,30\ncannot be written to\n',
    );
  });

  test('is named by the run: the version, its totals and every part', () => {
    expect(result.folders).toMatchObject([
      { dataset: 'images', content: { digest: images }, files: 2, links: 1, bytes: 7 },
    ]);
    expect(result.snapshots.map(({ dataset, rows }) => [dataset, rows])).toEqual([
      ['loans', 2],
      ['parts', 3],
    ]);
    expect(result.snapshots[1]?.origin).toMatchObject({
      snapshot: parts,
      parts: [
        { name: 'year=2024/z.csv' },
        { name: 'year=2025/a.csv' },
        { name: 'year=2025/b.csv' },
      ],
    });
    expect(result.steps[0]?.inputs[0]).toMatchObject({
      as: 'images',
      folder: true,
      digest: images,
    });
  });

  test('comes back in a rebuild', async () => {
    const rebuilt = await rebuildRun({
      result,
      blobs,
      workDir: join(root, 'rebuild'),
      callerEnvironment: process.env,
      now,
    });
    expect(rebuilt).toMatchObject({ verdict: 'byte-identical' });
  });
});

describe('data that cannot be read', () => {
  const DO = '  s: { run: echo x > out, outputs: [out] }';

  test('was never kept here: where it is named and how to keep it is said', async () => {
    const { failure } = await run(`  x: { from: { snapshot: "${'0'.repeat(64)}" } }`, DO);
    expect(failure).toMatchObject({
      code: 'blob_missing',
      dataset: 'x',
      message: expect.stringMatching(/countersign\.yaml:3: .* is not here; keep it with/),
    });
  });

  test('has no such file, or files that are no parts', async () => {
    const digest = await keep('mixed', { 'a.csv': 'a\n1\n', 'b.bin': 'x' });
    const none = await run(`  x: { from: { snapshot: "${digest}", file: c.csv } }`, DO);
    expect(none.failure?.message).toContain('has no file `c.csv`');
    const mixed = await run(`  x: { from: { snapshot: "${digest}", parts: csv } }`, DO);
    expect(mixed.failure?.message).toContain('`b.bin` in `x` is no `.csv` file');
  });

  test('says of a folder what only a table can have', async () => {
    const data = `  x: { from: { snapshot: "${'0'.repeat(64)}" }, roles: { label: y } }`;
    await expect(run(data, DO)).rejects.toMatchObject({
      code: 'pipeline_file_invalid',
      message: expect.stringContaining('a folder of files has no rows and columns'),
    });
  });
});

describe('a manifest that somebody else wrote', () => {
  const digest = 'a'.repeat(64);
  const file = (path: string): string =>
    `{"digest":"${digest}","path":${JSON.stringify(path)},"size":1}\n`;
  const one = '{"bytes":1,"files":1,"links":0}\n';

  test.each([
    ['a path that leads out', `${file('../x')}${one}`, /line 2: the path/],
    ['an absolute path', `${file('/x')}${one}`, /line 2: the path/],
    ['paths out of order', `${file('b')}${file('a')}${one}`, /line 3: `a` is out of order/],
    ['one path twice', `${file('a')}${file('a')}${one}`, /line 3: `a` is out of order/],
    [
      'a link that leads out',
      `{"link":"../../etc","path":"a"}\n${one}`,
      /line 2: `a` has no digest/,
    ],
    ['other totals', `${file('a')}{"bytes":2,"files":1,"links":0}\n`, /the totals are not those/],
    ['no totals', file('a'), /the totals are not those/],
    ['a torn line', `${file('a')}{"bytes":1`, /line 3: the last line is torn/],
    ['something behind its totals', `${file('a')}${one}${file('b')}`, /line 4: something follows/],
  ])('with %s is refused with its line', async (_what, lines, message) => {
    const { digest: name } = await blobs.put(new TextEncoder().encode(MANIFEST_HEADER + lines));
    const read = async () => {
      for await (const _entry of readTreeManifest(blobs, name));
    };
    await expect(read()).rejects.toMatchObject({
      code: 'data_version_invalid',
      message: expect.stringMatching(message),
    });
  });
});
