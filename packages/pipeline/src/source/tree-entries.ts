// SPDX-License-Identifier: Apache-2.0
import { PipelineError } from '../errors.ts';
import { git } from './git.ts';

const MODE_SYMLINK = '120000';
const MODE_SUBMODULE = '160000';

/**
 * A commit must hold its files itself. Submodules and filters (Git LFS) leave the bytes elsewhere, and a symbolic link
 * could point out of the sandbox at mount time. Throws PipelineError `source_unsupported` naming the entry.
 */
export async function refuseUnsupportedTree(directory: string, commit: string): Promise<void> {
  const listing = await git(directory, ['ls-tree', '-r', '-z', '--full-tree', commit]);
  for (const entry of listing.split('\0')) {
    const [facts = '', path = ''] = entry.split('\t');
    const mode = facts.split(' ')[0];
    if (mode === MODE_SUBMODULE)
      refuse(path, 'is a submodule', 'copy what the model needs into the repository');
    if (mode === MODE_SYMLINK) refuse(path, 'is a symbolic link', 'commit the file itself');
    if (path.endsWith('.gitattributes')) await refuseFilters(directory, commit, path);
  }
}

async function refuseFilters(directory: string, commit: string, path: string): Promise<void> {
  const attributes = await git(directory, ['show', `${commit}:${path}`]);
  const line = attributes.split('\n').findIndex((text) => /^[^#]*\bfilter\s*=/.test(text));
  if (line >= 0) {
    refuse(
      `${path}:${line + 1}`,
      'sets a filter such as Git LFS',
      'read large data in a step with network',
    );
  }
}

function refuse(path: string, what: string, advice: string): never {
  throw new PipelineError('source_unsupported', `\`${path}\` ${what}; ${advice}`, {
    details: { path },
  });
}
