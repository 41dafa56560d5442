// SPDX-License-Identifier: Apache-2.0
import { PipelineError } from '../errors.ts';
import { readCache } from './tree-cache.ts';
import { comparePaths } from './tree-order.ts';
import { stampOf } from './tree-stamp.ts';
import { walkTree } from './tree-walk.ts';

/**
 * Walks a tree once more and compares every file with what it was when it was read: a version is a state in which the
 * tree was at one moment, not one file of Monday beside another of Tuesday.
 * @param seen the lines of every file of the tree, in order
 * @throws PipelineError `data_changing` naming the first file that was changed, added or taken away
 */
export function refuseChanged(top: string, seen: string): void {
  const known = readCache(seen);
  let next = known.next();
  for (const found of walkTree(top)) {
    if (found.kind === 'link') continue;
    const before = next.done ? undefined : next.value;
    const order = before === undefined ? 1 : comparePaths(before.path, found.path);
    if (before !== undefined && order < 0) throw changing(before.path, 'was taken away');
    if (before === undefined || order > 0) throw changing(found.path, 'was added');
    if (before.stamp !== stampOf(found.stats)) throw changing(found.path, 'was written to');
    next = known.next();
  }
  if (!next.done) throw changing(next.value.path, 'was taken away');
}

/** What happened to a file while its tree was read. */
export function changing(path: string, what: string): PipelineError {
  const message = `\`${path}\` ${what} while the data was read, so nothing was kept of it as a version; let nothing write there and try again: what did not change is not read a second time`;
  return new PipelineError('data_changing', message, { details: { path } });
}
