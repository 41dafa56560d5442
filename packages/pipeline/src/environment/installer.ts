// SPDX-License-Identifier: Apache-2.0
import { open, realpath } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { runProcess } from '../process/run-process.ts';

/** What installs wheels into an environment. The one that a run used is recorded, and a rebuild uses the same. */
export type Installer =
  | { readonly kind: 'pip' }
  /** A program of its own, which is archived with the run: a rebuild needs none on its machine. */
  | { readonly kind: 'uv'; readonly path: string; readonly digest: string; readonly says: string };

export const PIP: Installer = { kind: 'pip' };
/** How environments are built; raised when a way changes, so that none of the old way is taken for one of the new. */
export const RECIPES = { pip: 'venv/1', uv: 'uv/1' } as const;

const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);
const ASK_MS_MAX = 30_000;

/**
 * The uv on the caller's search path with what it says of its version; undefined where there is none, or where it is a
 * script that starts another: only a program that stands alone can be archived.
 */
export async function findUv(
  hostEnvironment: Readonly<Record<string, string>>,
): Promise<{ readonly path: string; readonly says: string } | undefined> {
  for (const directory of (hostEnvironment.PATH ?? '').split(':')) {
    if (!isAbsolute(directory)) continue;
    const path = await realpath(join(directory, 'uv')).catch(() => undefined); // looked for in the next place
    if (path === undefined || !(await isProgram(path))) continue;
    const asked = await runProcess(path, ['--version'], {
      env: hostEnvironment,
      timeoutMs: ASK_MS_MAX,
    }).catch(() => undefined);
    const says = asked?.stdout.toString('utf8').trim() ?? '';
    if (asked?.code === 0 && says.startsWith('uv ')) return { path, says };
  }
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.equals(ELF);
  } finally {
    await file.close();
  }
}

/** Where uv lies in the sandbox that installs. */
export const UV_PATH = '/installer/uv';

/**
 * The shell script that makes a virtual environment at `environment` and installs `/requirements.lock` from `/wheels` into it,
 * offline. What uv unpacks lies beside the packages until it is linked into place, so that no byte is written twice.
 */
export function installScript(options: {
  readonly installer: Installer;
  readonly python: string;
  readonly environment: string;
  readonly isEmpty: boolean;
}): string {
  const { installer, python, environment, isEmpty } = options;
  const venv = `"${python}" -I -m venv --without-pip ${environment}`;
  if (isEmpty) return venv;
  const flags = '--no-index --find-links /wheels --require-hashes --only-binary :all:';
  const target = `--python ${environment}/bin/python`;
  if (installer.kind === 'pip') {
    const quiet = '--disable-pip-version-check --no-warn-script-location';
    const pip = `exec "${python}" -I -m pip ${target} install ${flags} --no-input --no-cache-dir ${quiet} -r /requirements.lock`;
    return `${venv}\n${pip}`;
  }
  const unpacked = `${environment}/.unpacked`;
  const cache = `--cache-dir ${unpacked} --link-mode hardlink`;
  const quiet = '--quiet --no-config --offline --no-python-downloads --compile-bytecode';
  const uv = `${UV_PATH} pip install ${quiet} ${cache} ${target} ${flags} -r /requirements.lock`;
  return `${venv}\n${uv}\nrm -rf ${unpacked}`;
}
