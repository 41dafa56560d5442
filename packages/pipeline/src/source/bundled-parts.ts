// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { PipelineError } from '../errors.ts';
import { ARCHIVED } from './code-time.ts';
import { git } from './git.ts';
import type { LfsFile } from './lfs-pointer.ts';
import { readTree } from './tree-entries.ts';

/** Where the commits of submodules are kept in a bundle. */
export const SUBMODULE_REFS = 'refs/submodules';

/** The archived commit or one of its submodules. */
export interface BundledPart {
  /** From the top of the commit; empty for the commit itself. */
  readonly path: string;
  readonly commit: string;
  readonly lfs: readonly LfsFile[];
  /** A file for an index of its own. */
  readonly index: string;
}

const PARTS_MAX = 200;

/** Takes a commit and its submodules' out of a bundle, into an empty directory. Throws PipelineError `git_failed`. */
export async function fetchWhole(repository: string, bundlePath: string): Promise<void> {
  await git(repository, ['init', '--quiet', '--bare', '--template=', '.']);
  const wanted = [`HEAD:${ARCHIVED}`, `${SUBMODULE_REFS}/*:${SUBMODULE_REFS}/*`];
  const fetch = ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', bundlePath, ...wanted];
  await git(repository, ['-c', 'fetch.fsckObjects=true', ...fetch], {
    GIT_ALLOW_PROTOCOL: 'file',
  });
}

/** The commit first. Throws PipelineError `source_unsupported` for what could not be checked out. */
export async function readBundledParts(
  repository: string,
  commit: string,
): Promise<readonly BundledPart[]> {
  const parts: BundledPart[] = [];
  const open = [{ path: '', commit }];
  for (let part = open.shift(); part !== undefined; part = open.shift()) {
    const { path: below, commit: at } = part;
    if (parts.length > PARTS_MAX) throw lacking(below, 'is one of too many submodules', at);
    const known = await git(repository, ['cat-file', '-t', at]).catch(() => ''); // reported below
    if (known.trim() !== 'commit')
      throw lacking(below, 'is a submodule whose commit is not in the bundle', at);
    const index = join(repository, `run-index-${parts.length}`);
    const { submodules, lfs } = await readTree(repository, at, index);
    parts.push({ path: below, commit: at, lfs, index });
    const prefix = below === '' ? '' : `${below}/`;
    open.push(...submodules.map((one) => ({ path: `${prefix}${one.path}`, commit: one.commit })));
  }
  return parts;
}

/** Files of Git LFS by their path from the top of the commit. */
export function lfsOfParts(
  parts: readonly Pick<BundledPart, 'path' | 'lfs'>[],
): readonly LfsFile[] {
  return parts.flatMap(({ path: below, lfs }) =>
    lfs.map((file) => ({ ...file, path: below === '' ? file.path : `${below}/${file.path}` })),
  );
}

export function lacking(path: string, what: string, name: string): PipelineError {
  return new PipelineError(
    'source_unsupported',
    `\`${path}\` ${what} (${name.slice(0, 12)}); archive the commit anew from a whole clone`,
    { details: { path } },
  );
}
