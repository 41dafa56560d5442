// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CliError } from '../errors.ts';

const execute = promisify(execFile);
const SHOWN_MAX = 10;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

export interface ArchivedCheckout {
  readonly commit: string;
  /** `git bundle` of the commit with its history. */
  readonly bundle: Uint8Array;
}

/**
 * The commit at HEAD of a clean repository, as the bundle that the worker checks out; what the worker cannot execute
 * (submodules, filters, symbolic links) it refuses itself.
 * @throws CliError `file_invalid` for a dirty tree, a subdirectory, or what git refuses
 */
export async function archiveCheckout(directory: string): Promise<ArchivedCheckout> {
  await refuseDirty(directory);
  const commit = (await git(directory, ['rev-parse', '--verify', 'HEAD^{commit}'])).trim();
  const scratch = await mkdtemp(join(tmpdir(), 'countersign-source-'));
  try {
    const path = join(scratch, 'source.bundle');
    await git(directory, ['bundle', 'create', '--quiet', path, 'HEAD']);
    return { commit, bundle: await readFile(path) };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function refuseDirty(directory: string): Promise<void> {
  const status = await git(directory, ['status', '--porcelain=v1', '--untracked-files=all']);
  const changed = status.split('\n').filter((line) => line !== '');
  if (changed.length === 0) return;
  const shown = changed.slice(0, SHOWN_MAX).map((line) => `\`${line.slice(3)}\``);
  const more = changed.length > shown.length ? ` and ${changed.length - shown.length} more` : '';
  throw new CliError(
    'file_invalid',
    `\`${directory}\` has changes that no commit holds: ${shown.join(', ')}${more}`,
    {
      apiCode: 'checkout_dirty',
      details: { next: 'commit or remove them; the platform runs commits, never a working tree' },
    },
  );
}

async function git(directory: string, args: readonly string[]): Promise<string> {
  // A repository's own configuration could name programs to run; those that a read could trigger are switched off.
  const safe = [
    '-c',
    'core.fsmonitor=false',
    '-c',
    'core.hooksPath=/dev/null',
    '-c',
    'pack.threads=1',
  ];
  try {
    const { stdout } = await execute('git', [...safe, ...args], {
      cwd: directory,
      maxBuffer: OUTPUT_BYTES_MAX,
    });
    return stdout;
  } catch (cause) {
    const said =
      cause instanceof Error ? cause.message.split('\n').slice(0, 3).join(' ') : String(cause);
    throw new CliError('file_invalid', `git refused in \`${directory}\`: ${said}`, {
      apiCode: 'git_failed',
      details: { next: 'run it in a git repository with at least one commit' },
      cause,
    });
  }
}
