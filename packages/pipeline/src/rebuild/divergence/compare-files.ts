// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '../../blobs/blob-store.ts';
import { PipelineError } from '../../errors.ts';
import { byteDifference } from './compare-bytes.ts';
import { compareContent } from './compare-content.ts';
import { compareTables } from './compare-tables.ts';
import {
  COMPARED_BYTES_MAX,
  type DivergenceFormat,
  type FileDivergence,
  type MakingWindows,
} from './divergence.ts';

export interface DivergentFile {
  readonly what: string;
  readonly original: string;
  /** Null when the rebuild never made it. */
  readonly rebuilt: string | null;
}

export interface CompareGround {
  readonly blobs: BlobStore;
  /** For tables, which are read from files. */
  readonly workDir: string;
  readonly windows: MakingWindows;
}

/** Says where two versions of a file differ. Never throws for what the files hold; a part that cannot be read is said. */
export async function compareFiles(
  file: DivergentFile,
  ground: CompareGround,
): Promise<FileDivergence> {
  const { what } = file;
  const nothing = { what, parts: [], natures: [], partsOmitted: 0, bytes: null } as const;
  if (file.rebuilt === null)
    return { ...nothing, format: 'absent', note: 'the rebuild did not make it' };
  if (file.original === 'absent')
    return { ...nothing, format: 'absent', note: 'the recorded run did not make it' };
  const [original, rebuilt] = [await held(ground, file.original), await held(ground, file.rebuilt)];
  if (typeof original === 'string')
    return { ...nothing, format: 'bytes', note: `recorded bytes: ${original}` };
  if (typeof rebuilt === 'string')
    return { ...nothing, format: 'bytes', note: `rebuilt bytes: ${rebuilt}` };
  const bytes = byteDifference(original, rebuilt) ?? null;
  const table = await compareAsTables(file, ground);
  if (table !== undefined) return { what, bytes, ...table };
  const content = await compareContent(
    { name: what, original, rebuilt },
    { windows: ground.windows, depth: 0 },
  );
  return { what, bytes, ...content };
}

/** The content, or why it is not there. */
async function held({ blobs }: CompareGround, digest: string): Promise<Uint8Array | string> {
  try {
    const size = (await blobs.standing(digest))?.size ?? 0;
    if (size > COMPARED_BYTES_MAX) return `${size} bytes are more than a report looks into`;
    return await blobs.get(digest);
  } catch (error) {
    if (error instanceof PipelineError) return error.message;
    throw error;
  }
}

const TABLES: Readonly<Record<string, 'csv' | 'tsv' | 'parquet'>> = {
  csv: 'csv',
  tsv: 'tsv',
  parquet: 'parquet',
};

async function compareAsTables(
  file: DivergentFile & { readonly rebuilt: string | null },
  ground: CompareGround,
): Promise<
  | (Pick<FileDivergence, 'parts' | 'natures' | 'partsOmitted'> & {
      readonly format: DivergenceFormat;
    })
  | undefined
> {
  const format = await tableFormat(file, ground);
  if (format === undefined || file.rebuilt === null) return undefined;
  const directory = join(ground.workDir, 'divergent-table');
  await mkdir(directory, { recursive: true });
  try {
    const pair = { original: join(directory, 'original'), rebuilt: join(directory, 'rebuilt') };
    await ground.blobs.copyTo(file.original, pair.original);
    await ground.blobs.copyTo(file.rebuilt, pair.rebuilt);
    const parts = await compareTables({ ...pair, format, directory, windows: ground.windows });
    if (parts.isEmpty) return undefined;
    return { format: format === 'parquet' ? 'parquet' : 'csv', ...parts.done() };
  } catch {
    return undefined; // no table after all: it is compared as what its bytes are
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** A split has no extension: its bytes say what it is. */
async function tableFormat(file: DivergentFile, { blobs }: CompareGround) {
  const extension = /\.([a-z]+)$/.exec(file.what)?.[1] ?? '';
  const named = TABLES[extension];
  if (named !== undefined) return named;
  const head = Buffer.from((await blobs.get(file.original)).subarray(0, 4)).toString('latin1');
  if (head === 'PAR1') return 'parquet';
  return file.what.includes('/') ? undefined : 'csv';
}
