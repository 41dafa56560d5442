// SPDX-License-Identifier: Apache-2.0
import { git } from './git.ts';

/** The commit that a bundle was made of, in the history beside a checkout. */
export const ARCHIVED = 'refs/heads/archived';

/** Where `checkoutBundle` keeps the history of what it checked out at `directory`. */
export function historyOf(directory: string): string {
  return `${directory}.git`;
}

/** 1980-01-01: the earliest time that a zip archive can hold. */
const NO_CODE_TIME = 315_532_800;

/**
 * Committer's time, in seconds, of the newest commit that changed any of the paths: a function of the history alone. A
 * fixed time without paths. Throws PipelineError `git_failed`.
 */
export async function codeTime(
  repository: string,
  commit: string,
  paths: readonly string[],
): Promise<number> {
  if (paths.length === 0) return NO_CODE_TIME;
  const literal = paths.map((path) => `:(literal)${path}`);
  const asked = ['log', '-1', '--format=%ct', commit, '--', ...literal];
  const seconds = (await git(repository, asked)).trim();
  return seconds === '' ? NO_CODE_TIME : Number(seconds);
}
