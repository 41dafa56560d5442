// SPDX-License-Identifier: Apache-2.0
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isMissing, STAGING, syncDirectory } from './blob-files.ts';
import { DAY_MS } from './upload.ts';

/** What is on disk of an upload beside its bytes. */
const OpenUpload = z.strictObject({
  id: z.uuid(),
  account: z.string().min(1),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int().nonnegative(),
});
export type OpenUpload = z.infer<typeof OpenUpload>;

export interface FoundUpload {
  readonly upload: OpenUpload;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly lastByteAt: number;
}

/** Beside `sha256/`: nothing in it is a blob. */
export function uploadsDirectory(root: string): string {
  return join(root, 'uploads');
}

export function partPath(root: string, id: string): string {
  return join(uploadsDirectory(root), `${id}.part`);
}

function notePath(root: string, id: string): string {
  return join(uploadsDirectory(root), `${id}.json`);
}

/** The empty part first: a note without a part is an upload whose blob has its name already. */
export async function writeOpenUpload(root: string, upload: OpenUpload): Promise<void> {
  await mkdir(uploadsDirectory(root), { recursive: true, mode: 0o700 });
  const part = await open(partPath(root, upload.id), 'wx', 0o600);
  await part.close();
  const note = notePath(root, upload.id);
  const file = await open(`${note}.new`, 'wx', 0o600);
  try {
    await file.writeFile(JSON.stringify(upload));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${note}.new`, note);
  await syncDirectory(uploadsDirectory(root));
}

/** The part may be gone: a finished upload was renamed. */
export async function removeUpload(root: string, id: string): Promise<void> {
  await rm(partPath(root, id), { force: true });
  await rm(notePath(root, id), { force: true });
}

/** What an earlier process left; what is neither whole upload nor readable is removed. */
export async function readOpenUploads(root: string): Promise<readonly FoundUpload[]> {
  const found: FoundUpload[] = [];
  const names = await readdir(uploadsDirectory(root));
  const ids = new Set(names.map((name) => name.split('.')[0] ?? ''));
  for (const id of ids) {
    const one = await readOpenUpload(root, id);
    if (one === undefined) await removeUpload(root, id);
    else found.push(one);
  }
  for (const name of names.filter((one) => one.endsWith('.new')))
    await rm(join(uploadsDirectory(root), name), { force: true });
  return found;
}

async function readOpenUpload(root: string, id: string): Promise<FoundUpload | undefined> {
  try {
    const upload = OpenUpload.parse(JSON.parse(await readFile(notePath(root, id), 'utf8')));
    const { size, mtimeMs } = await stat(partPath(root, id));
    if (upload.id !== id || size > upload.size) return undefined;
    return { upload, offset: size, lastByteAt: mtimeMs };
  } catch (cause) {
    if (isMissing(cause) || cause instanceof z.ZodError || cause instanceof SyntaxError)
      return undefined;
    throw cause;
  }
}

/** Files of writers that ended without a word: whoever still writes one has touched it within the day. */
export async function sweepStaging(root: string, nowMs: number): Promise<void> {
  const directory = join(root, STAGING);
  const names = await readdir(directory).catch((cause) => {
    if (isMissing(cause)) return [];
    throw cause;
  });
  for (const name of names) {
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined); // renamed into place meanwhile
    if (found !== undefined && found.mtimeMs < nowMs - DAY_MS) await rm(path, { force: true });
  }
}

/** For whoever is not the super-user: what a file system keeps back for him is not ours. */
export async function freeBytesOf(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}
