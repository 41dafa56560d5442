// SPDX-License-Identifier: Apache-2.0
import { PipelineError } from '../errors.ts';

/**
 * The name of an archived file, which is laid out under it: a record that somebody else made must not be able to have it
 * written elsewhere. Throws PipelineError `environment_failed`.
 */
export function archivedName(file: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.+!-]{0,254}$/.test(file)) return file;
  const message = `the record names an archived file \`${file.slice(0, 200)}\`, which is no plain name; nothing is laid out from it`;
  throw new PipelineError('environment_failed', message, { details: { file: file.slice(0, 200) } });
}
