// SPDX-License-Identifier: Apache-2.0

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cpuClass, hostPackages, readMachineDetails } from './machine-details.ts';
import { osPackagesText, readApkPackages, readOsPackages } from './os-packages.ts';

const V2 = 'cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3';
const V3 = `${V2} abm avx avx2 bmi1 bmi2 f16c fma movbe xsave`;
const V4 = `${V3} avx512f avx512bw avx512cd avx512dq avx512vl`;
const cpu = (flags: string) => `model name\t: Some CPU\nflags\t\t: fpu ${flags}\n`;

test('the class of a CPU is the highest level of the x86-64 psABI that it has whole', () => {
  const levels = [[''], [V2], [V3], [V4], [V4.replace('avx512vl', '')], [V4.replace('movbe ', '')]];
  expect(levels.map(([flags]) => cpuClass(cpu(flags ?? ''), 'x64').level)).toEqual([
    'x86-64-v1',
    'x86-64-v2',
    'x86-64-v3',
    'x86-64-v4',
    'x86-64-v3',
    'x86-64-v2',
  ]);
  expect(cpuClass('CPU part : 0xd0c\nFeatures : fp asimd\n', 'arm64').level).toBe('arm64');
});

test('features are compared as a set: their order in /proc/cpuinfo is no difference', () => {
  const digest = (flags: string) => cpuClass(cpu(flags), 'x64').flagsDigest;
  expect(digest('avx2 sse2')).toBe(digest('sse2 avx2'));
  expect(digest('avx2')).not.toBe(digest('sse2'));
});

test('the packages of this machine are those that dpkg-query lists', async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the fields of dpkg-query(1)
  const format = '${db:Status-Status} ${Package} ${Version} ${Architecture}\n';
  const asked = spawnSync('dpkg-query', ['--show', '--showformat', format], { encoding: 'utf8' });
  const lines = asked.stdout.split('\n').filter((line) => line.startsWith('installed '));
  const expected = lines.map((line) => line.slice('installed '.length));
  const read = osPackagesText((await hostPackages()) ?? [])
    .split('\n')
    .filter(Boolean);
  expect(read.toSorted()).toEqual(expected.toSorted());
});

test('the C library is recorded by the digest of its file', async () => {
  const { libc, packages, kernel } = await readMachineDetails();
  if (libc === null) throw new Error('this test is for Linux with a named C library');
  expect(libc.digest).toBe(createHash('sha256').update(readFileSync(libc.file)).digest('hex'));
  expect(libc.version).toMatch(/^(glibc 2\.|.*musl)/);
  expect(kernel.version).not.toBe('');
  expect(packages?.digest).toMatch(/^[0-9a-f]{64}$/);
});

test('databases of dpkg and apk are read; a removed package is none', () => {
  const status =
    'Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n\nPackage: b\nStatus: deinstall ok config-files\nVersion: 2\nArchitecture: all\n';
  expect(readOsPackages(status)).toEqual([
    { system: 'deb', name: 'a', version: '1', architecture: 'amd64' },
  ]);
  expect(
    readApkPackages('C:Q1\nP:musl\nV:1.2.5-r0\nA:x86_64\n\nP:busybox\nV:1.36-r1\nA:x86_64\n'),
  ).toEqual([
    { system: 'apk', name: 'busybox', version: '1.36-r1', architecture: 'x86_64' },
    { system: 'apk', name: 'musl', version: '1.2.5-r0', architecture: 'x86_64' },
  ]);
});
