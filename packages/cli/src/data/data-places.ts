// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { draftCache } from '../runs/run-folder.ts';

/** Where a person's own drafts and data versions lie. */
export interface DataPlaces {
  /** Contents: of data versions, and of draft runs. */
  readonly store: string;
  /** One file a data version: what it was kept from, and when. */
  readonly versions: string;
  /** What was read of each tree, so that it need not be read again. */
  readonly stamps: string;
}

export function dataPlaces(env: Readonly<Record<string, string | undefined>>): DataPlaces {
  const cache = draftCache(env);
  return {
    store: join(cache, 'drafts'),
    versions: join(cache, 'data-versions'),
    stamps: join(cache, 'data-stamps'),
  };
}

/** Each tree has its own file, named by its path. */
export function stampsOf({ stamps }: DataPlaces, path: string): string {
  return join(stamps, createHash('sha256').update(path).digest('hex').slice(0, 32));
}
