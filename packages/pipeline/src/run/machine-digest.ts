// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { type Dirent, readdirSync, statSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import os from 'node:os';

/** What package managers write anew whenever they install something. */
const PACKAGE_DATABASES = [
  '/etc/os-release',
  '/var/lib/dpkg/status',
  '/lib/apk/db/installed',
  '/var/lib/rpm/rpmdb.sqlite',
  '/usr/lib/sysimage/rpm/rpmdb.sqlite',
  '/var/lib/pacman/local/ALPM_DB_VERSION',
];

/** Where programs are put by hand, or replaced behind the package manager's back. */
const PROGRAM_DIRECTORIES = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'];
const BY_HAND = '/usr/local';
const ENTRIES_MAX = 200_000;

/**
 * One digest of the programs and libraries of this machine that every step sees, and of its processor: its packages, and
 * name, size and time of change of each program and of everything below /usr/local. Two machines differ in it even when
 * their programs do not: it is good for comparing a machine with itself. Undefined when /usr/local holds too much to look
 * at before each run.
 */
export async function machineDigest(): Promise<string | undefined> {
  const hash = createHash('sha256');
  const add = (...facts: readonly (string | number | bigint)[]) =>
    hash.update(`${JSON.stringify(facts.map(String))}\n`);
  add(os.machine(), os.cpus()[0]?.model ?? 'unknown');
  for (const path of PACKAGE_DATABASES) {
    const text = await readFile(path).catch(() => undefined); // another distribution
    if (text !== undefined) add(path, createHash('sha256').update(text).digest('hex'));
  }
  const roots = await Promise.all(
    PROGRAM_DIRECTORIES.map((path) => realpath(path).catch(() => '')),
  );
  for (const directory of new Set(roots)) {
    for (const line of entriesOf(directory, { deep: false }) ?? []) add(...line);
  }
  const byHand = entriesOf(BY_HAND, { deep: true });
  if (byHand === undefined) return undefined;
  for (const line of byHand) add(...line);
  return hash.digest('hex');
}

type Entry = readonly [path: string, size: bigint, changedNs: bigint];

/** Not through the thread pool: that takes five times as long for files that are looked at and not read. */
function entriesOf(
  root: string,
  { deep }: { readonly deep: boolean },
): readonly Entry[] | undefined {
  const found: Entry[] = [];
  const open = [root];
  for (let directory = open.pop(); directory !== undefined; directory = open.pop()) {
    for (const entry of listed(directory)) {
      const path = `${directory}/${entry.name}`;
      if (!entry.isDirectory()) found.push(describe(path));
      else if (deep) open.push(path);
    }
    if (found.length > ENTRIES_MAX) return undefined;
  }
  return found.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function listed(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return []; // none such, or not ours to read, nor a step's
  }
}

/** What a link leads to is what would be run; one to nothing, or to itself, is nothing. */
function describe(path: string): Entry {
  try {
    const facts = statSync(path, { bigint: true, throwIfNoEntry: false });
    return [path, facts?.size ?? 0n, facts?.ctimeNs ?? 0n];
  } catch {
    return [path, 0n, 0n];
  }
}
