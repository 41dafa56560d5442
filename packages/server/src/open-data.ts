// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type BlobStore, openFileBlobStore } from '@countersign/pipeline';
import { installationSecret } from './identity/index.ts';
import {
  type DatabaseHandle,
  openDatabase,
  openDataKeys,
  openEmbeddedDatabase,
  openFilePublishedStore,
  type PublishedStore,
  prepareDatabase,
} from './store/index.ts';

/** The stores of one data directory. */
export interface OpenData {
  readonly dataDir: string;
  readonly database: DatabaseHandle;
  readonly blobs: BlobStore;
  readonly published: PublishedStore;
  close(): Promise<void>;
}

export interface DataPlace {
  readonly dataDir: string;
  /** Owner's URL of a database of the firm's own; the embedded PostgreSQL of the directory when absent. */
  readonly databaseUrl?: string;
}

/** Opens (and creates on first use) the stores, migrated. @throws ServerError of the store */
export async function openData(place: DataPlace): Promise<OpenData> {
  await mkdir(place.dataDir, { recursive: true, mode: 0o755 });
  const database = await openDatabaseOf(place);
  return {
    dataDir: place.dataDir,
    database,
    blobs: openFileBlobStore(join(place.dataDir, 'blobs'), { keys: openDataKeys(place.dataDir) }),
    published: openFilePublishedStore(join(place.dataDir, 'published')),
    close: () => database.close(),
  };
}

async function openDatabaseOf({ dataDir, databaseUrl }: DataPlace): Promise<DatabaseHandle> {
  if (databaseUrl === undefined) {
    return openEmbeddedDatabase({ directory: join(dataDir, 'postgres') });
  }
  const password = await installationSecret(dataDir, 'database-password');
  const { url } = await prepareDatabase(databaseUrl, password);
  return openDatabase({ url });
}
