// SPDX-License-Identifier: Apache-2.0
// An imported image on its way through the platform: into the worker's own store, out of it by digest, and into a rebuild.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  environmentBlobs,
  importImage,
  openFileBlobStore,
  openLayout,
} from '@countersign/pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeStorage } from '../../pipeline/src/container/container-tool.ts';
import { writeBusyboxImage } from '../../pipeline/tests/busybox-image.ts';
import { commitRepository } from '../../pipeline/tests/example-repository.ts';
import { ingestRun } from '../src/jobs/ingest-run.ts';
import { environmentContent } from '../src/jobs/run-records.ts';
import { rebuildInWorker, runWorker } from '../src/jobs/run-worker.ts';

let root: string;
const cacheHome = process.env.XDG_CACHE_HOME;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'image-worker-'));
  process.env.XDG_CACHE_HOME = join(root, 'cache');
});
afterAll(async () => {
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
  await removeStorage(join(root, 'cache', 'countersign', 'containers'));
  await rm(root, { recursive: true, force: true });
});

const place = (name: string) => ({
  scratch: join(root, name),
  report: () => {},
  signal: new AbortController().signal,
});

test('a worker finds an imported image without a registry, and a rebuild elsewhere runs it again from the archive', async () => {
  const blobs = openFileBlobStore(join(root, 'platform'));
  await writeBusyboxImage(join(root, 'oci'));
  const layout = await openLayout(join(root, 'oci'), {
    scratch: root,
    name: 'example.org/busybox',
  });
  await importImage(layout, blobs);
  const checkout = join(root, 'repository');
  await commitRepository(checkout, {
    'countersign.yaml': `model: toy\nenvironment: { image: "${layout.image.reference}" }\nsteps:\n  s: { run: "cat /etc/image > out.txt", outputs: [out.txt] }\n`,
  });
  const bundlePath = join(root, 'source.bundle');
  execFileSync('git', ['-C', checkout, 'bundle', 'create', '--quiet', bundlePath, 'HEAD']);
  const commit = execFileSync('git', ['-C', checkout, 'rev-parse', 'HEAD'], { encoding: 'utf8' });
  const bundle = (await blobs.putFile(bundlePath)).digest;

  const ran = await runWorker(place('worker'), {
    ...{ blobs, commit: commit.trim(), bundle },
    ...{ run: 'run-1', cache: 'refresh' },
  });
  expect(ran.result.failure).toBeNull();
  await ingestRun(ran.result, ran.blobs, blobs);
  for (const { digest } of environmentBlobs(ran.result.environment))
    expect(await blobs.has(digest)).toBe(true);

  const content = environmentContent(ran.result);
  expect(content).toMatchObject({
    kind: 'image',
    lockDigest: layout.image.manifest.digest,
    image: { reference: layout.image.reference },
    billOfMaterials: { digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    hardwareClass: ran.result.platform.details?.cpu.level,
  });

  const rebuilt = await rebuildInWorker(place('rebuild'), {
    result: ran.result,
    blobs,
    surroundings: { TZ: 'Asia/Kathmandu' },
    cachedEnvironment: false,
  });
  expect(rebuilt).toMatchObject({ verdict: 'byte-identical', level: 'container' });
  expect(await readdir(join(root, 'rebuild', 'work'))).toEqual([]);
  await stat(join(root, 'cache', 'countersign', 'containers'));
});
