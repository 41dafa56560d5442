// SPDX-License-Identifier: Apache-2.0
// Attacks by a step that runs in a container, and by the image that it runs in: on the host, its sockets and the store of
// images. Real podman or docker, an image written by hand.
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BlobStore,
  executeRun,
  importImage,
  openFileBlobStore,
  openLayout,
  type RunResult,
} from '@countersign/pipeline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeStorage } from '../packages/pipeline/src/container/container-tool.ts';
import { containerStorage } from '../packages/pipeline/src/environment/restore-environment.ts';
import { writeBusyboxImage } from '../packages/pipeline/tests/busybox-image.ts';
import { commitRepository } from '../packages/pipeline/tests/example-repository.ts';

let root: string;
let blobs: BlobStore;
let honest: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'redteam-containers-'));
  blobs = openFileBlobStore(join(root, 'blobs'));
  await writeBusyboxImage(join(root, 'oci'));
  honest = await imported(join(root, 'oci'));
});
afterAll(async () => {
  await removeStorage(containerStorage(join(root, 'cache')));
  await rm(root, { recursive: true, force: true });
});

async function imported(directory: string): Promise<string> {
  const layout = await openLayout(directory, { scratch: root, name: 'example.org/sly' });
  await importImage(layout, blobs);
  return layout.image.reference;
}

async function run(reference: string, command: string): Promise<RunResult> {
  const checkout = await mkdtemp(join(root, 'repository-'));
  await commitRepository(checkout, {
    'countersign.yaml': `model: toy\nenvironment: { image: "${reference}" }\nsteps:\n  s:\n    run: |\n      ${command.replaceAll('\n', '\n      ')}\n    outputs: [out.txt]\n`,
  });
  return executeRun({
    source: { checkout },
    blobs,
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    draft: true,
    now: () => new Date(),
    callerEnvironment: process.env,
  });
}

const said = async ({ steps }: RunResult) =>
  Buffer.from(await blobs.get(steps[0]?.outputs[0]?.digest ?? '')).toString();

interface Entry {
  readonly name: string;
  /** As POSIX ustar: file, link, device of characters. */
  readonly type: '0' | '2' | '3';
  readonly mode: string;
  readonly content?: string;
  readonly link?: string;
}

/** One entry as POSIX ustar writes it. */
function tarEntry({ name, type, mode, content = '', link = '' }: Entry): Buffer {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(`${mode.padStart(7, '0')}\0${'0000000\0'.repeat(2)}`, 100);
  header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0        ', 136);
  header.write(`${type}${link}`, 156);
  header.write('ustar\x0000', 257);
  if (type === '3') header.write('0000001\x000000003\0', 329);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

/** The honest image with a layer more, and a configuration that asks for everything. */
async function withLayer(name: string, entries: readonly Entry[]): Promise<string> {
  const directory = join(root, name);
  await writeBusyboxImage(directory);
  const at = (digest: string) => join(directory, 'blobs', 'sha256', digest.replace('sha256:', ''));
  const put = async (bytes: Uint8Array) => {
    const digest = createHash('sha256').update(bytes).digest('hex');
    await writeFile(at(digest), bytes);
    return { digest: `sha256:${digest}`, size: bytes.length };
  };
  const json = async (digest: string) => JSON.parse(await readFile(at(digest), 'utf8'));
  const [top] = JSON.parse(await readFile(join(directory, 'index.json'), 'utf8')).manifests;
  const manifest = await json(top.digest);
  const config = await json(manifest.config.digest);
  const layer = await put(Buffer.concat([...entries.map(tarEntry), Buffer.alloc(1024)]));
  config.rootfs.diff_ids.push(layer.digest);
  config.config = {
    ...config.config,
    User: '0:0',
    Entrypoint: ['/bin/sh', '-c', 'echo ENTRYPOINT > /work/out.txt'],
    Volumes: { '/work': {}, '/etc': {} },
    Healthcheck: { Test: ['CMD', 'touch', '/work/healthcheck'] },
  };
  manifest.layers.push({ ...manifest.layers[0], ...layer });
  manifest.config = { ...manifest.config, ...(await put(Buffer.from(JSON.stringify(config)))) };
  const named = await put(Buffer.from(JSON.stringify(manifest)));
  await writeFile(
    join(directory, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...top, ...named }] }),
  );
  return imported(directory);
}

