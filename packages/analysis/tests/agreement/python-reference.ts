// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const PYTHON_TIMEOUT_MS = 120_000;
const INSTALL_TIMEOUT_MS = 600_000;

/** Figures of the pinned Python packages for `request`, by a script beside this file; see there for its shape. */
export function referenceFigures(
  request: Readonly<Record<string, unknown>>,
  script = 'reference.py',
): unknown {
  const python = join(preparedEnvironment(), 'bin', 'python');
  return JSON.parse(run(python, [here(script)], { input: JSON.stringify(request) }));
}

/** A virtual environment named for its requirements, made once and kept in the user's cache. */
export function preparedEnvironment(): string {
  const requirements = here('requirements.txt');
  const name = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(cache, 'countersign', `analysis-reference-${name}`);
  // A folder without it is a broken install and is made again.
  const ready = '.ready';
  if (existsSync(join(folder, ready))) return folder;
  // Made aside and moved when whole: several suites may find none at the same time.
  const making = `${folder}.${process.pid}`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true });
  run('python3', ['-m', 'venv', making], { timeout: INSTALL_TIMEOUT_MS });
  run(
    join(making, 'bin', 'python'),
    ['-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary=:all:', '-r', requirements],
    {
      timeout: INSTALL_TIMEOUT_MS,
    },
  );
  writeFileSync(join(making, ready), '');
  if (!existsSync(join(folder, ready))) {
    rmSync(folder, { recursive: true, force: true });
    renameSync(making, folder);
  } else rmSync(making, { recursive: true, force: true });
  return folder;
}

function run(
  command: string,
  args: readonly string[],
  options: { readonly input?: string; readonly timeout?: number },
): string {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: options.timeout ?? PYTHON_TIMEOUT_MS,
    maxBuffer: 1 << 26,
    ...(options.input === undefined ? {} : { input: options.input }),
    env: { ...process.env, OPENBLAS_NUM_THREADS: '1', PYTHONWARNINGS: 'ignore' },
  });
  if (result.status === 0) return result.stdout;
  throw new Error(`${command} failed: ${result.error?.message ?? result.stderr}`);
}
