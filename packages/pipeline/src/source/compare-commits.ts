// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { git } from './git.ts';

export interface BundledCommit {
  readonly bundlePath: string;
  readonly commit: string;
}

export interface FileDifference {
  readonly path: string;
  /** Lines; absent for files that are not text. */
  readonly added?: number;
  readonly removed?: number;
}

export interface CommitComparison {
  /** Commits that the later one holds and the earlier one does not, newest first; at most `COMMITS_MAX`. */
  readonly commits: readonly { readonly commit: string; readonly subject: string }[];
  readonly commitsBetween: number;
  /** By path; at most `FILES_MAX`. */
  readonly files: readonly FileDifference[];
  readonly filesChanged: number;
}

export const COMMITS_MAX = 100;
export const FILES_MAX = 500;
const SUBJECT_MAX = 200;

/**
 * What changed from one archived commit to another, in a scratch directory that is removed at the end. Histories that share
 * no commit compare by their files. Throws PipelineError `git_failed`.
 */
export async function compareCommits(
  scratch: string,
  before: BundledCommit,
  after: BundledCommit,
): Promise<CommitComparison> {
  await mkdir(scratch, { recursive: true });
  try {
    await git(scratch, ['init', '--quiet', '--bare', '--template=', '.']);
    await fetchBundle(scratch, before, 'before');
    await fetchBundle(scratch, after, 'after');
    const range = `${before.commit}..${after.commit}`;
    const between = Number(await git(scratch, ['rev-list', '--count', range]));
    const limit = `--max-count=${COMMITS_MAX}`;
    const log = await git(scratch, ['log', '-z', '--format=%H %s', limit, range]);
    const options = ['--numstat', '-z', '--no-renames', '--no-ext-diff', '--no-textconv'];
    const stat = await git(scratch, ['diff', ...options, before.commit, after.commit]);
    const files = stat
      .split('\0')
      .filter((line) => line !== '')
      .map(fileOf);
    return {
      commits: log
        .split('\0')
        .filter((line) => line !== '')
        .map(commitOf),
      commitsBetween: between,
      files: files.slice(0, FILES_MAX),
      filesChanged: files.length,
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The commit that the bundle names HEAD becomes a branch of this name. */
export async function fetchBundle(
  repository: string,
  at: BundledCommit,
  name: string,
): Promise<void> {
  const source = ['fetch', '--quiet', '--no-tags', at.bundlePath, `HEAD:refs/heads/${name}`];
  await git(repository, ['-c', 'fetch.fsckObjects=true', ...source], {
    GIT_ALLOW_PROTOCOL: 'file',
  });
}

function commitOf(line: string): { readonly commit: string; readonly subject: string } {
  const space = line.indexOf(' ');
  return { commit: line.slice(0, space), subject: line.slice(space + 1, space + 1 + SUBJECT_MAX) };
}

/** `12<tab>3<tab>path`, with `-` for the lines of a file that is not text. */
function fileOf(line: string): FileDifference {
  const [added = '', removed = '', ...path] = line.split('\t');
  const counts = added === '-' ? {} : { added: Number(added), removed: Number(removed) };
  return { path: path.join('\t'), ...counts };
}
