// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ServerError } from '../errors.ts';

/**
 * The log as it is published: checkpoint, tiles, entry and record bundles, under the paths of C2SP tlog-tiles.
 * Untrusted: its holder can remove or damage objects, which verification finds; only the log key can sign a
 * checkpoint. Contract: `put` replaces an object whole and returns once it survives a power cut; a `get`
 * after that sees it. Objects are named by path, since their readers know no digest.
 */
export interface PublishedStore {
  /** A stream that fails leaves what was there. */
  put(path: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  get(path: string): Promise<Uint8Array | undefined>;
  /** Paths in the prefix's last directory that begin with the prefix, sorted; not recursive. */
  list(prefix: string): Promise<readonly string[]>;
  remove(path: string): Promise<void>;
}

/** Opens a published log in a directory of the file system. */
export function openFilePublishedStore(root: string): PublishedStore {
  return {
    put: (path, content) => putObject(root, path, content),
    get: (path) => getObject(root, path),
    list: (prefix) => listObjects(root, prefix),
    remove: (path) => unlink(resolvePath(root, path)).catch(ignoreMissing),
  };
}

/** Reads an object that must be there. @throws ServerError `published_missing` */
export async function getPublished(store: PublishedStore, path: string): Promise<Uint8Array> {
  const bytes = await store.get(path);
  if (bytes === undefined) {
    throw new ServerError(
      'published_missing',
      `\`${path}\` is missing from the published log; restore it from a copy of the blob store`,
      { details: { path } },
    );
  }
  return bytes;
}

async function putObject(
  root: string,
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  const target = resolvePath(root, path);
  const directory = dirname(target);
  const created = await mkdir(directory, { recursive: true });
  // A crash before the rename leaves a dot file, which no path of the log can name.
  const staged = join(directory, `.${randomUUID()}`);
  const file = await open(staged, 'wx', 0o644);
  try {
    await file.writeFile(content);
    await file.sync();
  } catch (cause) {
    await unlink(staged);
    throw cause;
  } finally {
    await file.close();
  }
  await rename(staged, target);
  await syncDirectory(directory);
  if (created !== undefined) {
    for (let parent = dirname(directory); parent.length >= dirname(created).length; ) {
      await syncDirectory(parent);
      parent = dirname(parent);
    }
  }
}

async function getObject(root: string, path: string): Promise<Uint8Array | undefined> {
  return readFile(resolvePath(root, path)).catch((cause: unknown) => {
    // A path that ends at a directory, or goes on beyond a file, names no object.
    if (isCode(cause, 'EISDIR') || isCode(cause, 'ENOTDIR')) return undefined;
    return ignoreMissing(cause);
  });
}

async function listObjects(root: string, prefix: string): Promise<readonly string[]> {
  const cut = prefix.lastIndexOf('/') + 1;
  const directory = prefix.slice(0, cut);
  const where = cut === 0 ? root : resolvePath(root, directory.slice(0, -1));
  const entries = (await readdir(where, { withFileTypes: true }).catch(ignoreMissing)) ?? [];
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => directory + entry.name)
    .filter((path) => path.startsWith(prefix))
    .sort();
}

/** Segments of letters, digits, `.`, `-`, not beginning with a dot: no path leaves the root or meets a staged file. */
const PATH = /^[A-Za-z0-9-][A-Za-z0-9.-]*(\/[A-Za-z0-9-][A-Za-z0-9.-]*)*$/;

function resolvePath(root: string, path: string): string {
  if (!PATH.test(path)) {
    throw new ServerError(
      'published_path_invalid',
      `\`${path}\` is not a path of the published log`,
      {
        details: { path },
      },
    );
  }
  return join(root, path);
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function ignoreMissing(cause: unknown): undefined {
  if (isCode(cause, 'ENOENT')) return undefined;
  throw cause;
}

function isCode(cause: unknown, code: string): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === code;
}
