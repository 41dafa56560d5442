// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { canonicalBytes } from '@countersign/kernel';

/** A file of a commit as a step would find it. */
export interface CheckoutFile {
  readonly path: string;
  readonly isExecutable: boolean;
  readonly digest: string;
}

/** Every file of a checkout by its bytes, in the order of the paths: what was written out, not what git says of it. */
export async function readCheckoutFiles(checkout: string): Promise<readonly CheckoutFile[]> {
  const files: CheckoutFile[] = [];
  const open = [''];
  for (let directory = open.pop(); directory !== undefined; directory = open.pop()) {
    for (const entry of await readdir(join(checkout, directory), { withFileTypes: true })) {
      const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
      if (entry.isDirectory()) open.push(path);
      else files.push(await describeFile(checkout, path));
    }
  }
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function describeFile(checkout: string, path: string): Promise<CheckoutFile> {
  const whole = join(checkout, path);
  const hash = createHash('sha256');
  await pipeline(createReadStream(whole), hash);
  const { mode } = await lstat(whole);
  return { path, isExecutable: (mode & 0o100) !== 0, digest: hash.digest('hex') };
}

/** The files that a step is shown: those below its `code`, or all, but none that is hidden from it. */
export function shownFiles(
  files: readonly CheckoutFile[],
  code: readonly string[] | undefined,
  hidden: readonly string[],
): readonly CheckoutFile[] {
  return files.filter(({ path }) => {
    if (hidden.includes(path)) return false;
    return code === undefined || code.some((one) => path === one || path.startsWith(`${one}/`));
  });
}

/** One digest of what a step is shown of the commit: paths, bytes and which of them may be executed. */
export function codeDigest(files: readonly CheckoutFile[]): string {
  const listed = files.map(({ path, isExecutable, digest }) => [path, isExecutable, digest]);
  return createHash('sha256').update(canonicalBytes(listed)).digest('hex');
}
