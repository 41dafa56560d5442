// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises';

/** What the file system says of a file; any write to it, and any replacing of it, changes one of these. */
interface Stamp {
  readonly inode: bigint;
  readonly size: bigint;
  readonly modifiedNs: bigint;
  /** Set by the kernel at each change of content or attributes; no call sets it back. */
  readonly changedNs: bigint;
}

/** Which files this process has hashed whole, and found unchanged since by what the file system says of them. */
export interface SeenWhole {
  /** To be called before the file is read: what changes while it is read must not count as seen. */
  stamp(path: string): Promise<Stamp>;
  remember(digest: string, stamp: Stamp): void;
  forget(digest: string): void;
  isUnchanged(digest: string, path: string): Promise<boolean>;
}

/** About 200 bytes each; the oldest are forgotten, and their files are read again. */
const REMEMBERED_MAX = 50_000;

/**
 * Spares a file of 100 GB a reading at every request. In memory: a process that has just started has seen nothing.
 * It finds what was written to a file, not a disk that gives other bytes back than it was given: whoever must know that
 * reads the content.
 */
export function createSeenWhole(): SeenWhole {
  const seen = new Map<string, Stamp>();
  return {
    stamp: stampOf,
    remember: (digest, stamp) => {
      seen.delete(digest);
      seen.set(digest, stamp);
      const [oldest] = seen.keys();
      if (seen.size > REMEMBERED_MAX && oldest !== undefined) seen.delete(oldest);
    },
    forget: (digest) => {
      seen.delete(digest);
    },
    isUnchanged: async (digest, path) => {
      const before = seen.get(digest);
      return before !== undefined && isSame(before, await stampOf(path));
    },
  };
}

async function stampOf(path: string): Promise<Stamp> {
  const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return { inode: ino, size, modifiedNs: mtimeNs, changedNs: ctimeNs };
}

function isSame(a: Stamp, b: Stamp): boolean {
  return (
    a.inode === b.inode &&
    a.size === b.size &&
    a.modifiedNs === b.modifiedNs &&
    a.changedNs === b.changedNs
  );
}
