// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../../..');
const WEB = join(ROOT, 'packages/web');
const BUILDS = join(ROOT, 'node_modules/.cache/countersign-web');
/** All that a build is made of. */
const SOURCES = [
  'package-lock.json',
  'packages/contract/package.json',
  'packages/contract/src',
  'packages/kernel/package.json',
  'packages/kernel/src',
  'packages/web/index.html',
  'packages/web/package.json',
  'packages/web/public',
  'packages/web/src',
  'packages/web/vite.config.ts',
];
const KEPT_MS = 7 * 86_400_000;

/** A directory with the pages as they are released, built once for the same sources. */
export async function builtPages(): Promise<string> {
  const directory = join(BUILDS, await digestOfSources());
  if (await exists(directory)) return directory;
  await mkdir(BUILDS, { recursive: true });
  await removeOld();
  const building = await mkdtemp(join(BUILDS, 'building-'));
  await build(building);
  try {
    await rename(building, directory);
  } catch (cause) {
    // Another suite was first with the same.
    if (!(await exists(directory))) throw cause;
    await rm(building, { recursive: true });
  }
  return directory;
}

/** As it is released: vite takes the test runner's NODE_ENV for a wish for React's development build. */
async function build(directory: string): Promise<void> {
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  const args = [vite, 'build', '--logLevel', 'error', '--emptyOutDir', '--outDir', directory];
  const env = { ...process.env, NODE_ENV: 'production' };
  await promisify(execFile)(process.execPath, args, { cwd: WEB, env });
}

async function digestOfSources(): Promise<string> {
  const files = (await Promise.all(SOURCES.map((path) => filesOf(join(ROOT, path))))).flat();
  const hash = createHash('sha256');
  for (const path of files.sort()) {
    const content = createHash('sha256').update(await readFile(path));
    hash.update(`${relative(ROOT, path)}\0${content.digest('hex')}\n`);
  }
  return hash.digest('hex');
}

async function filesOf(path: string): Promise<readonly string[]> {
  if ((await stat(path)).isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
}

async function removeOld(): Promise<void> {
  for (const name of await readdir(BUILDS)) {
    const path = join(BUILDS, name);
    const age = Date.now() - (await stat(path)).mtimeMs;
    if (age > KEPT_MS) await rm(path, { recursive: true, force: true });
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
