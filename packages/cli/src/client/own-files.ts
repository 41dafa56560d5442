// SPDX-License-Identifier: Apache-2.0
import { basename, resolve } from 'node:path';
import { CliError, usage } from '../errors.ts';
import type { Session } from '../session.ts';
import { hashFile } from './hash-file.ts';

/** What the server reads whole; it says the same. */
const BYTES_MAX = 2 * 1024 ** 3;

/** A file that a validator brings, as the request names it, and where it lies. */
export interface OwnFile<F extends string = string> {
  readonly from: string;
  readonly named: {
    readonly digest: string;
    readonly size: number;
    readonly name: string;
    readonly format: F;
  };
}

/** A table of the validator's own. @throws CliError `usage`, `file_missing`, `file_invalid` */
export function ownTable(session: Session, path: string): Promise<OwnFile<'csv' | 'parquet'>> {
  return hashed(session, path, ['csv', 'parquet'] as const);
}

/** `NAME=FILE`: scores by id as CSV or Parquet, or a model as ONNX. */
export async function ownChallenger(session: Session, text: string) {
  const at = text.indexOf('=');
  const as = text.slice(0, Math.max(0, at));
  if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(as)) {
    throw usage(
      `\`--challenger ${text}\` gives the challenger no name`,
      'write it as --challenger boosting=scores.parquet',
    );
  }
  const file = await hashed(session, text.slice(at + 1), ['csv', 'parquet', 'onnx'] as const);
  return { from: file.from, named: { ...file.named, as } };
}

async function hashed<F extends string>(
  session: Session,
  path: string,
  formats: readonly F[],
): Promise<OwnFile<F>> {
  const format = formats.find((one) => path.toLowerCase().endsWith(`.${one}`));
  if (format === undefined) {
    throw usage(
      `\`${path}\` does not end in ${formats.map((one) => `.${one}`).join(' or ')}`,
      'the platform’s data directory is named with --data-dir here',
    );
  }
  const from = resolve(session.cwd, path);
  const { digest, size } = await hashFile(from, { isLinkFollowed: true });
  if (size === 0) throw new CliError('file_invalid', `\`${path}\` is empty`);
  if (size > BYTES_MAX) {
    throw new CliError('file_invalid', `\`${path}\` has ${size} bytes; ${BYTES_MAX} is the most`);
  }
  return { from, named: { digest, size, name: basename(path), format } };
}
