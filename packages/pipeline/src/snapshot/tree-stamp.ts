// SPDX-License-Identifier: Apache-2.0
import type { BigIntStats } from 'node:fs';

/**
 * What the file system says of a file, as text that is compared whole: device, inode, size, and the times of the last
 * change of content and of attributes in nanoseconds. No call sets the last one back.
 */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}

/**
 * A file can be written to again within one tick of the clock that its times are kept by, and then looks as it did: git
 * calls such an entry racily clean (git, Documentation/technical/racy-git.adoc). The coarsest clock in use, that of FAT,
 * ticks every two seconds.
 */
const TICK_NS = 2_000_000_000n;

/** Whether a stamp read at a time would show any later write. A time ahead of the clock shows nothing. */
export function isSettled({ mtimeNs, ctimeNs }: BigIntStats, readAtMs: number): boolean {
  const before = BigInt(readAtMs) * 1_000_000n - TICK_NS;
  return mtimeNs <= before && ctimeNs <= before;
}

export function isExecutable({ mode }: BigIntStats): boolean {
  return (mode & 0o100n) !== 0n;
}
