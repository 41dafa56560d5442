// SPDX-License-Identifier: Apache-2.0
// Data versions on their way through the platform: into the worker's own store, out of it by digest, and into a rebuild.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordSet } from '@countersign/kernel';
import {
  type BlobStore,
  openFileBlobStore,
  parsePipelineFile,
  type RunResult,
  snapshotTree,
} from '@countersign/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commitRepository } from '../../pipeline/tests/example-repository.ts';
import { folderContent, snapshotContents } from '../src/jobs/data-records.ts';
import { ingestRun } from '../src/jobs/ingest-run.ts';
import { personalData } from '../src/jobs/personal-data.ts';
import { copyPinnedData } from '../src/jobs/pinned-data.ts';
import { rebuildInWorker, runWorker } from '../src/jobs/run-worker.ts';
import { openDataKeys } from '../src/store/index.ts';

let root: string;
let blobs: BlobStore;
let images: string;
let loans: string;
const keys = () => openDataKeys(root);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pinned-worker-'));
  blobs = openFileBlobStore(join(root, 'platform'), { keys: keys() });
  images = await keep('images', { 'a/one.png': 'ONE', 'two.png': 'TWO' });
  loans = await keep('loans', { '2025.csv': 'id,bad\n2,1\n', '2024.csv': 'id,bad\n1,0\n' });
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function keep(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(join(root, name, file, '..'), { recursive: true });
    await writeFile(join(root, name, file), text);
  }
  const cacheFile = join(root, 'cache', name);
  const path = join(root, name);
  return (await snapshotTree({ path, blobs, cacheFile, threadsMax: 1, now: () => new Date() }))
    .digest;
}

const place = (name: string) => ({
  scratch: join(root, name),
  report: () => {},
  signal: new AbortController().signal,
});

/** Of a firm whose records seal some contents. */
const sealing = (...contents: readonly { split: string; contentDigest: string }[]): RecordSet =>
  ({
    records: contents.map((content) => ({
      statement: { predicate: { type: 'dataset-snapshot', content: { ...content, sealed: true } } },
    })),
  }) as unknown as RecordSet; // what the rule reads of one

/** Of the last run. */
let sealedUnder: ReadonlyMap<string, string> = new Map();

async function run(
  name: string,
  data: string,
  reads = 'images/a/one.png loans.csv',
  inputs = '[images, loans]',
): Promise<RunResult> {
  const checkout = join(root, `${name}-repository`);
  await commitRepository(checkout, {
    'countersign.yaml': `model: toy\ndata:\n${data}\nsteps:\n  s: { run: "cat ${reads} > out.txt", inputs: ${inputs}, outputs: [out.txt] }\n`,
  });
  const bundlePath = join(root, `${name}.bundle`);
  execFileSync('git', ['-C', checkout, 'bundle', 'create', '--quiet', bundlePath, 'HEAD']);
  const commit = execFileSync('git', ['-C', checkout, 'rev-parse', 'HEAD'], { encoding: 'utf8' });
  const bundle = (await blobs.putFile(bundlePath)).digest;
  const ran = await runWorker(place(name), {
    blobs,
    commit: commit.trim(),
    bundle,
    run: `run-${name}`,
    cache: 'refresh',
    layPinnedData: (pins, to) => copyPinnedData(sealing(), pins, { from: blobs, to }),
  });
  if (ran.result.failure !== null) return ran.result;
  const text = Buffer.from(await ran.blobs.get(ran.result.pipelineFileBlob.digest)).toString();
  const { file } = parsePipelineFile(text);
  const personal = await personalData({ result: ran.result, file }, ran.blobs, keys());
  await ingestRun(ran.result, ran.blobs, blobs, personal);
  sealedUnder = personal;
  return ran.result;
}

const DATA = () =>
  `  images: { from: { snapshot: "${images}" } }\n  loans: { from: { snapshot: "${loans}", parts: csv } }`;

describe('a run on data versions', () => {
  test('finds them in its own store, is recorded with them, and comes back elsewhere', async () => {
    const result = await run('worker', DATA());
    expect(result.failure).toBeNull();
    const [out] = result.steps[0]?.outputs ?? [];
    expect(Buffer.from(await blobs.get(out?.digest ?? '')).toString()).toBe(
      'ONEid,bad\n1,0\n2,1\n',
    );
    const [folder] = result.folders ?? [];
    if (folder === undefined) throw new Error('the run has no folder');
    expect(folderContent(folder, undefined)).toMatchObject({
      dataset: 'images',
      contentDigest: images,
      format: 'folder',
      rows: 2,
      source: { origin: { snapshot: images }, totals: { bytes: 6 } },
    });
    const rebuilt = await rebuildInWorker(place('rebuild'), {
      result,
      blobs,
      surroundings: { TZ: 'Asia/Kathmandu' },
      cachedEnvironment: false,
    });
    expect(rebuilt).toMatchObject({ verdict: 'byte-identical' });
  }, 60_000);

  test('that the platform was never sent says where they are named', async () => {
    const result = await run('lacking', DATA().replace(images, 'e'.repeat(64)));
    expect(result.failure).toMatchObject({
      code: 'blob_missing',
      message: expect.stringMatching(/countersign\.yaml:3: .* `--remote`/),
    });
  }, 60_000);
});

