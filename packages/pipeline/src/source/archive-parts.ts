// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { mkdir, realpath, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import { PipelineError } from '../errors.ts';
import { SUBMODULE_REFS } from './bundled-parts.ts';
import { ARCHIVED } from './code-time.ts';
import { git } from './git.ts';
import type { LfsFile } from './lfs-pointer.ts';
import { readTree } from './tree-entries.ts';

/** A repository of the commit or of one of its submodules, at the commit that is archived. */
export interface SourcePart {
  /** From the top of the commit; empty for the commit itself. */
  readonly path: string;
  readonly directory: string;
  readonly commit: string;
  readonly lfs: readonly LfsFile[];
}

/** Submodules of submodules and so on. */
const DEPTH_MAX = 10;
const PARTS_MAX = 200;

/**
 * The commit and every submodule below it, each found in the working tree. Throws PipelineError `source_unsupported` for
 * what cannot be archived, `checkout_dirty` for a submodule that stands at another commit.
 */
export async function findParts(
  directory: string,
  commit: string,
  scratch: string,
): Promise<readonly SourcePart[]> {
  const parts: SourcePart[] = [];
  const open = [{ path: '', directory, commit, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { depth, ...part } = next;
    const read = await readPart(part, join(scratch, `parts-${parts.length}`));
    parts.push({ ...part, lfs: read.lfs });
    if (depth >= DEPTH_MAX || parts.length > PARTS_MAX) throw tooDeep(part.path);
    for (const { path, commit: wanted } of read.submodules) {
      const below = join(part.directory, path);
      const whole = part.path === '' ? path : `${part.path}/${path}`;
      await refuseAbsent(below, whole, wanted);
      open.push({ path: whole, directory: below, commit: wanted, depth: depth + 1 });
    }
  }
  return parts;
}

/** In a repository of our own that borrows the objects: no configuration or attributes file of the caller's is read. */
async function readPart(part: Omit<SourcePart, 'lfs'>, scratch: string) {
  await borrowObjects(scratch, [part.directory]);
  return readTree(scratch, part.commit, join(scratch, 'parts-index'));
}

async function borrowObjects(bare: string, directories: readonly string[]): Promise<void> {
  await mkdir(bare, { recursive: true });
  await git(bare, ['init', '--quiet', '--bare', '--template=', '.']);
  const asked = ['rev-parse', '--path-format=absolute', '--git-path', 'objects'];
  const places: string[] = [];
  for (const directory of directories) places.push((await git(directory, asked)).trimEnd());
  await writeFile(join(bare, 'objects', 'info', 'alternates'), `${places.join('\n')}\n`);
}

/** The repository, of our own, that it was made in: one bundle of the commit and, beside it, of every submodule's: whatever travels with the commit takes them along. */
export async function bundleParts(
  parts: readonly SourcePart[],
  { scratch, path }: { readonly scratch: string; readonly path: string },
): Promise<string> {
  const bare = join(scratch, 'bundled');
  await borrowObjects(
    bare,
    parts.map(({ directory }) => directory),
  );
  const [whole, ...submodules] = parts;
  await git(bare, ['update-ref', ARCHIVED, whole?.commit ?? '']);
  await git(bare, ['symbolic-ref', 'HEAD', ARCHIVED]);
  const refs = [...new Set(submodules.map(({ commit }) => commit))].map((commit) => [
    `${SUBMODULE_REFS}/${commit}`,
    commit,
  ]);
  for (const [ref = '', commit = ''] of refs) await git(bare, ['update-ref', ref, commit]);
  await git(bare, ['bundle', 'create', '--quiet', path, 'HEAD', ...refs.map(([ref = '']) => ref)]);
  return bare;
}

/**
 * Puts the bytes of every LFS file into the store, out of the repository's own LFS objects; hashed on the way, since LFS
 * names them by SHA-256. Throws PipelineError `source_unsupported` for one that is not here or not what its pointer names.
 */
export async function archiveLfs(parts: readonly SourcePart[], blobs: BlobStore): Promise<void> {
  for (const { path: below, directory, lfs } of parts) {
    if (lfs.length === 0) continue;
    const asked = ['rev-parse', '--path-format=absolute', '--git-path', 'lfs/objects'];
    const objects = (await git(directory, asked)).trimEnd();
    for (const file of lfs) {
      const whole = below === '' ? file.path : `${below}/${file.path}`;
      await archiveLfsFile({ ...file, path: whole }, objects, blobs);
    }
  }
}

async function archiveLfsFile(file: LfsFile, objects: string, blobs: BlobStore): Promise<void> {
  const { path, digest, size } = file;
  const place = join(objects, digest.slice(0, 2), digest.slice(2, 4), digest);
  const found = await stat(place).catch(() => undefined); // reported below
  if (found === undefined) {
    throw unsupported(
      path,
      `lies in Git LFS and its bytes (\`${digest.slice(0, 12)}…\`) are not here`,
      'fetch them with `git lfs pull`',
    );
  }
  const stored = await blobs.putStream(createReadStream(place));
  if (stored.digest === digest && stored.size === size) return;
  throw unsupported(
    path,
    'lies in Git LFS and what is here under its name has other bytes',
    'fetch it again with `git lfs fsck` and `git lfs pull`',
  );
}

async function refuseAbsent(directory: string, path: string, commit: string): Promise<void> {
  const top = await git(directory, ['rev-parse', '--show-toplevel']).catch(() => ''); // no such directory
  const real = await realpath(directory).catch(() => undefined); // never checked out
  if (real === undefined || top.trimEnd() !== real) {
    throw unsupported(
      path,
      'is a submodule that is not checked out',
      'run `git submodule update --init --recursive`',
    );
  }
  const head = (await git(directory, ['rev-parse', '--verify', 'HEAD^{commit}'])).trim();
  if (head === commit) return;
  const message = `the submodule \`${path}\` stands at ${head.slice(0, 12)} and the commit names ${commit.slice(0, 12)}; run \`git submodule update --recursive\`, or commit the change`;
  throw new PipelineError('checkout_dirty', message, { details: { path, head, commit } });
}

function tooDeep(path: string): PipelineError {
  return unsupported(
    path,
    `lies more than ${DEPTH_MAX} submodules deep or among more than ${PARTS_MAX}`,
    'give the model a repository with fewer',
  );
}

function unsupported(path: string, what: string, advice: string): PipelineError {
  return new PipelineError('source_unsupported', `\`${path}\` ${what}; ${advice}`, {
    details: { path },
  });
}
