// SPDX-License-Identifier: Apache-2.0
import { type Dirent, readdirSync, statSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { CliError } from '../errors.ts';

export interface LocalFile {
  /** In a manifest: relative, with `/`. */
  readonly path: string;
  /** On this machine. */
  readonly from: string;
}

/** Names in one record, which has 1 MiB: more files are packed into archives. */
export const FILES_MAX = 4000;
/** Of the list of names, digests and sizes: twice in a record, once as files and once as blobs. */
const LIST_BYTES_MAX = 1_000_000;
const LISTED_BYTES = 175;
const PATH_LENGTH_MAX = 255;

/**
 * The files of a directory with everything below it, sorted by path, or the one file that is named. What somebody else
 * could not lay out again as it is here is refused: links, devices, names that another file system takes for the same.
 * @throws CliError `file_missing`, `file_invalid`
 */
export function listLocalFiles(top: string): readonly LocalFile[] {
  const found = isDirectory(top) ? filesBelow(top) : [{ path: basename(top), from: top }];
  if (found.length === 0 || found.length > FILES_MAX) {
    throw invalid(top, `holds ${found.length} files; it may be 1 to ${FILES_MAX}`);
  }
  for (const { path } of found) refuseName(top, path);
  refuseSameNames(top, found);
  const bytes = found.reduce((sum, { path }) => sum + LISTED_BYTES + Buffer.byteLength(path), 0);
  if (bytes > LIST_BYTES_MAX) {
    throw invalid(top, 'has so many long names that no record holds the list; pack some of it');
  }
  return found;
}

function isDirectory(top: string): boolean {
  let found: ReturnType<typeof statSync>;
  try {
    found = statSync(top);
  } catch (cause) {
    throw new CliError('file_missing', `\`${top}\` cannot be read; check the path`, { cause });
  }
  if (found.isDirectory()) return true;
  if (found.isFile()) return false;
  throw invalid(top, 'is neither a file nor a directory');
}

function filesBelow(top: string): LocalFile[] {
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => {
      refuseKind(top, entry);
      return entry.isFile();
    })
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((from) => ({ path: relative(top, from).split(sep).join('/'), from }));
}

/** A link would name bytes outside; a device or a pipe has no bytes of its own. */
function refuseKind(top: string, entry: Dirent): void {
  if (entry.isFile() || entry.isDirectory()) return;
  const path = relative(top, join(entry.parentPath, entry.name));
  const kind = entry.isSymbolicLink() ? 'a symbolic link' : 'no regular file';
  throw invalid(path, `is ${kind}; put the file itself there, or leave it out`);
}

function refuseName(top: string, path: string): void {
  const parts = path.split('/');
  if (path.length > PATH_LENGTH_MAX) {
    throw invalid(
      path,
      `has ${path.length} characters below \`${basename(top)}\`; ${PATH_LENGTH_MAX} are the most`,
    );
  }
  // A name that is no UTF-8 comes with U+FFFD, and would not be found again.
  const isPlain = [...path].every(
    (one) => one >= ' ' && one !== '\\' && one !== '\u007f' && one !== '\ufffd',
  );
  if (isPlain && parts.every((part) => part !== '' && part !== '.' && part !== '..')) return;
  throw invalid(path, 'is a name that other systems read differently; rename it');
}

function refuseSameNames(top: string, files: readonly LocalFile[]): void {
  const seen = new Map<string, string>();
  for (const { path } of files) {
    const key = path.normalize('NFC').toLowerCase();
    const other = seen.get(key);
    if (other !== undefined) {
      throw invalid(
        join(basename(top), path),
        `and \`${other}\` are one name where case or Unicode form does not count; rename one`,
      );
    }
    seen.set(key, path);
  }
}

function invalid(path: string, problem: string): CliError {
  return new CliError('file_invalid', `\`${path}\` ${problem}`);
}
