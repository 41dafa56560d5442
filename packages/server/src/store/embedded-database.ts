// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DatabaseHandle, openDatabase } from './database.ts';
import {
  type EmbeddedOptions,
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from './embedded/embedded-postgres.ts';
import { ensureDatabase, prepareDatabase } from './prepare-database.ts';

export interface EmbeddedDatabase extends DatabaseHandle {
  readonly postgres: EmbeddedPostgres;
  /** Superuser of the same database: for migrations, backup and restore only. */
  readonly ownerUrl: string;
  /** Closes the connections and stops the server. */
  close(): Promise<void>;
}

/** Starts the embedded server on a directory and opens the database `countersign` in it, migrated. */
export async function openEmbeddedDatabase(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const postgres = await startEmbeddedPostgres(options);
  try {
    const ownerUrl = await ensureDatabase(postgres.url, 'countersign');
    const { url } = await prepareDatabase(ownerUrl, await applicationPassword(options.directory));
    const handle = await openDatabase({ url });
    return {
      ...handle,
      postgres,
      ownerUrl,
      close: async () => {
        await handle.close();
        await postgres.stop();
      },
    };
  } catch (cause) {
    await postgres.stop();
    throw cause;
  }
}

async function applicationPassword(directory: string): Promise<string> {
  const path = join(directory, 'application-password');
  const existing = await readFile(path, 'utf8').catch(() => undefined);
  if (existing !== undefined && existing.trim() !== '') {
    return existing.trim();
  }
  const password = randomBytes(24).toString('base64url');
  await writeFile(path, `${password}\n`, { mode: 0o600, flush: true });
  return password;
}
