// SPDX-License-Identifier: Apache-2.0
// An image that is named and not imported, from a registry of its own: Debian's docker-registry, asked by skopeo.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileBlobStore } from '../src/blobs/blob-store.ts';
import { obtainImage } from '../src/container/obtain-image.ts';
import { ownArchitecture, partsOfImage } from '../src/container/oci-image.ts';
import { writeBusyboxImage } from './busybox-image.ts';

const NEEDED = ['docker-registry', 'skopeo'];
let root: string;
let home: string;
let registry: ChildProcess | undefined;
let place: string;
let digest: string;

beforeAll(async () => {
  const missing = NEEDED.filter((name) => !existsSync(`/usr/bin/${name}`));
  if (missing.length > 0)
    throw new Error(`run \`apt-get install --no-install-recommends ${missing.join(' ')}\``);
  root = await mkdtemp(join(tmpdir(), 'registry-'));
  home = join(root, 'home');
  const port = await freePort();
  place = `localhost:${port}`;
  await mkdir(join(home, '.config', 'containers'), { recursive: true });
  const insecure = `[[registry]]\nlocation = "${place}"\ninsecure = true\n`;
  await writeFile(join(home, '.config', 'containers', 'registries.conf'), insecure);
  const storage = `storage: { filesystem: { rootdirectory: ${root}/registry } }`;
  const file = join(root, 'registry.yml');
  await writeFile(file, `version: 0.1\n${storage}\nhttp: { addr: 127.0.0.1:${port} }\n`);
  registry = spawn('docker-registry', ['serve', file], { stdio: 'ignore' });
  for (let look = 0; look < 100; look += 1) {
    if (
      await fetch(`http://${place}/v2/`).then(
        (one) => one.ok,
        () => false,
      )
    )
      break;
    await sleep(200);
  }
  digest = await writeBusyboxImage(join(root, 'oci'));
  const push = ['copy', '--quiet', '--preserve-digests', `oci:${root}/oci`];
  const env = { ...process.env, HOME: home };
  execFileSync('skopeo', [...push, `docker://${place}/team/bb:1`], { env });
});
afterAll(async () => {
  registry?.kill();
  if (root !== undefined) await rm(root, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('it was listening');
  return address.port;
}

const obtain = (named: string) => {
  const blobs = openFileBlobStore(join(root, `blobs-${named.slice(7, 19)}`));
  const hostEnvironment = { PATH: process.env.PATH ?? '', HOME: home };
  const reference = `${place}/team/bb@${named}`;
  return obtainImage({ reference, blobs, scratch: root, hostEnvironment }).then((image) => ({
    image,
    blobs,
  }));
};

test('an image comes from its registry by digest, every part archived', async () => {
  const { image, blobs } = await obtain(digest);
  expect(`sha256:${image.manifest.digest}`).toBe(digest);
  for (const part of partsOfImage(image)) expect(await blobs.has(part.digest)).toBe(true);
});

test('of an index the manifest of this machine is taken, and both are archived', async () => {
  const [manifest] = JSON.parse(await readFile(join(root, 'oci', 'index.json'), 'utf8')).manifests;
  const platform = { os: 'linux', architecture: ownArchitecture() };
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    manifests: [{ ...manifest, platform }],
  });
  const named = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  const put = await fetch(`http://${place}/v2/team/bb/manifests/${named}`, {
    method: 'PUT',
    headers: { 'content-type': mediaType },
    body,
  });
  expect(put.status).toBe(201);
  const { image, blobs } = await obtain(named);
  expect(`sha256:${image.index?.digest}`).toBe(named);
  expect(`sha256:${image.manifest.digest}`).toBe(digest);
  for (const part of partsOfImage(image)) expect(await blobs.has(part.digest)).toBe(true);
});

test('what the registry does not have is said, with the way to import it', async () => {
  const missing = obtain(`sha256:${'1'.repeat(64)}`);
  await expect(missing).rejects.toMatchObject({ code: 'image_missing' });
  await expect(missing).rejects.toThrow(/manifest unknown.*countersign environment import/s);
});