test('RT-493 a step in a container finds no socket, storage, device or process of the host, and changes nothing of its kernel', async () => {
  const socket = join(root, 'host.sock');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(socket, () => resolve()));
  const result = await run(
    honest,
    `set +e
(ls ${root} ${join(root, 'cache')} /run/podman /run/docker.sock /var/run/docker.sock /var/lib/containers /root /home 2>/dev/null | grep . && echo FO''UND) > out.txt
for file in /proc/sys/kernel/hostname /proc/sysrq-trigger /sys/kernel/uevent_helper /proc/sys/kernel/core_pattern /proc/self/oom_score_adj.x; do (echo x > $file) 2>/dev/null && echo WR''OTE $file >> out.txt; done
ls /dev | sort >> out.txt
for pid in $(ls /proc | grep '^[0-9]'); do cat /proc/$pid/cmdline >> out.txt 2>/dev/null; done
cat /proc/kcore 2>/dev/null | dd of=/dev/null bs=1 count=1 2>/dev/null
grep -c . /proc/net/unix >> out.txt
true`,
  );
  server.close();
  expect(result.failure).toBeNull();
  const text = await said(result);
  expect(text).not.toMatch(/FOUND|WROTE/);
  expect(text).not.toMatch(/^(sda|vda|mem|kmsg|fuse|loop)/m);
  expect(text).not.toMatch(/vitest|podman run|conmon|postgres/);
}, 300_000);

test('RT-494 an image’s own user, entrypoint, volumes and health check are not asked, and its setuid programs give nothing', async () => {
  const reference = await withLayer('setuid', [
    { name: 'bin/rootid', type: '0', mode: '4755', content: '#!/bin/sh\nid -u\n' },
    {
      name: 'etc/passwd',
      type: '0',
      mode: '644',
      content: 'root::0:0::/:/bin/sh\nx::65534:65534::/:/bin/sh\n',
    },
  ]);
  const result = await run(
    reference,
    `set +e
id -u > out.txt
/bin/rootid >> out.txt
grep -E '^(CapEff|NoNewPrivs)' /proc/self/status >> out.txt
ls /work >> out.txt`,
  );
  expect(result.failure).toBeNull();
  const text = await said(result);
  expect(text).not.toMatch(/^0$|ENTRYPOINT|healthcheck/m);
  expect(text).toMatch(/CapEff:\t0000000000000000/);
  expect(text).toMatch(/NoNewPrivs:\t1/);
}, 300_000);

test('RT-495 a layer that climbs out of its root, brings devices or links to the host writes nothing here', async () => {
  const escaped = join(root, 'escaped');
  const up = '../'.repeat(12);
  const layers: readonly (readonly [string, readonly Entry[]])[] = [
    [
      'climbs',
      [{ name: `${up}${escaped.slice(1)}`.slice(0, 99), type: '0', mode: '644', content: 'x' }],
    ],
    [
      'by-a-link',
      [
        { name: 'out', type: '2', mode: '777', link: root },
        { name: 'out/escaped', type: '0', mode: '644', content: 'x' },
      ],
    ],
    ['whiteout', [{ name: `.wh.${up}${escaped.slice(1)}`.slice(0, 99), type: '0', mode: '644' }]],
    ['device', [{ name: 'disk', type: '3', mode: '666' }]],
  ];
  for (const [name, entries] of layers) {
    const reference = await withLayer(name, entries);
    const outcome = await run(
      reference,
      'set +e; (cat /disk; cat /out/escaped) > out.txt 2>&1; (echo x > /disk) 2>&1 >> out.txt; true',
    ).then(
      (result) => result.failure?.code ?? 'it ran',
      (error: { code?: string }) => error.code ?? 'unforeseen',
    );
    expect([name, outcome]).toEqual([
      name,
      expect.stringMatching(/^(it ran|container_failed|image_invalid|step_failed)$/),
    ]);
    await expect(stat(escaped)).rejects.toMatchObject({ code: 'ENOENT' });
  }
  expect(await readdir(root)).not.toContain('escaped');
}, 300_000);

test('RT-496 an image whose archived layer was swapped is not run, and one under another’s digest is another’s', async () => {
  const reference = await withLayer('swapped', [
    { name: 'etc/image', type: '0', mode: '644', content: 'from the sly one\n' },
  ]);
  const layout = await openLayout(join(root, 'swapped'), { scratch: root });
  const [, layer] = layout.image.layers;
  const digest = layer?.digest ?? '';
  const path = join(root, 'blobs', 'sha256', digest.slice(0, 2), digest);
  const bytes = await readFile(path);
  await rm(path);
  await writeFile(path, Buffer.from(bytes.toString('latin1').replace('sly', 'bad'), 'latin1'));
  blobs = openFileBlobStore(join(root, 'blobs'));
  const refused = run(reference, 'cat /etc/image > out.txt');
  await expect(refused).rejects.toMatchObject({ code: 'blob_corrupt' });
  expect(await said(await run(honest, 'cat /etc/image > out.txt'))).toBe('from the image\n');
}, 300_000);
