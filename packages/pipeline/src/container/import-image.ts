// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { lstat, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { BlobRef, BlobStore } from '../blobs/blob-store.ts';
import { PipelineError } from '../errors.ts';
import { runProcess, tailOf } from '../process/run-process.ts';
import { type ImageRecord, ownArchitecture, partsOfImage, readImage } from './oci-image.ts';

const layoutIndex = z.looseObject({
  manifests: z.array(
    z.looseObject({
      digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
      annotations: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

/** As the pipeline file takes it before the digest. */
const IMAGE_NAME = /^[a-z0-9][a-z0-9._/:-]{0,400}$/;

const ADVICE =
  'make one with `podman save --format oci-archive`, `buildah push IMAGE oci:DIR` or `skopeo copy docker://… oci:DIR`';

/** A layout that was opened on disk; its parts are hashed as they are read. */
export interface OpenedLayout {
  readonly image: ImageRecord;
  /** Where a part of the image lies. */
  readonly pathOf: (digest: string) => string;
}

/**
 * Opens an OCI layout (a directory, or a tar of one, which is unpacked below `scratch`) that holds one image, or the one
 * named by `digest`. Throws PipelineError `image_invalid` for anything else, naming what is missing.
 */
export async function openLayout(
  path: string,
  options: {
    readonly scratch: string;
    /** Stronger than what the layout says. */
    readonly name?: string | undefined;
    /** For a layout that says none. */
    readonly fallbackName?: string;
    readonly digest?: string;
  },
): Promise<OpenedLayout> {
  const directory = await directoryOf(path, options.scratch);
  const top = await topManifest(directory, { path, digest: options.digest });
  const name = options.name ?? top.name ?? options.fallbackName ?? 'image';
  if (!IMAGE_NAME.test(name))
    throw refused(
      path,
      `\`${name}\` is no name of an image; write small letters, digits and \`./:_-\``,
    );
  const pathOf = (digest: string) => join(directory, 'blobs', 'sha256', digest);
  const image = await readImage(`${name}@sha256:${top.digest}`, {
    read: (digest) => readPart(pathOf(digest), digest),
    architecture: ownArchitecture(),
  });
  return { image, pathOf };
}

/** Puts every part of an image into the blob store; nothing is taken whose bytes have another digest than its name. */
export async function importImage(layout: OpenedLayout, blobs: BlobStore): Promise<void> {
  for (const { digest, file } of partsOfImage(layout.image)) {
    const path = layout.pathOf(digest);
    await requireFile(path, digest);
    const put: BlobRef = await blobs.putFile(path);
    if (put.digest !== digest) throw damaged(file, digest, put.digest);
  }
}

async function directoryOf(path: string, scratch: string): Promise<string> {
  const found = await lstat(path).catch((cause: unknown) => {
    throw refused(path, 'there is no such file or directory', cause);
  });
  if (found.isDirectory()) return path;
  const directory = join(scratch, 'layout');
  await mkdir(directory, { recursive: true });
  const flags = ['--no-same-owner', '--no-same-permissions', '-C', directory];
  const result = await runProcess('tar', ['-x', '-f', path, ...flags], {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
  });
  if (result.code !== 0)
    throw refused(path, `it cannot be unpacked: ${tailOf(result.stderr, 300)}`);
  return directory;
}

async function topManifest(
  directory: string,
  from: { readonly path: string; readonly digest: string | undefined },
): Promise<{ readonly digest: string; readonly name: string | undefined }> {
  const text = await readFile(join(directory, 'index.json'), 'utf8').catch((cause: unknown) => {
    throw refused(
      from.path,
      `it holds no \`index.json\`, so it is no OCI layout; ${ADVICE}`,
      cause,
    );
  });
  const parsed = layoutIndex.safeParse(parseJson(text, from.path));
  if (!parsed.success) throw refused(from.path, `its \`index.json\` is no OCI index; ${ADVICE}`);
  const { manifests } = parsed.data;
  const wanted = manifests.filter(
    ({ digest }) => from.digest === undefined || digest === `sha256:${from.digest}`,
  );
  const [only, ...others] = wanted;
  if (only === undefined) throw refused(from.path, 'it holds no such image');
  if (others.length > 0) {
    const held = wanted.slice(0, 10).map(({ digest }) => digest);
    throw refused(from.path, `it holds ${wanted.length} images; name one: ${held.join(', ')}`);
  }
  const tag = only.annotations?.['org.opencontainers.image.ref.name'];
  return { digest: only.digest.slice('sha256:'.length), name: nameOfTag(tag) };
}

/** `docker.io/library/debian:12` is `docker.io/library/debian`; a bare tag is no name. */
function nameOfTag(tag: string | undefined): string | undefined {
  if (tag === undefined || !/^[a-z0-9][a-z0-9._/:-]{0,250}$/.test(tag)) return undefined;
  const name = tag.replace(/:[^:/]*$/, '');
  return name.includes('/') || name !== tag ? name : undefined;
}

async function readPart(path: string, digest: string): Promise<Uint8Array> {
  await requireFile(path, digest);
  const bytes = await readFile(path);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== digest) throw damaged('document', digest, found);
  return bytes;
}

/** A link in somebody's archive must not make us read a file of this machine. */
async function requireFile(path: string, digest: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isFile() === true) return;
  throw new PipelineError(
    'image_invalid',
    `the image lacks its part \`sha256:${digest}\`; ${ADVICE}`,
    {
      details: { digest },
    },
  );
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refused(path, 'its `index.json` is not JSON', cause);
  }
}

function damaged(file: string, digest: string, found: string): PipelineError {
  const message = `a part of the image (${file}) has the SHA-256 \`${found}\`, not \`${digest}\` as it is named; save the image again`;
  return new PipelineError('image_invalid', message, { details: { digest, found } });
}

function refused(path: string, why: string, cause?: unknown): PipelineError {
  return new PipelineError('image_invalid', `\`${path}\` cannot be imported: ${why}`, {
    details: { path },
    cause,
  });
}
