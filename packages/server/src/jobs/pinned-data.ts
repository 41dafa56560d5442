// SPDX-License-Identifier: Apache-2.0
import { isDigest, type Json, type RecordSet, recordsOfType } from '@countersign/kernel';
import {
  type BlobStore,
  contentsOfTree,
  copyTree,
  type Pin,
  PipelineError,
} from '@countersign/pipeline';
import { sealedByParams, validateRequests } from '../records/index.ts';
import { refused } from './run-request.ts';

/**
 * Copies the data versions that a commit reads to where its worker can read them. A version that is not here is left out:
 * the run says so with its line.
 *
 * Whoever writes a manifest can name any digest in it, so what is sealed for the validator is refused, however it is
 * named; but for a whole that holds sealed rows among others, where the dataset seals rows of it as well: that is how
 * the next run of the same data begins.
 * @throws ServerError `job_request_refused`; PipelineError `blob_corrupt`, `data_version_invalid`
 */
export async function copyPinnedData(
  set: RecordSet,
  pins: readonly Pin[],
  stores: { readonly from: BlobStore; readonly to: BlobStore },
): Promise<void> {
  const sealed =
    pins.length === 0 ? new Map<string, boolean>() : await sealedContents(set, stores.from);
  for (const { dataset, snapshot, isSealing } of pins) {
    if (!(await stores.from.has(snapshot))) continue;
    await copyTree(snapshot, stores, (digest, path) => {
      const isWhole = sealed.get(digest);
      if (isWhole === undefined || (isWhole && isSealing)) return;
      throw refused(
        `\`${path}\` in the data version of \`${dataset}\` holds rows that are sealed for the validator${isWhole ? '; seal rows of the dataset as well' : ''}`,
      );
    });
  }
}

type SealedContents = ReadonlyMap<string, boolean>;

/** Of one list of records, which never changes: every reading of bytes asks. */
const KNOWN = new WeakMap<RecordSet['records'], Promise<SealedContents>>();

/**
 * Contents with sealed rows: splits, and what validators brought for their own measurements. True for a whole as it was
 * read, and for each file that it was put together from: of those steps may see a part.
 */
export function sealedContents(
  set: RecordSet,
  blobs: Pick<BlobStore, 'open' | 'has'>,
): Promise<SealedContents> {
  const known = KNOWN.get(set.records);
  if (known !== undefined) return known;
  const found = collectSealed(set, blobs);
  KNOWN.set(set.records, found);
  found.catch(() => KNOWN.delete(set.records));
  return found;
}

async function collectSealed(
  set: RecordSet,
  blobs: Pick<BlobStore, 'open' | 'has'>,
): Promise<SealedContents> {
  const found = new Map<string, boolean>();
  const add = (digest: string, isWhole: boolean) =>
    found.set(digest, isWhole && found.get(digest) !== false);
  for (const { statement } of recordsOfType(set, 'dataset-snapshot')) {
    const { sealed, contentDigest, split, source } = statement.predicate.content;
    if (sealed !== true || typeof contentDigest !== 'string') continue;
    add(contentDigest, split === 'all');
    if (split !== 'all') continue;
    for await (const part of partsOfWhole(source, blobs)) add(part, true);
  }
  for (const { statement } of validateRequests(set)) {
    for (const digest of sealedByParams(statement.predicate.content.params)) add(digest, false);
  }
  return found;
}

/** As `data-records.ts` writes an origin: parts by their digests, or the manifest of a data version that names them. */
async function* partsOfWhole(
  source: Json | undefined,
  blobs: Pick<BlobStore, 'open' | 'has'>,
): AsyncGenerator<string> {
  const { snapshot, file, parts } = membersOf(membersOf(source).origin);
  if (parts !== undefined) yield* digestsOfParts(parts);
  if (typeof snapshot !== 'string' || !isDigest(snapshot) || file !== null) return;
  if (!(await blobs.has(snapshot))) return;
  try {
    yield* contentsOfTree(blobs, snapshot);
  } catch (error) {
    // Of a damaged manifest what stands before the damage counts: nobody can read the rest by it either.
    if (!(error instanceof PipelineError)) throw error;
  }
}

/** Their names and claims are the source's own words, which must not be able to seal anything else. */
function digestsOfParts(parts: Json): readonly string[] {
  const { digests } = membersOf(parts);
  const named = Array.isArray(parts) ? parts.map((part) => membersOf(part).digest) : digests;
  return Array.isArray(named)
    ? named.filter((one) => typeof one === 'string').filter((one) => isDigest(one))
    : [];
}

function membersOf(value: Json | undefined): { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [name: string]: Json })
    : {};
}
