// SPDX-License-Identifier: Apache-2.0
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataKeys } from '@countersign/pipeline';
import { z } from 'zod';

const dataKeyFile = z.strictObject({
  v: z.literal(1),
  id: z.string(),
  class: z.string(),
  /** 32 bytes. */
  key: z.base64(),
  created: z.string(),
});

/** The keys that personal data is sealed under: one for each retention class and month, so that a class ends by and by. */
export interface DataKeyring extends DataKeys {
  /** The id of this month's key of a class, made at the first asking. @param name as in the pipeline file */
  idFor(name: string): Promise<string>;
  /** Ids of the keys of earlier months, under which nothing new is sealed. */
  closed(): Promise<readonly string[]>;
  /** For good: what is sealed under it opens no more, here or in a backup. */
  destroy(id: string): Promise<void>;
}

/**
 * `data-keys/<id>.json` beside the service keys, in clear, 0600, and never in a backup: whoever deletes the files of a class
 * has erased every copy of its data, the backups' too, and a restored server reads it only where the files were kept apart.
 * Read at each use, so that a deleted key is gone at once. Workers never see the directory.
 */
export function openDataKeys(dataDir: string, now: () => Date = () => new Date()): DataKeyring {
  const directory = join(dataDir, 'data-keys');
  return {
    keyOf: async (id) => {
      if (!ID.test(id)) return undefined;
      const file = await readKey(join(directory, `${id}.json`));
      return file === undefined ? undefined : Buffer.from(file.key, 'base64');
    },
    idFor: async (name) => {
      const created = now().toISOString();
      const known = (await keysIn(directory)).find(
        (key) => key.class === name && monthOf(key.created) === monthOf(created),
      );
      return known?.id ?? createKey(directory, { name, created });
    },
    closed: async () => {
      const month = monthOf(now().toISOString());
      const keys = await keysIn(directory);
      return keys.flatMap(({ id, created }) => (monthOf(created) < month ? [id] : []));
    },
    destroy: async (id) => {
      if (!ID.test(id)) return;
      await rm(join(directory, `${id}.json`), { force: true });
      await syncDirectory(directory);
    },
  };
}

const ID = /^[a-z][a-z0-9-]{0,40}\.[0-9a-f]{16}$/;
type DataKeyFile = z.infer<typeof dataKeyFile>;

async function readKey(path: string): Promise<DataKeyFile | undefined> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw cause;
  });
  return text === undefined ? undefined : dataKeyFile.parse(JSON.parse(text));
}

/** Oldest first. */
async function keysIn(directory: string): Promise<readonly DataKeyFile[]> {
  const names = await readdir(directory).catch(() => []); // none was made yet
  const found: DataKeyFile[] = [];
  for (const file of names.filter((one) => one.endsWith('.json'))) {
    const key = await readKey(join(directory, file));
    if (key !== undefined) found.push(key);
  }
  return found.toSorted((a, b) => (a.created < b.created ? -1 : 1));
}

function monthOf(time: string): string {
  return time.slice(0, '2026-01'.length);
}

async function syncDirectory(path: string): Promise<void> {
  const place = await open(path, 'r').catch(() => undefined); // never made
  await place?.sync();
  await place?.close();
}

/** Durable before anything is sealed under it. */
async function createKey(
  directory: string,
  { name, created }: { readonly name: string; readonly created: string },
): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const id = `${name}.${randomBytes(8).toString('hex')}`;
  const key = randomBytes(32).toString('base64');
  const staged = join(directory, `${randomUUID()}.new`);
  const file = await open(staged, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify({ v: 1, id, class: name, key, created })}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(staged, join(directory, `${id}.json`));
  await syncDirectory(directory);
  return id;
}
