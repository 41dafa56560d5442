// SPDX-License-Identifier: Apache-2.0
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './postmaster.ts';

/** Directories that this process owns: whoever opens one again here must not stop it under the first. */
const held = new Set<string>();

/**
 * Makes this process the owner of the server in `directory`, the one that may stop it, unless another live
 * process, or an earlier caller in this one, is. A dead owner's server is inherited.
 */
export async function takeOwnership(directory: string): Promise<boolean> {
  if (held.has(directory)) {
    return false;
  }
  const path = join(directory, 'owner');
  const mine = await identityOf(process.pid);
  const text = (await readFile(path, 'utf8').catch(() => '')).trim();
  const pid = Number(text.split(' ')[0]);
  if (pid > 1 && pid !== process.pid && isAlive(pid) && text === (await identityOf(pid))) {
    return false;
  }
  await writeFile(path, `${mine}\n`, { mode: 0o600 });
  held.add(directory);
  return true;
}

export async function giveUpOwnership(directory: string): Promise<void> {
  held.delete(directory);
  await rm(join(directory, 'owner'), { force: true });
}

/** Pid and, where /proc tells it, start time in clock ticks since boot (proc(5), stat field 22): pids are reused. */
async function identityOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const afterName = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return `${pid} ${afterName[19] ?? ''}`.trim();
}
