// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Wheel } from '../../environment/wheels.ts';
import { readZippedFiles } from '../divergence/read-zip.ts';

export interface EnvironmentChanges {
  /** `numpy/__init__.py of numpy-2.4.6-….whl`: files that are not as their wheel has them. */
  readonly changed: readonly string[];
  readonly files: number;
  readonly wheels: number;
}

/** Written by the installer, never as the wheel has them. */
const INSTALLERS_OWN = /\.dist-info\/(?:RECORD|INSTALLER|REQUESTED|direct_url\.json)$/;
const SHOWN_MAX = 10;

/** Compares every file of an installed environment with the archived wheel that it came from. */
export async function environmentChanges(
  directory: string,
  wheels: readonly Wheel[],
): Promise<EnvironmentChanges> {
  const packages = await packagesDirectory(directory);
  const changed: string[] = [];
  let files = 0;
  for (const wheel of wheels) {
    for (const { name, content } of readZippedFiles(await readFile(wheel.path)) ?? []) {
      if (name.endsWith('/') || INSTALLERS_OWN.test(name) || /^[^/]+\.data\//.test(name)) continue;
      files += 1;
      const installed = await readFile(join(packages, name)).catch(() => undefined); // deleted is changed
      if (installed !== undefined && digest(installed) === digest(content)) continue;
      if (changed.length < SHOWN_MAX) changed.push(`${name} of ${wheel.file}`);
    }
  }
  return { changed, files, wheels: wheels.length };
}

async function packagesDirectory(directory: string): Promise<string> {
  const libraries = await readdir(join(directory, 'lib'));
  const python = libraries.find((name) => name.startsWith('python3'));
  return join(directory, 'lib', python ?? 'python3', 'site-packages');
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
