// SPDX-License-Identifier: Apache-2.0

/** Well below the 65,535 parameters that one statement of PostgreSQL may have. */
const IDS_PER_QUERY = 5_000;

/** A list in slices of at most `size`. */
export function* pages<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}

/** What a query finds for many ids, asked a slice at a time so that only one slice's rows are held. */
export async function* pagesOfRows<T>(
  ids: readonly string[],
  read: (page: readonly string[]) => Promise<readonly T[]>,
): AsyncGenerator<readonly T[]> {
  for (const page of pages(ids, IDS_PER_QUERY)) yield await read(page);
}
