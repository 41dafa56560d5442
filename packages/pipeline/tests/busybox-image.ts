// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The statically linked program of Debian's package busybox-static: with links to it, a root file system. */
const BUSYBOX = '/bin/busybox';
const PROGRAMS = [
  'sh',
  'cat',
  'ls',
  'awk',
  'id',
  'env',
  'sleep',
  'touch',
  'wget',
  'sort',
  'grep',
  'dd',
  'true',
  'cp',
];
const DPKG_STATUS = `Package: busybox-static
Status: install ok installed
Architecture: amd64
Version: 1:1.35.0-4

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1
`;

type Entry = readonly [name: string, type: '0' | '2' | '5', content: Uint8Array | string];

/** Writes an OCI layout of a tiny image by hand (image-layout.md, manifest.md); its digest. */
export async function writeBusyboxImage(directory: string): Promise<string> {
  const program = await readFile(BUSYBOX);
  const folders = ['bin', 'etc', 'tmp', 'proc', 'sys', 'dev', 'var', 'var/lib', 'var/lib/dpkg'];
  const layer = tar([
    ...folders.map((name): Entry => [name, '5', '']),
    ['bin/busybox', '0', program],
    ...PROGRAMS.map((name): Entry => [`bin/${name}`, '2', 'busybox']),
    ['etc/image', '0', Buffer.from('from the image\n')],
    ['var/lib/dpkg/status', '0', Buffer.from(DPKG_STATUS)],
  ]);
  await mkdir(join(directory, 'blobs', 'sha256'), { recursive: true });
  const put = async (mediaType: string, bytes: Uint8Array) => {
    const digest = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(directory, 'blobs', 'sha256', digest), bytes);
    return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
  };
  const kind = 'application/vnd.oci.image';
  const rootLayer = await put(`${kind}.layer.v1.tar`, layer);
  const config = await put(
    `${kind}.config.v1+json`,
    json({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { Env: ['PATH=/bin', 'OF_THE_IMAGE=yes', 'TZ=Asia/Kathmandu'] },
      rootfs: { type: 'layers', diff_ids: [rootLayer.digest] },
    }),
  );
  const mediaType = `${kind}.manifest.v1+json`;
  const manifest = await put(
    mediaType,
    json({ schemaVersion: 2, mediaType, config, layers: [rootLayer] }),
  );
  await writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(join(directory, 'index.json'), json({ schemaVersion: 2, manifests: [manifest] }));
  return manifest.digest;
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** POSIX ustar: headers of 512 bytes with octal numbers, contents filled up to 512. */
function tar(entries: readonly Entry[]): Buffer {
  const parts = entries.flatMap(([name, type, content]) => {
    const bytes = type === '0' ? Buffer.from(content) : Buffer.alloc(0);
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write('0000755\0', 100);
    header.write('0000000\0'.repeat(2), 108);
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0        ', 136);
    header.write(type, 156);
    if (type === '2') header.write(String(content), 157);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}
