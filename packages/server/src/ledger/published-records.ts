// SPDX-License-Identifier: Apache-2.0
import {
  type Envelope,
  type EnvelopeSignature,
  KernelError,
  type LogLeaf,
  PAYLOAD_TYPE_STATEMENT,
  parseLogLeaf,
  sha256Hex,
  signatureSetDigest,
  TILE_WIDTH,
  toBase64,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { type BlobStore, PipelineError } from '@countersign/pipeline';
import { ServerError } from '../errors.ts';
import { getPublished, type PublishedStore } from '../store/index.ts';
import { readEntries } from './published-log.ts';
import { type BundledRecord, bundlePrefix, decodeRecordBundle } from './record-bundle.ts';

/** A record as the published log gives it back. Its leaf is only as good as the root that is computed from it. */
export interface PublishedRecord {
  readonly index: number;
  readonly leaf: LogLeaf;
  readonly envelope: Envelope;
}

/** What one checkpoint step published. */
export interface PublishedBundle {
  readonly start: number;
  readonly end: number;
  readonly records: readonly PublishedRecord[];
}

export interface PublishedSource {
  readonly published: PublishedStore;
  readonly blobs: BlobStore;
}

/**
 * Walks the record bundles of the published log from `from`, which must be where one begins, to `size`; each
 * record's bytes match its leaf.
 * @throws ServerError `ledger_corrupt`, `published_missing`; PipelineError for a blob
 */
export async function* publishedBundles(
  source: PublishedSource,
  { from, size }: { readonly from: number; readonly size: number },
): AsyncGenerator<PublishedBundle> {
  for (let start = from; start < size; ) {
    const bundle = await findBundle(source, start, size);
    yield bundle;
    start = bundle.end;
  }
}

/** An attempt that crashed may have left another bundle of the same start: the one that matches the leaves counts. */
async function findBundle(
  source: PublishedSource,
  start: number,
  size: number,
): Promise<PublishedBundle> {
  const prefix = bundlePrefix(start);
  const ends = (await source.published.list(prefix))
    .map((path) => Number(path.slice(prefix.length)))
    .filter((end) => Number.isSafeInteger(end) && end > start && end <= size)
    .sort((a, b) => b - a);
  let failure: unknown;
  for (const end of ends) {
    try {
      return { start, end, records: await readBundle(source, { start, end, size }) };
    } catch (error) {
      if (!isDamage(error)) {
        throw error;
      }
      failure ??= error;
    }
  }
  throw new ServerError(
    'ledger_corrupt',
    `no bundle \`${prefix}…\` holds the records that the log has from entry ${start}; restore it from a copy of the blob store`,
    { details: { prefix, ends }, ...(failure === undefined ? {} : { cause: failure }) },
  );
}

function isDamage(error: unknown): boolean {
  return (
    (error instanceof ServerError && error.code === 'ledger_corrupt') ||
    error instanceof KernelError ||
    (error instanceof PipelineError && error.code === 'blob_corrupt')
  );
}

async function readBundle(
  { published, blobs }: PublishedSource,
  { start, end, size }: { readonly start: number; readonly end: number; readonly size: number },
): Promise<readonly PublishedRecord[]> {
  const path = `${bundlePrefix(start)}${end}`;
  const bundled = decodeRecordBundle(await getPublished(published, path));
  const leaves = await readLeafRange(published, { start, end, size });
  if (bundled.length !== leaves.length) {
    throw corrupt(path, `holds ${bundled.length} records, not ${leaves.length}`);
  }
  const records: PublishedRecord[] = [];
  for (const [place, leaf] of leaves.entries()) {
    const { payload = await blobs.get(leaf.payload), signatures } = bundled[place]!;
    checkRecord({ payload, signatures }, leaf, `${path}, entry ${start + place}`);
    const envelope = {
      payloadType: PAYLOAD_TYPE_STATEMENT,
      payload: toBase64(payload),
      signatures,
    };
    records.push({ index: start + place, leaf, envelope });
  }
  return records;
}

function checkRecord(
  { payload, signatures }: { payload: Uint8Array } & Pick<BundledRecord, 'signatures'>,
  leaf: LogLeaf,
  place: string,
): void {
  if (sha256Hex(nodePrimitives, payload) !== leaf.payload) {
    throw corrupt(place, 'the payload is not the one that the log entry names');
  }
  if (signatureDigestOf(signatures) !== leaf.signatures) {
    throw corrupt(place, 'the signatures are not those that the log entry names');
  }
}

/** Digest of a signature set that may be malformed: then it is equal to none. */
export function signatureDigestOf(signatures: readonly EnvelopeSignature[]): string | undefined {
  try {
    return signatureSetDigest(nodePrimitives, signatures);
  } catch {
    return undefined;
  }
}

async function readLeafRange(
  published: PublishedStore,
  { start, end, size }: { readonly start: number; readonly end: number; readonly size: number },
): Promise<readonly LogLeaf[]> {
  const leaves: LogLeaf[] = [];
  for (let tile = Math.floor(start / TILE_WIDTH); tile * TILE_WIDTH < end; tile += 1) {
    const first = tile * TILE_WIDTH;
    const entries = await readEntries(published, tile, size);
    const wanted = entries.slice(Math.max(0, start - first), end - first);
    leaves.push(...wanted.map(parseLogLeaf));
  }
  return leaves;
}

function corrupt(place: string, reason: string): ServerError {
  return new ServerError('ledger_corrupt', `\`${place}\`: ${reason}`, { details: { place } });
}
