// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const keptVersion = z.strictObject({
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  /** Where it was kept from last, on this machine. */
  path: z.string(),
  keptAt: z.string(),
  files: z.number(),
  links: z.number(),
  bytes: z.number(),
});
export type KeptVersion = z.infer<typeof keptVersion>;

/** By rename, so that nobody reads half of it. */
export async function writeKeptVersion(directory: string, version: KeptVersion): Promise<void> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${version.digest}.json`);
  const written = `${path}.${randomUUID()}.new`;
  await writeFile(written, JSON.stringify(version));
  await rename(written, path);
}

/** The latest first; what cannot be read is left out. */
export async function readKeptVersions(directory: string): Promise<readonly KeptVersion[]> {
  const names = await readdir(directory).catch(() => []); // nothing was kept yet
  const found: KeptVersion[] = [];
  for (const name of names.filter((one) => /^[0-9a-f]{64}\.json$/.test(one))) {
    const parsed = keptVersion.safeParse(parseJson(await readFile(join(directory, name), 'utf8')));
    if (parsed.success) found.push(parsed.data);
  }
  return found.toSorted((a, b) => (a.keptAt < b.keptAt ? 1 : -1));
}

export async function forgetVersion(directory: string, digest: string): Promise<void> {
  await rm(join(directory, `${digest}.json`), { force: true });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
