// SPDX-License-Identifier: Apache-2.0
import type { BlobStore } from '../blobs/blob-store.ts';
import { checkLease, type LeaseCheck, type LeaseDepth } from './check-lease.ts';
import { openLakeFiles } from './lake-files.ts';
import type { LeasedTable } from './leased-table.ts';
import { readListing } from './table-listing.ts';

export interface CheckLeasesOptions {
  /** Of origins of referenced tables; one table's version that several models use is given once. */
  readonly tables: readonly LeasedTable[];
  readonly blobs: Pick<BlobStore, 'get'>;
  /** Credentials for S3 are taken from here. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly depth: LeaseDepth;
  readonly now: () => Date;
  readonly onCheck?: (check: LeaseCheck) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks at the files of each referenced table, one table after the other: for a schedule, so that a vacuumed file is
 * found before an examiner asks for it. Throws PipelineError `blob_missing` or `blob_corrupt` when a list of files is
 * itself lost; what is wrong with a table is in its check.
 */
export async function checkLeases(options: CheckLeasesOptions): Promise<readonly LeaseCheck[]> {
  const { blobs, environment, depth, now, signal } = options;
  const checks: LeaseCheck[] = [];
  for (const table of options.tables) {
    signal?.throwIfAborted();
    const { region, endpoint } = table;
    const files = openLakeFiles({ region, endpoint, environment, signal });
    try {
      const listing = await readListing(table, blobs);
      const check = await checkLease(table, { listing, files }, { depth, now: now() });
      checks.push(check);
      options.onCheck?.(check);
    } finally {
      files.close();
    }
  }
  return checks;
}
