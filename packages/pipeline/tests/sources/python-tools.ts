// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProcess } from '../../src/process/run-process.ts';

const cacheDir = join(tmpdir(), 'countersign-pipeline-test-cache');
const environment = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? tmpdir() };

/**
 * The interpreter of a virtual environment with the pinned packages of a file beside this one, made once and kept. Its
 * programs are run with `-m`: the environment is made under another name and moved when it is whole.
 */
export async function pythonWith(requirementsFile: string): Promise<string> {
  const requirements = join(import.meta.dirname, requirementsFile);
  const digest = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const folder = join(cacheDir, `tools-${digest.slice(0, 16)}`);
  const python = join(folder, 'bin', 'python');
  if (existsSync(python)) return python;
  await mkdir(cacheDir, { recursive: true });
  const making = `${folder}.${process.pid}`;
  await rm(making, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', making]);
  const install = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--prefer-binary'];
  await run(join(making, 'bin', 'python'), [...install, '-r', requirements]);
  // Another test file may have been first; its environment is as good.
  await rename(making, folder).catch(() => rm(making, { recursive: true, force: true }));
  return python;
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await runProcess(program, args, {
    env: { ...environment, ...indexVariables() },
  });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}

function indexVariables(): Readonly<Record<string, string>> {
  const names = ['PIP_INDEX_URL', 'PIP_CERT', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
