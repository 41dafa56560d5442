// SPDX-License-Identifier: Apache-2.0
import { PipelineError } from '../errors.ts';
import { type CommitObject, readCommitObject } from './commit-object.ts';
import { git, gitBytes } from './git.ts';

/** More commits than this are not read: leaving the oldest out would let an author be buried under empty commits. */
const COMMITS_MAX = 50_000;
const COMMIT_BYTES_MAX = 1024 * 1024;
const BATCH_BYTES_MAX = 32 * 1024 * 1024;

/**
 * Every commit that commits contain, themselves included, as git stores it (`git cat-file`), a batch at a time.
 * @throws PipelineError `source_unsupported` beyond the limits, `git_failed`
 */
export async function* readCommits(
  directory: string,
  commits: readonly string[],
): AsyncGenerator<CommitObject, void> {
  for (const batch of await batchesOf(directory, commits)) {
    const stdin = `${batch.join('\n')}\n`;
    const printed = await gitBytes(directory, ['cat-file', '--batch'], { stdin });
    let at = 0;
    for (const name of batch) {
      const newline = printed.indexOf(0x0a, at);
      const [id, type, size = ''] = printed
        .toString('latin1', at, Math.max(newline, at))
        .split(' ');
      const end = newline + 1 + Number(size);
      if (id !== name || type !== 'commit' || !(end < printed.length)) throw unreadable(name);
      yield readCommitObject(printed.subarray(newline + 1, end));
      at = end + 1;
    }
  }
}

async function batchesOf(
  directory: string,
  commits: readonly string[],
): Promise<readonly (readonly string[])[]> {
  const asked = ['rev-list', `--max-count=${COMMITS_MAX + 1}`, ...commits];
  const names = linesOf(await git(directory, asked));
  if (names.length > COMMITS_MAX) {
    const [commit = ''] = commits;
    throw new PipelineError(
      'source_unsupported',
      `the history of ${commit.slice(0, 12)} has more than ${COMMITS_MAX} commits, whose authors must all be known; give the model a repository of its own`,
      { details: { commit, commitsMax: COMMITS_MAX } },
    );
  }
  const check = ['cat-file', '--batch-check=%(objectname) %(objectsize)'];
  const sizes = await gitBytes(directory, check, { stdin: `${names.join('\n')}\n` });
  const batches: string[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const line of linesOf(sizes.toString('latin1'))) {
    const [name = '', text] = line.split(' ');
    const size = Number(text);
    if (!(size <= COMMIT_BYTES_MAX)) throw tooLarge(name, size);
    if (bytes + size > BATCH_BYTES_MAX) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(name);
    bytes += size;
  }
  return batches;
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

function tooLarge(commit: string, size: number): PipelineError {
  return new PipelineError(
    'source_unsupported',
    `commit ${commit.slice(0, 12)} is an object of ${size} bytes; ${COMMIT_BYTES_MAX} are read at most`,
    { details: { commit, size, bytesMax: COMMIT_BYTES_MAX } },
  );
}

function unreadable(commit: string): PipelineError {
  return new PipelineError(
    'git_failed',
    `git did not print commit ${commit.slice(0, 12)}; check the repository with \`git fsck\``,
    { details: { commit } },
  );
}
