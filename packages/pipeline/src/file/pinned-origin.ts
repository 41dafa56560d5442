// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { relativePath } from './common-values.ts';

/**
 * A data version kept with `countersign data add`. With `file` the dataset is one table of it; with `parts` it is all its
 * files of that format, one table in the order of their paths; with neither it is a folder, which steps read as it is.
 */
export const pinnedOrigin = z
  .strictObject({
    snapshot: z
      .string()
      .regex(
        /^[0-9a-f]{64}$/,
        'expected the 64 hex digits that `countersign data add` prints, in quotes',
      ),
    file: relativePath
      .refine(
        (file) => /\.(?:csv|tsv|parquet)$/.test(file),
        'expected a path ending in `.csv`, `.tsv` or `.parquet`; without `file` the dataset is the folder',
      )
      .optional(),
    parts: z.enum(['csv', 'tsv', 'parquet']).optional(),
  })
  .refine(({ file, parts }) => file === undefined || parts === undefined, {
    path: ['parts'],
    message: 'expected `file` for one table or `parts` for a table of several files, not both',
  });

export type PinnedOrigin = z.output<typeof pinnedOrigin>;

/** By the type of `from`: a snapshot of an Iceberg table is named by the same word. */
export function isPinned<T extends object>(from: T): from is T & PinnedOrigin {
  return 'snapshot' in from && !('iceberg' in from);
}

/** Whether a dataset is files that steps read as they are, and no table. */
export function isFolder(from: object): boolean {
  return isPinned(from) && from.file === undefined && from.parts === undefined;
}

/** `.csv` and the like; empty for a folder. */
export function pinnedExtension({ file, parts }: PinnedOrigin): string {
  if (parts !== undefined) return `.${parts}`;
  return /\.[a-z]+$/.exec(file ?? '')?.[0] ?? '';
}
