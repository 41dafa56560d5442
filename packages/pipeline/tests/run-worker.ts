// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { runProcess } from '../src/process/run-process.ts';

export const WORKER = fileURLToPath(new URL('../src/worker.ts', import.meta.url));

/** Starts the worker process with exactly this environment and gives the lines that it printed. */
export async function runWorker(
  job: unknown,
  env: Readonly<Record<string, string>>,
): Promise<readonly Record<string, unknown>[]> {
  const ended = await runProcess(process.execPath, [WORKER], { env, stdin: JSON.stringify(job) });
  const lines = ended.stdout.toString('utf8').trim().split('\n');
  if (ended.stderr !== '') throw new Error(ended.stderr);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>); // each line is an object by contract
}
