// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import { PipelineError } from '../errors.ts';
import { runProcess, tailOf } from '../process/run-process.ts';
import { importImage } from './import-image.ts';
import {
  digestOfReference,
  type ImageRecord,
  instanceDigest,
  invalid,
  ownArchitecture,
  partsOfImage,
  readImage,
} from './oci-image.ts';

export interface ObtainOptions {
  /** `name@sha256:…` */
  readonly reference: string;
  readonly blobs: BlobStore;
  /** Where images were imported to before, when that is not `blobs`. */
  readonly imported?: BlobStore;
  readonly scratch: string;
  /** For skopeo: how a registry is reached, and where its credentials lie. */
  readonly hostEnvironment: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

const FETCH_MS_MAX = 30 * 60 * 1000;

/**
 * The image under a digest, every part of it in the blob store: from there, from what was imported on this machine, or
 * from its registry by skopeo, which must leave its bytes as they are. Throws PipelineError `image_missing` or
 * `image_invalid`.
 */
export async function obtainImage(options: ObtainOptions): Promise<ImageRecord> {
  const digest = digestOfReference(options.reference);
  const stores = [options.blobs, ...(options.imported === undefined ? [] : [options.imported])];
  for (const store of stores) {
    if (await store.has(digest)) return copyArchivedImage(options.reference, store, options.blobs);
  }
  return fetchImage(options);
}

/** An image that one store holds, every part of it in the other. Throws PipelineError `image_missing` for a part that is gone. */
export async function copyArchivedImage(
  reference: string,
  from: BlobStore,
  to: BlobStore,
): Promise<ImageRecord> {
  const image = await describe(reference, (digest) => from.get(digest));
  await archiveFrom(from, image, to);
  return image;
}

function describe(
  reference: string,
  read: (digest: string) => Promise<Uint8Array>,
): Promise<ImageRecord> {
  return readImage(reference, { read, architecture: ownArchitecture() });
}

async function archiveFrom(from: BlobStore, image: ImageRecord, to: BlobStore): Promise<void> {
  for (const { digest, file } of partsOfImage(image)) {
    if (await to.has(digest)) {
      await to.checkOnce(digest);
      continue;
    }
    if (!(await from.has(digest))) throw missing(image.reference, `its ${file} is not archived`);
    await to.putStream(from.open(digest));
  }
}

/** `dir:` keeps manifest and parts byte for byte, under the hex of their digests; the manifest is `manifest.json`. */
async function fetchImage(options: ObtainOptions): Promise<ImageRecord> {
  const { reference } = options;
  const named = digestOfReference(reference);
  const directory = join(options.scratch, `image-${randomUUID()}`);
  try {
    const top = await skopeo(options, ['inspect', '--raw', `docker://${reference}`]);
    const digest = instanceDigest(top, { reference, architecture: ownArchitecture() });
    const name = reference.replace(/@sha256:.*$/, '');
    const from = `docker://${name}@sha256:${digest ?? named}`;
    await skopeo(options, ['copy', '--quiet', '--preserve-digests', from, `dir:${directory}`]);
    await keepDocument(directory, top, { reference, digest: named });
    const manifest = await readFile(join(directory, 'manifest.json'));
    await keepDocument(directory, manifest, { reference, digest: digest ?? named });
    const pathOf = (one: string) => join(directory, one);
    const image = await describe(reference, (one) => readFile(pathOf(one)));
    await importImage({ image, pathOf }, options.blobs);
    return image;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function keepDocument(
  directory: string,
  bytes: Uint8Array,
  of: { readonly reference: string; readonly digest: string },
): Promise<void> {
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== of.digest) throw invalid(of.reference, `its registry gave \`sha256:${found}\``);
  await writeFile(join(directory, of.digest), bytes);
}

async function skopeo(options: ObtainOptions, args: readonly string[]): Promise<Buffer> {
  const result = await runProcess('skopeo', args, {
    env: options.hostEnvironment,
    timeoutMs: FETCH_MS_MAX,
    signal: options.signal,
  }).catch((cause: unknown) => {
    options.signal?.throwIfAborted();
    throw missing(options.reference, 'and skopeo, which could fetch it, is not installed', cause);
  });
  if (result.code === 0) return result.stdout;
  throw missing(
    options.reference,
    `and its registry did not give it: ${tailOf(result.stderr, 500)}`,
  );
}

function missing(reference: string, why: string, cause?: unknown): PipelineError {
  const advice =
    'run `countersign environment import IMAGE.tar` with what `podman save --format oci-archive` wrote';
  const message = `the image \`${reference}\` is not archived, ${why}; ${advice}`;
  return new PipelineError('image_missing', message, { details: { image: reference }, cause });
}
