// SPDX-License-Identifier: Apache-2.0
import {
  consistencyProofFromTiles,
  type Primitives,
  parseEnvelope,
  readProofBundle,
  TILE_WIDTH,
  type TileRef,
  tilePath,
  tilesForConsistency,
} from '@countersign/kernel';
import { GatewayError } from '../errors.ts';
import {
  BLOB_BYTES_MAX,
  BUNDLE_BYTES_MAX,
  type Feed,
  STATUS_BYTES_MAX,
  STATUS_TIMEOUT_MS,
  TIMEOUT_MS,
} from './feed.ts';
import { fetchBlob } from './fetch-blob.ts';
import { type FetchSource, fetchBytes, fetchShape } from './fetch-bytes.ts';

const HASH_BYTES = 32;
const TILE_BYTES_MAX = TILE_WIDTH * HASH_BYTES;

export interface FileFeedOptions {
  /** Of the published directory, as any static server gives it out. */
  readonly baseUrl: string;
  readonly primitives: Primitives;
}

/**
 * The feed of a published directory behind a static HTTP server: `status`, `trust`, `bundles/<warrant>`,
 * `blobs/<digest>` and the log's tiles, with no query and no API. Proofs of consistency are computed here from tiles.
 */
export function fileFeed(options: FileFeedOptions): Feed {
  const source: FetchSource = { baseUrl: options.baseUrl };
  const bundles = { maxBytes: BUNDLE_BYTES_MAX, timeoutMs: TIMEOUT_MS };
  const statuses = { maxBytes: STATUS_BYTES_MAX, timeoutMs: STATUS_TIMEOUT_MS };
  const blobs = { maxBytes: BLOB_BYTES_MAX, timeoutMs: TIMEOUT_MS };
  return {
    status: () => fetchShape(source, { path: 'status', limits: statuses }, parseEnvelope),
    trust: () => fetchShape(source, { path: 'trust', limits: bundles }, readProofBundle),
    consistency: (from, to) => consistency(source, options.primitives, { from, to }),
    bundle: (digest) =>
      fetchShape(source, { path: `bundles/${digest}`, limits: bundles }, readProofBundle),
    blob: (digest) => fetchBlob(source, `blobs/${digest}`, blobs),
  };
}

async function consistency(
  source: FetchSource,
  primitives: Primitives,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<readonly Uint8Array[]> {
  const refs = tilesForConsistency(from, to);
  const read = await Promise.all(
    refs.map(async (ref) => [placeOf(ref), await tileBytes(source, ref)] as const),
  );
  const tiles = new Map(read);
  const readTile = (level: number, index: number): Uint8Array =>
    tiles.get(placeOf({ level, index })) ?? new Uint8Array();
  try {
    return consistencyProofFromTiles(primitives, { oldSize: from, newSize: to, readTile });
  } catch (cause) {
    // A damaged tile proves no fork: it is asked for again.
    const reason = cause instanceof Error ? cause.message : 'unreadable';
    throw new GatewayError(
      'server_unreachable',
      `the tiles give no proof: ${reason}`,
      {},
      { cause },
    );
  }
}

function placeOf({ level, index }: Pick<TileRef, 'level' | 'index'>): string {
  return `${level}/${index}`;
}

/** A partial tile is removed once the full one stands, which begins with the same hashes (C2SP tlog-tiles). */
async function tileBytes(source: FetchSource, ref: TileRef): Promise<Uint8Array> {
  const limits = { maxBytes: TILE_BYTES_MAX, timeoutMs: TIMEOUT_MS };
  const { level, index, width } = ref;
  try {
    return await fetchBytes(source, tilePath(level, index, width), limits);
  } catch (error) {
    const isGone = error instanceof GatewayError && error.details.status === 404;
    if (!isGone || width === TILE_WIDTH) throw error;
    const full = await fetchBytes(source, tilePath(level, index, TILE_WIDTH), limits);
    return full.subarray(0, width * HASH_BYTES);
  }
}
