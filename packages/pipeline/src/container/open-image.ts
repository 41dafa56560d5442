// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { BlobStore } from '../blobs/blob-store.ts';
import { PipelineError } from '../errors.ts';
import { runProcess, tailOf } from '../process/run-process.ts';
import {
  type ContainerTool,
  callTool,
  findContainerTool,
  removeStorage,
} from './container-tool.ts';
import { type ImageRecord, invalid, partsOfImage } from './oci-image.ts';

/** An image that containers can be started from. */
export interface OpenedImage {
  readonly tool: ContainerTool;
  /** What the tool starts it by: the digest of its configuration, which commits to every layer. */
  readonly id: string;
  readonly record: ImageRecord;
  /** Removes a store that was laid out for this alone. */
  readonly close: () => Promise<void>;
}

export interface OpenImageOptions {
  readonly image: ImageRecord;
  readonly blobs: BlobStore;
  /** Of the tool: its store and state. Kept and used again, unless `isScratch`. */
  readonly storage: string;
  readonly isScratch: boolean;
  readonly scratch: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Of `image inspect`, which both tools print as a list. */
const described = z.array(
  z.looseObject({
    Id: z.string(),
    Digest: z.string().optional(),
    RepoDigests: z.array(z.string()).nullish(),
  }),
);

/**
 * Lays the archived image out as an OCI layout, loads it into the tool's store and checks that what was loaded is the
 * image with the recorded digests. An image that the store holds already is not loaded again. Throws PipelineError
 * `container_missing`, `container_failed`, `image_invalid`, `blob_missing` or `blob_corrupt`.
 */
export async function openImage(options: OpenImageOptions): Promise<OpenedImage> {
  await mkdir(options.storage, { recursive: true, mode: 0o711 });
  const tool = await findContainerTool(options);
  const { image } = options;
  const id = image.config.digest;
  const close = () => (options.isScratch ? removeStore(tool, options.storage) : Promise.resolve());
  try {
    // Docker's store is its daemon's: what it holds already must not stand for the archive in a rebuild.
    if (options.isScratch || !(await holds(tool, image))) {
      await clearStale(tool);
      const layout = join(options.scratch, `layout-${randomUUID()}`);
      await layOutImage(image, options.blobs, layout);
      await load(tool, layout, options);
      await rm(layout, { recursive: true, force: true });
      if (!(await holds(tool, image)))
        throw invalid(image.reference, `${tool.name} made another image of it than was recorded`);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { tool, id, record: image, close };
}

/** Writes an OCI image layout (image-layout.md 1.0.0) from the blob store, whose reads hold each part against its digest. */
export async function layOutImage(
  image: ImageRecord,
  blobs: BlobStore,
  directory: string,
): Promise<void> {
  const folder = join(directory, 'blobs', 'sha256');
  await mkdir(folder, { recursive: true });
  const parts = new Set(partsOfImage(image).map(({ digest }) => digest));
  for (const digest of parts) {
    if (digest !== image.index?.digest) await blobs.copyTo(digest, join(folder, digest));
  }
  const { manifest, manifestType } = image;
  const entry = {
    mediaType: manifestType,
    digest: `sha256:${manifest.digest}`,
    size: manifest.size,
  };
  const index = { schemaVersion: 2, manifests: [entry] };
  await writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(join(directory, 'index.json'), JSON.stringify(index));
}

/** Whether the store holds the image of exactly the recorded manifest (docker's older stores: configuration). */
async function holds(tool: ContainerTool, image: ImageRecord): Promise<boolean> {
  const name = `sha256:${image.config.digest}`;
  const asked = await callTool(tool, ['image', 'inspect', name]).catch(() => undefined); // not loaded yet
  if (asked === undefined) return false;
  const parsed = described.safeParse(JSON.parse(asked.stdout.toString('utf8')));
  const [found] = parsed.success ? parsed.data : [];
  if (found === undefined) return false;
  const has = (value: string | undefined, digest: string) => value?.endsWith(digest) === true;
  if (tool.name === 'docker') return has(found.Id, image.config.digest);
  const named = [found.Digest, ...(found.RepoDigests ?? [])];
  return has(found.Id, image.config.digest) && named.some((one) => has(one, image.manifest.digest));
}

async function load(tool: ContainerTool, layout: string, options: OpenImageOptions): Promise<void> {
  const { signal } = options;
  if (tool.name === 'podman') {
    // It takes the path for a name, which may not hold capitals: so a relative one.
    await callTool(tool, ['pull', '--quiet', `oci:${basename(layout)}`], {
      signal,
      cwd: dirname(layout),
    });
    return;
  }
  await writeDockerArchive(options.image, layout);
  const tar = `${layout}.tar`;
  const packed = await runProcess('tar', ['-c', '-f', tar, '-C', layout, '.'], { env: tool.env });
  if (packed.code !== 0) throw new PipelineError('container_failed', tailOf(packed.stderr));
  await callTool(tool, ['load', '--quiet', '--input', tar], { signal });
  await rm(tar, { force: true });
}

/** Docker before 25 reads no OCI layout, but takes its own list of files beside one (`docker save`, manifest.json). */
async function writeDockerArchive(image: ImageRecord, layout: string): Promise<void> {
  const path = (digest: string) => `blobs/sha256/${digest}`;
  const list = [
    {
      Config: path(image.config.digest),
      RepoTags: [],
      Layers: image.layers.map(({ digest }) => path(digest)),
    },
  ];
  await writeFile(join(layout, 'manifest.json'), JSON.stringify(list));
}

/** A container outlives its guardian when the machine itself stops; no step lasts longer than a day. */
async function clearStale(tool: ContainerTool): Promise<void> {
  if (tool.name !== 'podman') return; // docker's store holds other people's containers
  await callTool(tool, ['container', 'prune', '--force', '--filter', 'until=25h']);
}

/** Layers of a rootless store belong to mapped users, whom only the tool can act for. */
async function removeStore(tool: ContainerTool, storage: string): Promise<void> {
  if (tool.name !== 'podman') return;
  await callTool(tool, ['rm', '--all', '--force', '--time', '0', '--volumes']).catch(
    () => undefined,
  );
  await callTool(tool, ['rmi', '--all', '--force']).catch(() => undefined); // the directory goes next
  await removeStorage(storage);
}
