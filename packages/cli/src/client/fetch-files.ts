// SPDX-License-Identifier: Apache-2.0
import { lstat, mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CliError } from '../errors.ts';
import type { Session } from '../session.ts';
import { downloadBlob } from './download-blob.ts';
import { hashFile } from './hash-file.ts';
import { inParallel } from './in-parallel.ts';
import { showTransfer } from './transfer-progress.ts';

export interface NamedContent {
  /** Relative, with `/`, as a manifest has it. */
  readonly path: string;
  readonly digest: string;
  readonly size: number;
}

const AT_ONCE = 4;

/**
 * Lays files out under a directory, each verified by its digest. What stands there already with the right bytes is kept;
 * other bytes under one of the names are refused, since they may be somebody's work. Returns how many were fetched.
 * @throws CliError of the client, `file_invalid`, `refused`, `record_unverified`
 */
export async function fetchFiles(
  session: Session,
  files: readonly NamedContent[],
  directory: string,
): Promise<number> {
  for (const { path } of files) refuseOutside(directory, path);
  await mkdir(directory, { recursive: true });
  const places = files.map((file) => ({ ...file, path: join(directory, file.path) }));
  for (const { path } of places) await refuseLinks(directory, path);
  const standing = await inParallel(places, AT_ONCE, isThere);
  const wanted = places.filter((_, index) => standing[index] === false);
  const total = wanted.reduce((sum, { size }) => sum + size, 0);
  const progress = showTransfer(session, `fetching ${wanted.length} files`, total);
  const client = session.client();
  await inParallel(wanted, AT_ONCE, (file) => downloadBlob(client, file, progress));
  return wanted.length;
}

/** A manifest is signed, and yet must not choose what is written outside the directory that was named. */
function refuseOutside(directory: string, path: string): void {
  const parts = path.split('/');
  const isInside = resolve(directory, path).startsWith(`${resolve(directory)}/`);
  const isPlain = parts.every((part) => !['', '.', '..'].includes(part)) && !path.includes('\\');
  if (isInside && isPlain && !path.includes('\0')) return;
  throw new CliError(
    'file_invalid',
    `the manifest names \`${path}\`, which is no place below a directory`,
  );
}

async function refuseLinks(directory: string, path: string): Promise<void> {
  for (let at = path; at !== directory && at !== dirname(at); at = dirname(at)) {
    const found = await lstat(at).catch(() => undefined); // nothing is there yet
    if (found?.isSymbolicLink() === true) {
      throw new CliError('refused', `\`${at}\` is a symbolic link, which could lead outside`, {
        details: { next: 'name a new directory with --out' },
      });
    }
  }
}

async function isThere({ path, digest, size }: NamedContent): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined); // nothing is there yet
  if (found === undefined) return false;
  const isSame = found.isFile() && found.size === size && (await hashFile(path)).digest === digest;
  if (isSame) return true;
  throw new CliError('refused', `\`${path}\` holds something else`, {
    details: { next: 'name a new directory with --out' },
  });
}