describe('personal data', () => {
  let result: RunResult;
  const PERSON = 'Ada Lovelace';
  const onDisk = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const entry of await readdir(join(root, 'platform'), { recursive: true })) {
      const bytes = await readFile(join(root, 'platform', entry)).catch(() => undefined);
      if (bytes?.includes(PERSON) === true) found.push(entry);
    }
    return found;
  };

  beforeAll(async () => {
    const people = await keep('people', { 'people.csv': `id,name\n1,${PERSON}\n2,Bob\n` });
    const faces = await keep('faces', { 'a/one.png': `face of ${PERSON}` });
    expect(await onDisk()).toHaveLength(2);
    result = await run(
      'personal',
      `  images: { from: { snapshot: "${faces}" }, personal_data: biometric }
  loans: { from: { snapshot: "${people}", parts: csv }, personal_data: true, splits: { development: { fraction: 0.5 }, holdout: { fraction: 0.5, sealed: true } } }`,
      'images/a/one.png loans.development.csv | sha256sum',
      '[images, loans.development]',
    );
  }, 60_000);

  test('lies in the platform’s store under the keys of its classes, and nowhere plain', async () => {
    expect(result.failure).toBeNull();
    expect(await onDisk()).toEqual([]);
    const [snapshot] = result.snapshots;
    const [folder] = result.folders ?? [];
    if (snapshot === undefined || folder === undefined) throw new Error('nothing was taken');
    for (const content of snapshotContents(snapshot, undefined, sealedUnder))
      expect(content.encryptionKey).toMatch(/^personal-data\.[0-9a-f]{16}$/);
    const { encryptionKey } = folderContent(folder, undefined, sealedUnder);
    expect(encryptionKey).toMatch(/^biometric\./);
    expect(Buffer.from(await blobs.get(snapshot.content.digest)).toString()).toContain(PERSON);
    expect((await stat(join(root, 'data-keys', `${encryptionKey}.json`))).mode & 0o777).toBe(0o600);
  });

  const rebuild = (name: string) =>
    rebuildInWorker(place(name), { result, blobs, surroundings: {}, cachedEnvironment: false });

  test('comes back in a rebuild, whose worker is given no key', async () => {
    expect(await rebuild('personal-rebuild')).toMatchObject({ verdict: 'byte-identical' });
    const job = await readFile(join(root, 'personal-rebuild', 'job.json'), 'utf8');
    expect(job).not.toContain('data-keys');
  }, 60_000);

  test('is gone for good with the key of its class, and data of other classes is not', async () => {
    for (const name of await readdir(join(root, 'data-keys')))
      if (name.startsWith('biometric.')) await rm(join(root, 'data-keys', name));
    const [folder] = result.folders ?? [];
    expect(await blobs.has(folder?.content.digest ?? '')).toBe(false);
    expect(await blobs.has(result.snapshots[0]?.content.digest ?? '')).toBe(true);
    await expect(blobs.get(folder?.content.digest ?? '')).rejects.toMatchObject({
      code: 'blob_key_missing',
    });
    expect(await rebuild('personal-gone')).toMatchObject({ verdict: 'not-rebuildable' });
  }, 60_000);
});

describe('rows that are sealed', () => {
  test('reach no worker through a manifest that names them', async () => {
    const text = 'id,bad\n9,1\n';
    const { digest } = await blobs.put(new TextEncoder().encode(text));
    const sly = await keep('sly', { 'holdout.csv': text });
    const pins = (isSealing: boolean) => [{ dataset: 'x', snapshot: sly, isSealing }];
    const attempt = (set: RecordSet, isSealing: boolean) =>
      copyPinnedData(set, pins(isSealing), {
        from: blobs,
        to: openFileBlobStore(join(root, 'attempt')),
      });
    const refused = { code: 'job_request_refused' };
    const part = sealing({ split: 'holdout', contentDigest: digest });
    await expect(attempt(part, false)).rejects.toMatchObject(refused);
    await expect(attempt(part, true)).rejects.toMatchObject(refused);
    const whole = sealing({ split: 'all', contentDigest: digest });
    await expect(attempt(whole, false)).rejects.toThrow('seal rows of the dataset as well');
    await attempt(whole, true);
    // A digest that is a whole here and a sealed part there is a sealed part.
    const both = sealing(
      { split: 'holdout', contentDigest: digest },
      { split: 'all', contentDigest: digest },
    );
    await expect(attempt(both, true)).rejects.toMatchObject(refused);
  });
});
