// SPDX-License-Identifier: Apache-2.0
import { PipelineError } from '../errors.ts';
import { git, gitBytes } from './git.ts';
import { LFS_POINTER_BYTES_MAX, type LfsFile, readLfsPointer } from './lfs-pointer.ts';

const MODE_SYMLINK = '120000';
const MODE_SUBMODULE = '160000';

/** What a commit names and does not hold itself; paths from its own top. */
export interface TreeParts {
  readonly submodules: readonly { readonly path: string; readonly commit: string }[];
  readonly lfs: readonly LfsFile[];
}

/**
 * Reads a commit for what cannot be taken as it stands. Submodules and files of Git LFS are named, to be archived with it;
 * a symbolic link could point out of the sandbox at mount time, and any other filter is a program of its author's that would
 * have to be run. Throws PipelineError `source_unsupported` naming the entry.
 * @param index a file for an index of its own, which attributes are read from
 */
export async function readTree(
  repository: string,
  commit: string,
  index: string,
): Promise<TreeParts> {
  const listing = await git(repository, ['ls-tree', '-r', '-z', '--long', '--full-tree', commit]);
  const entries = listing
    .split('\0')
    .filter((line) => line !== '')
    .map(entryOf);
  const link = entries.find(({ mode }) => mode === MODE_SYMLINK);
  if (link !== undefined) refuse(link.path, 'is a symbolic link', 'commit the file itself');
  for (const { path } of entries) {
    if (path.endsWith('.gitattributes')) await refuseFilters(repository, commit, path);
  }
  const small = entries.filter(
    ({ mode, size }) => mode !== MODE_SUBMODULE && size <= LFS_POINTER_BYTES_MAX,
  );
  return {
    submodules: entries
      .filter(({ mode }) => mode === MODE_SUBMODULE)
      .map(({ path, id }) => ({ path, commit: id })),
    lfs: await lfsFiles(repository, { commit, index, small }),
  };
}

interface Entry {
  readonly mode: string;
  readonly id: string;
  readonly size: number;
  readonly path: string;
}

/** `100644 blob 257cc56… <blanks>12<tab>path` */
function entryOf(line: string): Entry {
  const tab = line.indexOf('\t');
  const [mode = '', , id = '', size = ''] = line.slice(0, tab).split(/ +/);
  return { mode, id, size: Number(size), path: line.slice(tab + 1) };
}

async function refuseFilters(directory: string, commit: string, path: string): Promise<void> {
  const attributes = await git(directory, ['show', `${commit}:${path}`]);
  const lines = attributes.split('\n');
  const line = lines.findIndex((text) => /^[^#]*\bfilter\s*=(?!lfs(?:\s|$))/.test(text));
  if (line < 0) return;
  refuse(
    `${path}:${line + 1}`,
    'sets a filter other than Git LFS',
    'commit the files as they are, or read them in a step with network',
  );
}

/** Pointers that git would replace: those with the attribute. One without it would stay a pointer, which nobody means. */
async function lfsFiles(
  repository: string,
  { commit, index, small }: { commit: string; index: string; small: readonly Entry[] },
): Promise<readonly LfsFile[]> {
  const found: LfsFile[] = [];
  for (const { path, text } of await readSmall(repository, small)) {
    const pointer = readLfsPointer(text, path);
    if (pointer !== undefined) found.push({ path, ...pointer });
  }
  if (found.length === 0) return [];
  const env = { GIT_INDEX_FILE: index };
  await git(repository, ['read-tree', commit], env);
  const stdin = found.map(({ path }) => `${path}\0`).join('');
  const asked = ['check-attr', '--cached', '-z', '--stdin', 'filter'];
  const told = (await gitBytes(repository, asked, { env, stdin })).toString('utf8').split('\0');
  found.forEach(({ path }, at) => {
    if (told[at * 3 + 2] === 'lfs') return;
    const advice =
      'add a line for it with `git lfs track` and commit that, or commit the file itself';
    refuse(path, 'is a pointer of Git LFS, but no .gitattributes gives it `filter=lfs`', advice);
  });
  return found;
}

/** Contents of small blobs, as `git cat-file --batch` prints them one after another. */
async function readSmall(
  repository: string,
  entries: readonly Entry[],
): Promise<readonly { readonly path: string; readonly text: string }[]> {
  if (entries.length === 0) return [];
  const stdin = `${entries.map(({ id }) => id).join('\n')}\n`;
  const printed = await gitBytes(repository, ['cat-file', '--batch'], { stdin });
  let at = 0;
  return entries.map(({ id, path, size }) => {
    const start = printed.indexOf(0x0a, at) + 1;
    if (!printed.toString('latin1', at, start).startsWith(`${id} blob ${size}`)) {
      throw new PipelineError(
        'git_failed',
        `git did not print \`${path}\`; check with \`git fsck\``,
      );
    }
    at = start + size + 1;
    return { path, text: printed.toString('latin1', start, start + size) };
  });
}

function refuse(path: string, what: string, advice: string): never {
  throw new PipelineError('source_unsupported', `\`${path}\` ${what}; ${advice}`, {
    details: { path },
  });
}
