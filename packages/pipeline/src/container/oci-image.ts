// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { BlobRef } from '../blobs/blob-store.ts';
import { PipelineError } from '../errors.ts';

/**
 * A container image of one platform. OCI names every part by its SHA-256, as the blob store does, so a part and its blob
 * have the same name (OCI image specification 1.1, descriptor.md).
 */
export interface ImageRecord {
  /** As the pipeline file names it, `name@sha256:…`. */
  readonly reference: string;
  /** Of an index, where the reference names an image for several platforms. */
  readonly index: BlobRef | null;
  readonly manifest: BlobRef;
  readonly manifestType: string;
  readonly config: BlobRef;
  readonly layers: readonly BlobRef[];
  readonly architecture: string;
}

/** Variables and the rest of an image's configuration that a step sees. */
export interface ImageConfig {
  readonly variables: Readonly<Record<string, string>>;
  readonly architecture: string;
}

/** The bytes under a digest, already held against it. */
export type ReadBlob = (digest: string) => Promise<Uint8Array>;

const NAMED_DIGEST = /@sha256:([0-9a-f]{64})$/;
const DOCUMENT_BYTES_MAX = 4 * 1024 * 1024;
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
/** Node's names of architectures as OCI writes them (Go's GOARCH). */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

const descriptor = z.looseObject({
  mediaType: z.string().max(255).optional(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number().int().min(0),
  platform: z.looseObject({ os: z.string(), architecture: z.string() }).optional(),
});
const index = z.looseObject({ manifests: z.array(descriptor).min(1).max(200) });
const manifest = z.looseObject({
  mediaType: z.string().max(255).optional(),
  config: descriptor,
  layers: z.array(descriptor).min(1).max(200),
});
const config = z.looseObject({
  architecture: z.string(),
  os: z.string(),
  config: z.looseObject({ Env: z.array(z.string()).nullish() }).nullish(),
});

/** The digest that an image is named by. Throws PipelineError `image_invalid`. */
export function digestOfReference(reference: string): string {
  const digest = NAMED_DIGEST.exec(reference)?.[1];
  if (digest !== undefined) return digest;
  throw invalid(reference, 'it is not named by a digest; write `name@sha256:…`');
}

/** The architecture of images that this machine runs. */
export function ownArchitecture(): string {
  return ARCHITECTURES[process.arch] ?? process.arch;
}

/**
 * Follows an image from its digest through index, manifest and configuration down to its layers, for one architecture.
 * Throws PipelineError `image_invalid`, and what `read` throws.
 */
export async function readImage(
  reference: string,
  options: { readonly read: ReadBlob; readonly architecture: string },
): Promise<ImageRecord> {
  const { read, architecture } = options;
  const named = digestOfReference(reference);
  const bytes = await read(named);
  const digest = instanceDigest(bytes, { reference, architecture });
  if (digest === undefined) return readManifest(reference, { named, bytes, index: null, read });
  return readManifest(reference, {
    named: digest,
    bytes: await read(digest),
    index: { digest: named, size: bytes.length },
    read,
  });
}

/** The manifest that an index names for an architecture; undefined for what is no index. Throws PipelineError `image_invalid`. */
export function instanceDigest(
  bytes: Uint8Array,
  { reference, architecture }: { readonly reference: string; readonly architecture: string },
): string | undefined {
  const parsed = index.safeParse(parseDocument(bytes, reference));
  if (!parsed.success) return undefined;
  const own = parsed.data.manifests.find(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === architecture,
  );
  if (own !== undefined) return hexOf(own.digest);
  throw invalid(reference, `it has no image for linux/${architecture}`);
}

/** What a step gets to see of the configuration of an image. */
export async function readImageConfig(image: ImageRecord, read: ReadBlob): Promise<ImageConfig> {
  const parsed = config.safeParse(parseDocument(await read(image.config.digest), image.reference));
  if (!parsed.success) throw invalid(image.reference, 'its configuration is none of an image');
  if (parsed.data.os !== 'linux') throw invalid(image.reference, `it is for ${parsed.data.os}`);
  const pairs = (parsed.data.config?.Env ?? []).map((line) => {
    const at = line.indexOf('=');
    return at < 0 ? ([line, ''] as const) : ([line.slice(0, at), line.slice(at + 1)] as const);
  });
  return { variables: Object.fromEntries(pairs), architecture: parsed.data.architecture };
}

/** Every part of an image, by what it is. */
export function partsOfImage(image: ImageRecord): readonly (BlobRef & { readonly file: string })[] {
  const layers = image.layers.map((layer, at) => ({ file: `layer ${at + 1}`, ...layer }));
  const top = [
    ...(image.index === null ? [] : [{ file: 'index', ...image.index }]),
    { file: 'manifest', ...image.manifest },
    { file: 'configuration', ...image.config },
  ];
  return [...top, ...layers].map((part) => ({ ...part, file: `image ${part.file}` }));
}

async function readManifest(
  reference: string,
  found: {
    readonly named: string;
    readonly bytes: Uint8Array;
    readonly index: BlobRef | null;
    readonly read: ReadBlob;
  },
): Promise<ImageRecord> {
  const parsed = manifest.safeParse(parseDocument(found.bytes, reference));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(
      reference,
      `its manifest is none of an image: \`${issue?.path.join('.') ?? ''}\``,
    );
  }
  const { layers, mediaType = OCI_MANIFEST } = parsed.data;
  const image = {
    reference,
    index: found.index,
    manifest: { digest: found.named, size: found.bytes.length },
    manifestType: mediaType,
    config: blobOf(parsed.data.config),
    layers: layers.map(blobOf),
  };
  const { architecture } = await readImageConfig({ ...image, architecture: '' }, found.read);
  return { ...image, architecture };
}

function parseDocument(bytes: Uint8Array, reference: string): unknown {
  if (bytes.length > DOCUMENT_BYTES_MAX)
    throw invalid(reference, `a document of it is over ${DOCUMENT_BYTES_MAX} bytes`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid(reference, 'its manifest is not JSON', cause);
  }
}

function blobOf({ digest, size }: z.output<typeof descriptor>): BlobRef {
  return { digest: hexOf(digest), size };
}

function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}

export function invalid(reference: string, why: string, cause?: unknown): PipelineError {
  return new PipelineError('image_invalid', `the image \`${reference}\` cannot be used: ${why}`, {
    details: { image: reference },
    cause,
  });
}
