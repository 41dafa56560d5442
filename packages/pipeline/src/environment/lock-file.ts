// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { PipelineError } from '../errors.ts';

export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of every file that may be installed for it. */
  readonly hashes: readonly string[];
}

export interface LockFile {
  readonly name: string;
  readonly text: string;
  readonly digest: string;
  readonly packages: readonly LockedPackage[];
}

const PACKAGES_MAX = 2000;
const REQUIREMENT =
  /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[[A-Za-z0-9,._ -]+\])?\s*==\s*([^\s;\\]+)\s*(?:;[^#]*)?$/;

/**
 * Reads a pip requirements file in hash-checking mode. Throws PipelineError `lock_invalid` naming the line for anything
 * that is not pinned with `==` and at least one `--hash=sha256:…`, and for every option of pip.
 */
export function parseLockFile(text: string, name: string): LockFile {
  const packages = logicalLines(text).map(({ line, content }) =>
    parseLine(content, `${name}:${line}`),
  );
  if (packages.length > PACKAGES_MAX) {
    throw new PipelineError('lock_invalid', `${name}: more than ${PACKAGES_MAX} packages`);
  }
  const digest = createHash('sha256').update(text).digest('hex');
  return { name, text, digest, packages };
}

/** Lines joined at a trailing backslash, without comments, with the number of the line each starts on. */
function logicalLines(text: string): readonly { line: number; content: string }[] {
  const joined: { line: number; content: string }[] = [];
  let open: { line: number; content: string } | undefined;
  text.split(/\r?\n/).forEach((raw, index) => {
    const stripped = raw.replace(/(^|\s)#.*$/, '').trimEnd();
    const continues = stripped.endsWith('\\');
    const content = continues ? stripped.slice(0, -1) : stripped;
    open =
      open === undefined
        ? { line: index + 1, content }
        : { ...open, content: `${open.content} ${content}` };
    if (!continues) {
      if (open.content.trim() !== '')
        joined.push({ line: open.line, content: open.content.trim() });
      open = undefined;
    }
  });
  return joined;
}

function parseLine(content: string, where: string): LockedPackage {
  if (content.startsWith('-')) {
    const option = content.split(/\s/)[0] ?? content;
    throw new PipelineError(
      'lock_invalid',
      `${where}: the option \`${option}\` has no place in a lock; remove it`,
    );
  }
  const option = /\s(--(?!hash=)[^\s=]*)/.exec(content)?.[1];
  if (option !== undefined) {
    throw new PipelineError(
      'lock_invalid',
      `${where}: the option \`${option}\` has no place in a lock; only \`--hash=sha256:…\` has`,
    );
  }
  // What stands before the hashes, cut off first: a pattern that looked for both would try each blank of a long line.
  const [requirement = ''] = content.split(/\s--hash/, 1);
  const match = REQUIREMENT.exec(requirement.trimEnd());
  const [, name, version] = match ?? [];
  if (name === undefined || version === undefined) {
    throw new PipelineError(
      'lock_invalid',
      `${where}: \`${content.slice(0, 80)}\` is not pinned; write \`name==version\``,
    );
  }
  const hashes = [...content.matchAll(/--hash=sha256:([0-9a-f]{64})(?=\s|$)/g)].map(
    (found) => found[1] ?? '',
  );
  if (hashes.length === 0) {
    const advice =
      'add it with `pip-compile --generate-hashes` or `uv pip compile --generate-hashes`';
    throw new PipelineError(
      'lock_invalid',
      `${where}: \`${name}\` has no \`--hash=sha256:…\`; ${advice}`,
      {
        details: { package: name },
      },
    );
  }
  return { name, version, hashes };
}
