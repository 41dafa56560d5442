// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../errors.ts';

/** One digit: names sort as they were made, and whoever looks for the newest takes the last. */
const SAME_SECOND_MAX = 9;

/**
 * Makes `.countersign/demo-<time>` below a directory, with `-2` and so on behind it for another of the same second: what it
 * gives nobody else was given.
 * @param now UTC with milliseconds
 * @throws CliError `refused`
 */
export function newDirectory(cwd: string, now: string): string {
  const parent = join(cwd, '.countersign');
  mkdirSync(parent, { recursive: true });
  const name = `demo-${now.replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15)}`;
  for (let n = 1; n <= SAME_SECOND_MAX; n += 1) {
    const path = join(parent, n === 1 ? name : `${name}-${n}`);
    try {
      mkdirSync(path);
      return path;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
  throw new CliError(
    'refused',
    `\`${parent}\` holds ${SAME_SECOND_MAX} demonstrations of this second`,
    {
      details: { next: 'name a directory with --data' },
    },
  );
}
