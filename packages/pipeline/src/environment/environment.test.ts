// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { determinismProfile, levelsToDisable } from './determinism-profile.ts';
import { hostToolEnvironment, networkStepEnvironment } from './host-environment.ts';
import { describeInterpreter } from './interpreter.ts';
import { parseLockFile } from './lock-file.ts';
import { fetchWheels, verifiedWheels } from './wheels.ts';

const HASH = 'a'.repeat(64);

test('a lock is read with markers, extras, comments and continued lines', () => {
  const text = `# compiled
numpy==2.4.6 ; python_version >= "3.9" \\
    --hash=sha256:${HASH} \\
    --hash=sha256:${'b'.repeat(64)}
    # via scipy
uvicorn[standard]==0.30.1 --hash=sha256:${HASH}
`;
  expect(parseLockFile(text, 'r.lock').packages).toEqual([
    { name: 'numpy', version: '2.4.6', hashes: [HASH, 'b'.repeat(64)] },
    { name: 'uvicorn', version: '0.30.1', hashes: [HASH] },
  ]);
});

test('what is not pinned and hashed is refused with its line', () => {
  const refused: readonly (readonly [string, string])[] = [
    [`numpy==2.4.6 --hash=sha256:${HASH}\nscipy==1.17.1\n`, 'r.lock:2: `scipy` has no'],
    ['numpy>=2\n', 'r.lock:1: `numpy>=2` is not pinned'],
    ['numpy==2.* --hash=md5:0\n', 'has no `--hash=sha256'],
    [`--index-url https://example.com\n`, 'r.lock:1: the option `--index-url`'],
    ['-e .\n', 'the option `-e`'],
    [`numpy @ https://example.com/numpy.whl --hash=sha256:${HASH}\n`, 'is not pinned'],
    ['./numpy.whl\n', 'is not pinned'],
  ];
  for (const [text, expected] of refused) {
    expect(() => parseLockFile(text, 'r.lock'), text).toThrowError(expected);
  }
});

test('a package that comes only as source is refused by name', async () => {
  const root = await mkdtemp(join(tmpdir(), 'wheels-'));
  const hostEnvironment = hostToolEnvironment(process.env);
  const interpreter = await describeInterpreter('python3', hostEnvironment);
  // The hash of scorecardpy 0.1.9.7's source archive does not matter: pip finds no wheel to compare.
  const lock = parseLockFile(`scorecardpy==0.1.9.7 --hash=sha256:${HASH}\n`, 'requirements.lock');
  const fetched = fetchWheels({ lock, interpreter, cacheDir: root, hostEnvironment });
  await expect(fetched).rejects.toMatchObject({
    code: 'wheel_unavailable',
    message: expect.stringContaining('`scorecardpy==0.1.9.7`'),
  });
  await rm(root, { recursive: true });
});

test('a cached wheel whose bytes the lock does not allow is not used', async () => {
  const root = await mkdtemp(join(tmpdir(), 'wheels-'));
  await mkdir(join(root, 'w'));
  await writeFile(join(root, 'w', 'a.whl'), 'abc');
  const lock = (hash: string) => parseLockFile(`a==1 --hash=sha256:${hash}\n`, 'l');
  // FIPS 180-4 example: SHA-256 of "abc".
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect((await verifiedWheels(join(root, 'w'), lock(abc)))?.map(({ file }) => file)).toEqual([
    'a.whl',
  ]);
  expect(await verifiedWheels(join(root, 'w'), lock(HASH))).toBeUndefined();
  await rm(root, { recursive: true });
});

test('only levels above AVX2 are switched off, in either naming of numpy', () => {
  const old = [
    'SSSE3',
    'SSE41',
    'POPCNT',
    'SSE42',
    'AVX',
    'F16C',
    'FMA3',
    'AVX2',
    'AVX512F',
    'AVX512_SKX',
  ];
  expect(levelsToDisable(old)).toEqual(['AVX512F', 'AVX512_SKX']);
  expect(levelsToDisable(['X86_V3', 'X86_V4', 'AVX512_ICL'])).toEqual(['X86_V4', 'AVX512_ICL']);
  expect(levelsToDisable([])).toEqual([]);
});

test('the profile depends on commit, seed and numpy alone', () => {
  const facts = { committedAt: '2026-03-31T10:00:00.000Z', seed: 7, dispatchedLevels: ['X86_V4'] };
  const profile = determinismProfile(facts);
  expect(profile).toMatchObject({
    SOURCE_DATE_EPOCH: '1774951200',
    COUNTERSIGN_SEED: '7',
    NPY_DISABLE_CPU_FEATURES: 'X86_V4',
    OPENBLAS_CORETYPE: 'Haswell',
    OMP_NUM_THREADS: '1',
    TZ: 'UTC',
  });
  expect(determinismProfile(facts)).toEqual(profile);
});

test('a step with network gets proxies and certificates, but no credentials and nothing else', () => {
  const caller = {
    HTTPS_PROXY: 'http://user:secret@proxy:3128',
    HTTP_PROXY: 'http://proxy:3128',
    SSL_CERT_FILE: '/etc/ssl/certs/ca.pem',
    PIP_INDEX_URL: 'https://user:secret@index/simple',
    DATABASE_URL: 'postgres://x',
    PATH: '/bin',
  };
  expect(networkStepEnvironment(caller)).toEqual({
    HTTP_PROXY: 'http://proxy:3128',
    SSL_CERT_FILE: '/etc/ssl/certs/ca.pem',
  });
  expect(hostToolEnvironment(caller)).not.toHaveProperty('DATABASE_URL');
});

test('a missing interpreter is named', async () => {
  await expect(describeInterpreter('/nonexistent/python', {})).rejects.toMatchObject({
    code: 'interpreter_missing',
    message: expect.stringContaining('`/nonexistent/python`'),
  });
});
