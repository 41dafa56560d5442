// SPDX-License-Identifier: Apache-2.0
import { lstat, readdir, readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** What a step may take in all, whatever it divides it among. */
export interface UseLimits {
  /** The writable ground of the step, where it has one on a disk. */
  readonly disk?: { readonly directory: string; readonly bytes: number };
  readonly memoryBytes: number;
  /** Between two looks; half a second unless given. */
  readonly everyMs?: number;
}

export type Overuse = 'disk' | 'memory';

const DISK_BYTES_MAX = 64 * 1024 ** 3;
/** Twice what a step may leave behind. */
const ENTRIES_MAX = 20_000;
const DEPTH_MAX = 64;
const LOOK_EVERY_MS = 500;
const PAGE_BYTES = 4096;
const PROCESSES_MAX = 4096;

/** Half of what is free, so that the outputs can still be archived beside the originals; never above 64 GiB. */
export async function diskAllowance(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return Math.min(DISK_BYTES_MAX, Math.floor((bavail * bsize) / 2));
}

/**
 * Looks (twice a second) at what a step holds and tells `onOveruse` once. The kernel's limits are per process and per file;
 * this bounds their sum. Between two looks a step can take more: it is a guard of the machine, not an exact account.
 * The returned function ends it.
 */
export function watchUse(
  namespacePid: () => string | undefined,
  limits: UseLimits,
  onOveruse: (what: Overuse) => void,
): () => void {
  let timer: NodeJS.Timeout;
  let isOver = false;
  const look = async (): Promise<void> => {
    const what = await overuse(namespacePid(), limits).catch(() => undefined); // the step is ending
    if (isOver) return;
    if (what === undefined) schedule();
    else onOveruse(what);
  };
  const schedule = () => {
    timer = setTimeout(() => void look(), limits.everyMs ?? LOOK_EVERY_MS);
  };
  schedule();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

async function overuse(pid: string | undefined, limits: UseLimits): Promise<Overuse | undefined> {
  if (limits.disk !== undefined) {
    const { bytes, entries, depth } = await useOfDirectory(limits.disk.directory);
    if (bytes > limits.disk.bytes || entries > ENTRIES_MAX || depth > DEPTH_MAX) return 'disk';
  }
  if (pid !== undefined && (await useOfProcesses(pid)) > limits.memoryBytes) return 'memory';
  return undefined;
}

/** Blocks, entries and depth below a directory, as far as the limits go; links are not followed. */
export async function useOfDirectory(
  directory: string,
): Promise<{ readonly bytes: number; readonly entries: number; readonly depth: number }> {
  const found = { bytes: 0, entries: 0, depth: 0 };
  const open: (readonly [string, number])[] = [[directory, 1]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [path, depth] = next;
    found.depth = Math.max(found.depth, depth);
    if (found.entries > ENTRIES_MAX || depth > DEPTH_MAX) return found;
    for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
      found.entries += 1;
      const inside = join(path, entry.name);
      if (entry.isDirectory()) open.push([inside, depth + 1]);
      else found.bytes += (await lstat(inside).catch(() => ({ blocks: 0 }))).blocks * 512;
    }
  }
  return found;
}

/** Memory of a process and its descendants: resident, and where that is much, without counting shared pages twice. */
async function useOfProcesses(root: string): Promise<number> {
  const pids = await descendantsOf(root);
  return sum(pids.map(proportionalBytes));
}

async function descendantsOf(root: string): Promise<readonly string[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).slice(-PROCESSES_MAX);
  const parents = new Map(
    await Promise.all(all.map(async (pid) => [pid, await parentOf(pid)] as const)),
  );
  const isInside = (pid: string): boolean => {
    let at: string | undefined = pid;
    for (let step = 0; at !== undefined && step < PROCESSES_MAX; step += 1) {
      if (at === root) return true;
      at = parents.get(at);
    }
    return false;
  };
  return all.filter(isInside);
}

/** The fourth field of `/proc/PID/stat`; the second may hold blanks and brackets (proc(5)). */
async function parentOf(pid: string): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''); // gone
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
}

async function proportionalBytes(pid: string): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => ''); // gone, or not ours to read
  const kibibytes = /^Pss:\s+(\d+) kB/m.exec(rollup)?.[1];
  if (kibibytes !== undefined) return Number(kibibytes) * 1024;
  const statm = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '');
  return Number(statm.split(' ')[1] ?? 0) * PAGE_BYTES;
}

async function sum(values: readonly Promise<number>[]): Promise<number> {
  return (await Promise.all(values)).reduce((total, value) => total + value, 0);
}
