// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../errors.ts';
import type { Extracted, ExtractRequest } from './extracted.ts';

/** A file of the commit. Throws PipelineError `file_missing` naming the line. */
export async function extractPath(
  request: ExtractRequest,
  { path: file }: { readonly path: string },
): Promise<Extracted> {
  const path = join(request.checkout, file);
  const found = await stat(path).catch(() => undefined); // reported below with its line
  if (found?.isFile() === true) return { path, file, origin: { path: file } };
  const message = `${request.locate(['from', 'path'])}: the commit has no file \`${file}\``;
  throw new PipelineError('file_missing', message, { details: { file } });
}
