// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../errors.ts';
import { type PinnedOrigin, pinnedExtension } from '../file/pinned-origin.ts';
import { readTreeManifest, type TreeEntry } from '../snapshot/tree-manifest.ts';
import type { Extracted, ExtractRequest } from './extracted.ts';
import { joinParts } from './join-parts.ts';
import type { PinnedFacts } from './snapshot-origin.ts';
import { isPart, PARTS_MAX, type TablePart } from './table-part.ts';

type FileEntry = Extract<TreeEntry, { digest: string }>;

/**
 * One table of a data version that the store holds: a file of it, or its files of one format in the order of their
 * paths. Throws PipelineError `blob_missing` when the version or a file of it is not here, `data_version_invalid`,
 * `file_missing`, `source_unsupported`, `snapshot_unreadable`.
 */
export async function extractPinned(
  request: ExtractRequest,
  from: PinnedOrigin,
): Promise<Extracted> {
  await requirePinned(request, from.snapshot);
  request.report(`${request.name}: data version ${from.snapshot.slice(0, 12)}`);
  return from.file === undefined
    ? extractParts(request, from)
    : extractFile(request, from, from.file);
}

/** @throws PipelineError `blob_missing` that says where the version comes from */
export async function requirePinned(
  { blobs, locate }: Pick<ExtractRequest, 'blobs' | 'locate'>,
  digest: string,
): Promise<void> {
  if (await blobs.has(digest)) return;
  const message = `${locate(['from', 'snapshot'])}: the data version ${digest} is not here; keep it with \`countersign data add PATH\`, and with \`--remote\` for a run of the platform`;
  throw new PipelineError('blob_missing', message, { details: { digest } });
}

async function extractFile(
  request: ExtractRequest,
  from: PinnedOrigin,
  file: string,
): Promise<Extracted> {
  let found: FileEntry | undefined;
  for await (const entry of readTreeManifest(request.blobs, from.snapshot)) {
    if (entry.path === file && 'digest' in entry) found = entry;
  }
  if (found === undefined) {
    const message = `${request.locate(['from', 'file'])}: the data version has no file \`${file}\``;
    throw new PipelineError('file_missing', message, { details: { file } });
  }
  const path = join(request.workDir, `pinned${pinnedExtension(from)}`);
  await request.blobs.copyTo(found.digest, path);
  return { path, file, origin: { snapshot: from.snapshot, file, parts: [] } };
}

async function extractParts(request: ExtractRequest, from: PinnedOrigin): Promise<Extracted> {
  const directory = join(request.workDir, 'parts');
  await mkdir(directory);
  const extension = pinnedExtension(from);
  const name = request.name;
  const parts: TablePart[] = [];
  for await (const entry of readTreeManifest(request.blobs, from.snapshot)) {
    if (!isPart(entry.path, { name, extension })) continue;
    if (!('digest' in entry)) throw unsupported(request, `\`${entry.path}\` is a link`);
    if (parts.length === PARTS_MAX) throw unsupported(request, `there are over ${PARTS_MAX} parts`);
    const path = join(directory, `${parts.length}${extension}`);
    await request.blobs.copyTo(entry.digest, path);
    const { digest, size } = entry;
    parts.push({ path, record: { name: entry.path, digest, size, claims: {} } });
  }
  if (parts.length === 0) throw unsupported(request, `there is no \`${extension}\` file`);
  const joined = await joinParts({ name, parts, extension, directory: request.workDir });
  const origin: PinnedFacts = {
    snapshot: from.snapshot,
    file: null,
    parts: parts.map(({ record }) => record),
  };
  return { ...joined, origin };
}

function unsupported(request: ExtractRequest, why: string): PipelineError {
  const message = `${request.locate(['from', 'snapshot'])}: the data version is no table: ${why}`;
  return new PipelineError('source_unsupported', message, { details: { dataset: request.name } });
}
