// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { BlobRef, BlobStore } from '../blobs/blob-store.ts';
import { PipelineError } from '../errors.ts';
import { archiveLfs, bundleParts, findParts, type SourcePart } from './archive-parts.ts';
import { lfsOfParts } from './bundled-parts.ts';
import { type Contributor, readContributors } from './contributors.ts';
import { git, withoutFilters } from './git.ts';
import type { LfsFile } from './lfs-pointer.ts';

/** The state of the code that a run used. E-mail addresses are claims of git, never an identity. */
export interface SourceRevision {
  readonly commit: string;
  readonly tree: string;
  /** Committer's time, UTC. */
  readonly committedAt: string;
  readonly authorEmail: string;
  readonly committerEmail: string;
  /** Every author and committer in the history of the commit and of its submodules, with the keys that signed it. */
  readonly contributors: readonly Contributor[];
  /** `git bundle` of the commit with its history, and of its submodules with theirs. */
  readonly bundle: BlobRef;
  /** Submodules at the commits that were checked out, by path; absent where there are none. */
  readonly submodules?: readonly { readonly path: string; readonly commit: string }[];
  /** Files of Git LFS, archived under their own digests; absent where there are none. */
  readonly lfs?: readonly LfsFile[];
}

const DIRTY_SHOWN_MAX = 10;

/**
 * Reads the commit at HEAD of a clean repository and archives it as a bundle, with its submodules and files of Git LFS.
 * Throws PipelineError `checkout_dirty`, `source_unsupported` (other filters, symbolic links, shallow and partial clones,
 * submodules or LFS files that are not here) or `git_failed`.
 */
export async function archiveSource(
  directory: string,
  blobs: BlobStore,
  scratch: string,
): Promise<SourceRevision> {
  await refuseSubdirectory(directory);
  await refusePartial(directory);
  const commit = await firstAnswer(directory, ['rev-parse', '--verify', 'HEAD^{commit}']);
  const work = join(scratch, `archive-${commit}`);
  await mkdir(work, { recursive: true });
  try {
    const parts = await findParts(directory, commit, work);
    for (const part of parts) {
      await refusePartial(part.directory);
      await refuseDirty(part);
    }
    const path = join(work, 'source.bundle');
    const bundled = await bundleParts(parts, { scratch: work, path });
    await archiveLfs(parts, blobs);
    const described = await describeParts(bundled, parts);
    return { ...described, bundle: await blobs.putFile(path) };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * The facts of a commit with its submodules and files of Git LFS, from a repository that holds all of their commits.
 * @param parts the commit first
 */
export async function describeParts(
  repository: string,
  parts: readonly Omit<SourcePart, 'directory'>[],
  openPgpKeys: readonly string[] = [],
): Promise<Omit<SourceRevision, 'bundle'>> {
  const [whole, ...below] = parts.map(({ path, commit }) => ({ path, commit }));
  const lfs = lfsOfParts(parts);
  const described = await describeCommit(repository, whole?.commit ?? '', {
    openPgpKeys,
    submodules: [...new Set(below.map(({ commit }) => commit))],
  });
  return {
    ...described,
    ...(below.length === 0 ? {} : { submodules: below }),
    ...(lfs.length === 0 ? {} : { lfs }),
  };
}

/**
 * The facts of a commit that git itself records.
 * @param given `openPgpKeys`: armoured public keys that OpenPGP signatures of commits can be verified with
 */
async function describeCommit(
  directory: string,
  commit: string,
  given: {
    readonly openPgpKeys: readonly string[];
    /** Commits of submodules: who wrote those contributed as well. */
    readonly submodules: readonly string[];
  },
): Promise<Omit<SourceRevision, 'bundle'>> {
  const format = ['%T', '%ct', '%ae', '%ce'].join('%x00');
  const shown = await git(directory, ['show', '--no-patch', `--format=${format}`, commit]);
  const [tree = '', seconds = '', authorEmail = '', committerEmail = ''] = shown.trim().split('\0');
  return {
    commit,
    tree,
    committedAt: new Date(Number(seconds) * 1000).toISOString(),
    authorEmail,
    committerEmail,
    contributors: await readContributors(
      directory,
      [commit, ...given.submodules],
      given.openPgpKeys,
    ),
  };
}

/** What git says of a directory that nobody has made a repository yet, and what to do then. */
const UNBEGUN: readonly (readonly [RegExp, string])[] = [
  [
    /not a git repository/,
    'is no git repository; `git init` it and commit, since a run is of a commit',
  ],
  [/Needed a single revision/, 'is a git repository without a commit; make the first one'],
];

/** @throws PipelineError `source_unsupported` where there is no commit, `git_failed` */
async function firstAnswer(directory: string, args: readonly string[]): Promise<string> {
  const answer = await git(directory, args).catch((cause: unknown) => {
    const said = cause instanceof Error ? cause.message : '';
    const known = UNBEGUN.find(([pattern]) => pattern.test(said));
    if (known === undefined) throw cause;
    throw new PipelineError('source_unsupported', `\`${directory}\` ${known[1]}`, { cause });
  });
  return answer.trim();
}

async function refuseSubdirectory(directory: string): Promise<void> {
  const top = await firstAnswer(directory, ['rev-parse', '--show-toplevel']);
  if (top === (await realpath(directory))) return;
  throw new PipelineError(
    'source_unsupported',
    `\`${directory}\` is not the top of its repository; give a model its own repository, or run in \`${top}\``,
    { details: { directory, top } },
  );
}

async function refuseDirty({ directory, path: below, lfs }: SourcePart): Promise<void> {
  // Submodules are asked one by one: git would ask them with their own configuration.
  const asked = [
    'status',
    '--porcelain=v1',
    '-z',
    '--no-renames',
    '--untracked-files=all',
    '--ignore-submodules=all',
  ];
  const status = await git(directory, asked, await withoutFilters(directory));
  const changed: string[] = [];
  for (const entry of status.split('\0').filter((line) => line !== '')) {
    const path = entry.slice(3);
    // Without its filter, git compares the file with its pointer.
    const file = lfs.find((one) => one.path === path);
    if (file === undefined || (await digestOf(join(directory, path))) !== file.digest)
      changed.push(below === '' ? path : `${below}/${path}`);
  }
  if (changed.length === 0) return;
  const shown = changed.slice(0, DIRTY_SHOWN_MAX).map((path) => `\`${path}\``);
  const more = changed.length > shown.length ? ` and ${changed.length - shown.length} more` : '';
  throw new PipelineError(
    'checkout_dirty',
    `\`${directory}\` has changes that no commit holds: ${shown.join(', ')}${more}; commit or remove them`,
    { details: { directory, changed: changed.slice(0, DIRTY_SHOWN_MAX) } },
  );
}

async function digestOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
  } catch {
    return undefined; // removed, which is a change
  }
}

/** Of a shallow clone history is missing, of a partial one files: neither can be archived. */
async function refusePartial(directory: string): Promise<void> {
  const shallow = (await git(directory, ['rev-parse', '--is-shallow-repository'])).trim();
  if (shallow === 'true') {
    throw new PipelineError(
      'source_unsupported',
      `\`${directory}\` is a shallow clone, whose commit cannot be archived; run \`git fetch --unshallow\` there`,
    );
  }
  const keys = await git(directory, ['config', '--list', '--name-only', '-z']);
  if (keys.split('\0').some((key) => /^remote\..+\.(?:promisor|partialclonefilter)$/.test(key))) {
    throw new PipelineError(
      'source_unsupported',
      `\`${directory}\` is a partial clone, which lacks files of its commits; clone it anew without \`--filter\``,
    );
  }
}
