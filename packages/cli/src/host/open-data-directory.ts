// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { type BlobStore, openFileBlobStore } from '@countersign/pipeline';
import type { DatabaseHandle, PublishedStore } from '@countersign/server';
import { CliError } from '../errors.ts';
import { type DataConfig, readConfigFile } from '../profile/profile.ts';
import type { Session } from '../session.ts';

/** The stores of a data directory, opened for maintenance. */
export interface DataDirectory {
  readonly dataDir: string;
  readonly config: DataConfig;
  readonly blobs: BlobStore;
  readonly published: PublishedStore;
  readonly database?: DatabaseHandle;
  close(): Promise<void>;
}

/** @throws CliError `not_founded`; ServerError of the store */
export async function openDataDirectory(
  session: Session,
  options: { readonly withoutDatabase: boolean },
): Promise<DataDirectory> {
  const { dataDir } = session.profile();
  const config = readConfigFile(dataDir);
  if (config === undefined) {
    throw new CliError('not_founded', `\`${dataDir}\` holds no founded firm`, {
      details: { next: 'name a data directory with --data' },
    });
  }
  const { openData, openDataKeys, openFilePublishedStore } = await import('@countersign/server');
  if (options.withoutDatabase) {
    return {
      dataDir,
      config,
      blobs: openFileBlobStore(join(dataDir, 'blobs'), { keys: openDataKeys(dataDir) }),
      published: openFilePublishedStore(join(dataDir, 'published')),
      close: () => Promise.resolve(),
    };
  }
  const { databaseUrl } = config;
  const data = await openData({ dataDir, ...(databaseUrl === undefined ? {} : { databaseUrl }) });
  return { ...data, config, close: () => data.close() };
}
