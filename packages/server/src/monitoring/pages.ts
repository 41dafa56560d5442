// SPDX-License-Identifier: Apache-2.0

/** Well below the 65,535 parameters that one statement of PostgreSQL may have. */
export const IDS_PER_QUERY = 5_000;

/** A list in slices of at most `size`. */
export function* pages<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}
