// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream, type Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CliError } from '../errors.ts';

export interface NamedFile {
  readonly path: string;
  /** SHA-256, hex. */
  readonly digest: string;
  readonly size: number;
}

export interface Directory {
  readonly files: readonly NamedFile[];
  /** What is neither a file nor a directory of its own, with the reason why it is not looked into. */
  readonly problems: readonly string[];
}

/** More than any artefact has; whoever fills a volume must not keep a container starting for ever. */
const FILES_MAX = 10_000;
const DEPTH_MAX = 32;

/**
 * Every file below a directory, hashed as a stream. A link is followed to a file inside the directory and to nothing else.
 * What is checked here may be changed afterwards by whoever can write there: the volume must be read-only by then.
 * @throws CliError `file_missing`
 */
export async function filesUnder(directory: string): Promise<Directory> {
  const root = await realpathOf(directory);
  const found: Found = { root, files: [], problems: [] };
  await walk(found, [], 0);
  return found;
}

interface Found {
  readonly root: string;
  readonly files: NamedFile[];
  readonly problems: string[];
}

async function realpathOf(directory: string): Promise<string> {
  try {
    const root = await realpath(directory);
    if ((await stat(root)).isDirectory()) return root;
  } catch (cause) {
    throw new CliError('file_missing', `\`${directory}\` cannot be read; check the path`, {
      cause,
    });
  }
  throw new CliError('file_missing', `\`${directory}\` is not a directory`);
}

async function walk(found: Found, parts: readonly string[], depth: number): Promise<void> {
  const here = join(found.root, ...parts);
  const entries = await readdir(here, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (found.files.length + found.problems.length >= FILES_MAX) return;
    const own = [...parts, entry.name];
    if (entry.isDirectory() && depth < DEPTH_MAX) await walk(found, own, depth + 1);
    else await take(found, own, entry);
  }
}

async function take(found: Found, parts: readonly string[], entry: Dirent): Promise<void> {
  const path = parts.join('/');
  const full = join(found.root, ...parts);
  const problem = entry.isFile() ? undefined : await problemOf(found.root, full, entry);
  if (problem === undefined) found.files.push({ path, ...(await hashed(full)) });
  else found.problems.push(`\`${path}\` ${problem}`);
  if (found.files.length + found.problems.length >= FILES_MAX)
    found.problems.push(`there are more than ${FILES_MAX} files`);
}

async function problemOf(root: string, full: string, entry: Dirent): Promise<string | undefined> {
  if (entry.isDirectory()) return `is nested more than ${DEPTH_MAX} deep`;
  if (!entry.isSymbolicLink()) return 'is neither a file nor a directory';
  try {
    const target = await realpath(full);
    if (!target.startsWith(`${root}${sep}`)) return 'is a link that leads out of the directory';
    return (await stat(target)).isFile() ? undefined : 'is a link to something that is no file';
  } catch {
    return 'is a link that leads nowhere';
  }
}

async function hashed(path: string): Promise<{ readonly digest: string; readonly size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  await pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.length;
    }
  });
  return { digest: hash.digest('hex'), size };
}

/** How a directory differs from what a manifest names; empty when it holds exactly these files. */
export function differences(
  { files, problems }: Directory,
  manifest: readonly NamedFile[],
): readonly string[] {
  const wanted = new Map(manifest.map((file) => [file.path, file]));
  const there = new Set(files.map(({ path }) => path));
  return [
    ...problems,
    ...manifest.filter(({ path }) => !there.has(path)).map(({ path }) => `\`${path}\` is missing`),
    ...files.flatMap(({ path, digest }) => {
      const file = wanted.get(path);
      if (file === undefined) return [`\`${path}\` is not part of the artefact`];
      return file.digest === digest ? [] : [`\`${path}\` has other bytes than the approved file`];
    }),
  ];
}
