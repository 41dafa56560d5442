// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { release, version } from 'node:os';
import { basename } from 'node:path';
import process from 'node:process';
import { pipeline } from 'node:stream/promises';
import {
  type Distribution,
  type OsPackage,
  osPackagesText,
  readDistribution,
  readOsPackages,
} from './os-packages.ts';

/** What lies below every environment of this machine: nothing here may change a byte of a result, and this says if it did. */
export interface MachineDetails {
  /** `PRETTY_NAME` of os-release(5). */
  readonly distribution: string;
  readonly kernel: { readonly release: string; readonly version: string };
  /** The C library that the sandbox's programs load. Null where it is none that names itself. */
  readonly libc: {
    readonly version: string;
    readonly file: string;
    readonly digest: string;
  } | null;
  readonly cpu: {
    readonly model: string;
    /** The micro-architecture level of the x86-64 psABI, such as `x86-64-v3`, or the architecture alone. */
    readonly level: string;
    /** SHA-256 of the sorted names of the CPU's features, joined by blanks. */
    readonly flagsDigest: string;
  };
  /** The packages that /usr, which the sandbox shows, was installed from. Null without a package database. */
  readonly packages: {
    readonly system: 'dpkg';
    readonly count: number;
    /** SHA-256 of `name version architecture` lines in order of the bytes; the name of the archived list. */
    readonly digest: string;
    readonly size: number;
  } | null;
}

const DPKG_STATUS = '/var/lib/dpkg/status';

/** System V ABI, AMD64 supplement, 3.1.1, table 3.1; what Linux calls lzcnt, osxsave and sse3 in /proc/cpuinfo. */
const LEVELS: readonly (readonly [string, readonly string[]])[] = [
  ['x86-64-v2', ['cx16', 'lahf_lm', 'popcnt', 'pni', 'sse4_1', 'sse4_2', 'ssse3']],
  ['x86-64-v3', ['abm', 'avx', 'avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'movbe', 'xsave']],
  ['x86-64-v4', ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl']],
];

/** Describes the machine below the sandbox; unreadable facts are said to be unknown, none is guessed. */
export async function readMachineDetails(): Promise<MachineDetails> {
  const cpuinfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const list = await hostPackages();
  return {
    distribution: /^PRETTY_NAME="?([^"\n]*)/m.exec(osRelease)?.[1] ?? 'unknown',
    kernel: { release: release(), version: version() },
    libc: await libc(),
    cpu: cpuClass(cpuinfo, process.arch),
    packages: list === undefined ? null : packagesOf(list),
  };
}

/** The packages of the machine, whose /usr the sandbox shows; undefined without dpkg's database. */
export async function hostPackages(): Promise<readonly OsPackage[] | undefined> {
  const text = await readFile(DPKG_STATUS, 'utf8').catch(() => undefined); // another distribution
  return text === undefined ? undefined : readOsPackages(text);
}

export async function hostDistribution(): Promise<Distribution> {
  return readDistribution(await readFile('/etc/os-release', 'utf8').catch(() => ''));
}

function packagesOf(list: readonly OsPackage[]): NonNullable<MachineDetails['packages']> {
  const text = Buffer.from(osPackagesText(list));
  const digest = createHash('sha256').update(text).digest('hex');
  return { system: 'dpkg', count: list.length, digest, size: text.length };
}

/** @param cpuinfo the text of /proc/cpuinfo; @param architecture Node's name of it */
export function cpuClass(cpuinfo: string, architecture: string): MachineDetails['cpu'] {
  const line = (name: string) =>
    new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm').exec(cpuinfo)?.[1]?.trim();
  const flags = (line('flags') ?? line('Features') ?? '').split(/\s+/).filter(Boolean).toSorted();
  const held = new Set(flags);
  const missing = LEVELS.findIndex(([, wanted]) => !wanted.every((flag) => held.has(flag)));
  const [level] = LEVELS[(missing < 0 ? LEVELS.length : missing) - 1] ?? ['x86-64-v1'];
  return {
    model: line('model name') ?? line('CPU part') ?? 'unknown',
    level: architecture === 'x64' ? level : architecture,
    flagsDigest: createHash('sha256').update(flags.join(' ')).digest('hex'),
  };
}

/** The library that this process loaded is the one of /usr, as every program in the sandbox loads it. */
async function libc(): Promise<MachineDetails['libc']> {
  const maps = await readFile('/proc/self/maps', 'utf8').catch(() => '');
  const file = /\s(\/\S*\/(?:libc\.so\.6|libc-\d\S*\.so|ld-musl-\S+\.so\.1))$/m.exec(maps)?.[1];
  if (file === undefined) return null;
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const named = await readlink(file).catch(() => file); // not a link where /lib is /usr/lib
  return { version: libcVersion() ?? basename(named), file, digest: hash.digest('hex') };
}

function libcVersion(): string | undefined {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }; // documented shape of Node's report
  return header?.glibcVersionRuntime === undefined
    ? undefined
    : `glibc ${header.glibcVersionRuntime}`;
}
