// SPDX-License-Identifier: Apache-2.0
import { isUtf8 } from 'node:buffer';
import {
  type BigIntStats,
  type Dirent,
  lstatSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { PipelineError } from '../errors.ts';
import { isInnerTarget } from './tree-manifest.ts';
import { comparePaths } from './tree-order.ts';

/** Something found in a tree; `path` is below its top, with `/`. */
export type FoundEntry =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly from: string;
      readonly stats: BigIntStats;
    }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/** Directories below each other: more is a mistake or a trap. */
const DEPTH_MAX = 128;
/** Linux takes no longer path (PATH_MAX). */
const PATH_BYTES_MAX = 4096;

/**
 * Every file of a tree, in the order of the bytes of the paths, or the one file that is named, under its own name. Holds
 * the names of the directories between the top and the file, and nothing else.
 *
 * A link whose target lies in the tree, by its text and on the disk, is given as a link and never followed. Refused,
 * each by name: a link that leads out or nowhere, what is neither file, directory nor link, a name that is not UTF-8 or
 * holds control characters. Empty directories are not entries.
 * @throws PipelineError `file_missing`, `data_entry_refused`
 */
export function* walkTree(top: string): Generator<FoundEntry> {
  const stats = statOf(top);
  if (stats.isFile()) {
    const path = readableName(Buffer.from(basename(top)), '');
    yield { kind: 'file', path, from: top, stats };
    return;
  }
  if (!stats.isDirectory()) throw refused(top, 'is neither a file nor a directory');
  yield* walkDirectory({ top, real: realpathSync(top) }, '', 0);
}

interface Tree {
  readonly top: string;
  /** Without links, to compare the ends of links with. */
  readonly real: string;
}

function* walkDirectory(tree: Tree, directory: string, depth: number): Generator<FoundEntry> {
  if (depth > DEPTH_MAX) throw refused(directory, `lies more than ${DEPTH_MAX} directories deep`);
  for (const name of sortedNames(tree, directory)) {
    const isDirectory = name.endsWith('/');
    const path = directory + (isDirectory ? name.slice(0, -1) : name);
    if (isDirectory) yield* walkDirectory(tree, `${path}/`, depth + 1);
    else yield entryAt(tree, path);
  }
}

/** As git orders a tree: a directory counts as its name with `/`, so that whole paths come in the order of their bytes. */
function sortedNames({ top }: Tree, directory: string): readonly string[] {
  const entries = readDirectory(join(top, directory));
  const names = entries.map((entry) => {
    const name = readableName(entry.name, directory);
    return entry.isDirectory() ? `${name}/` : name;
  });
  return names.sort(comparePaths);
}

function readDirectory(path: string): readonly Dirent<Buffer>[] {
  try {
    return readdirSync(path, { withFileTypes: true, encoding: 'buffer' });
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function readableName(name: Buffer, directory: string): string {
  const text = name.toString('utf8');
  const shown = `${directory}${JSON.stringify(text).slice(1, -1)}`;
  if (!isUtf8(name)) throw refused(shown, 'has a name that is not UTF-8');
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || unit === 0x7f) {
      throw refused(shown, 'has a line break or another control character in its name');
    }
  }
  return text;
}

function entryAt(tree: Tree, path: string): FoundEntry {
  const from = join(tree.top, path);
  if (Buffer.byteLength(path) > PATH_BYTES_MAX) throw refused(path, 'is too long a path');
  const stats = lstatOf(from);
  if (stats.isFile()) return { kind: 'file', path, from, stats };
  if (stats.isSymbolicLink()) return { kind: 'link', path, target: innerTarget(tree, path, from) };
  throw refused(path, `is ${kindOf(stats)}; only files can be kept`);
}

/** Both ways, since whoever lays the tree out elsewhere follows the text. */
function innerTarget(tree: Tree, path: string, from: string): string {
  const target = readLink(from);
  if (!isInnerTarget(path, target)) throw linkRefused(path, target, 'leads out of the tree');
  try {
    const real = realpathSync(from);
    if (real === tree.real || real.startsWith(`${tree.real}/`)) return target;
  } catch (cause) {
    throw linkRefused(path, target, 'leads nowhere', cause);
  }
  throw linkRefused(path, target, 'leads out of the tree');
}

function readLink(from: string): string {
  const target = readlinkSync(from, { encoding: 'buffer' });
  return readableName(target, '');
}

function statOf(path: string): BigIntStats {
  try {
    return statSync(path, { bigint: true });
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function lstatOf(path: string): BigIntStats {
  try {
    return lstatSync(path, { bigint: true });
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function kindOf(stats: BigIntStats): string {
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isSocket()) return 'a socket';
  if (stats.isDirectory()) return 'a directory since a moment ago';
  return 'a device';
}

function refused(path: string, why: string): PipelineError {
  const message = `\`${path}\` ${why}; take it away, or name a path without it`;
  return new PipelineError('data_entry_refused', message, { details: { path } });
}

function linkRefused(path: string, target: string, why: string, cause?: unknown): PipelineError {
  const message = `the link \`${path}\` to \`${target}\` ${why}; put the file in its place, or take the link away`;
  const details = { path, target };
  return new PipelineError('data_entry_refused', message, { details, cause });
}

function unreadable(path: string, cause: unknown): PipelineError {
  const said = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  const message = `\`${path}\` cannot be read${said}; check that it exists and may be read`;
  return new PipelineError('file_missing', message, { details: { path }, cause });
}
