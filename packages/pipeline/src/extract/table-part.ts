// SPDX-License-Identifier: Apache-2.0
import { PipelineError } from '../errors.ts';
import type { OriginPart } from './snapshot-origin.ts';

/** A file of a table that lies in several, fetched and archived. */
export interface TablePart {
  readonly path: string;
  readonly record: OriginPart;
}

/** Of one table; each is listed, fetched and recorded by itself. */
export const PARTS_MAX = 5_000;

/**
 * Whether a file belongs to the table. Markers such as `_SUCCESS` and hidden files do not; anything else of another
 * format means that the folder is not one table. Throws PipelineError `source_unsupported`.
 */
export function isPart(
  file: string,
  table: { readonly name: string; readonly extension: string },
): boolean {
  if (file === '' || file.endsWith('/')) return false;
  if (file.split('/').some((one) => one.startsWith('_') || one.startsWith('.'))) return false;
  if (file.toLowerCase().endsWith(table.extension)) return true;
  const message = `\`${file}\` in \`${table.name}\` is no \`${table.extension}\` file; keep the parts of the table in a folder of their own`;
  throw new PipelineError('source_unsupported', message, { details: { file } });
}

export function partProblem(name: string, part: string, why: string): PipelineError {
  return new PipelineError('snapshot_unreadable', `\`${part}\` in \`${name}\` ${why}`, {
    details: { name, part },
  });
}
