// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerError } from '../../errors.ts';

/** What a running server writes into `postmaster.pid` of its data directory. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly socketDir: string;
  /** False while it starts, recovers from a crash, or stops. */
  readonly ready: boolean;
}

/**
 * Reads `postmaster.pid` (lines: pid, data directory, start time, port, socket directory, listen address,
 * shared memory key, status). Undefined when there is none or its process is gone.
 */
export async function readPostmaster(dataDir: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => undefined);
  const lines = text?.split('\n') ?? [];
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 1 || !(await isPostgres(pid, dataDir))) {
    return undefined;
  }
  return {
    pid,
    port: Number(lines[3]),
    socketDir: (lines[4] ?? '').trim(),
    ready: (lines[7] ?? '').trim() === 'ready',
  };
}

/** Pids are reused: after a reboot the file may name a stranger, which must never be signalled. */
async function isPostgres(pid: number, dataDir: string): Promise<boolean> {
  if (!isAlive(pid)) {
    return false;
  }
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  // Outside Linux there is no /proc; there PostgreSQL's own lock is what protects the data directory.
  return commandLine === undefined || commandLine.split('\0').includes(dataDir);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Fast shutdown (SIGINT: sessions are ended, a checkpoint is written), and immediate shutdown (SIGQUIT: the
 * next start recovers from the WAL) for a server that has not ended in time. Never SIGKILL, which would
 * leave children on the shared memory.
 */
export async function stopPostmaster(pid: number, fastMs: number): Promise<void> {
  for (const [signal, waitMs] of [['SIGINT', fastMs] as const, ['SIGQUIT', 10_000] as const]) {
    if (!isAlive(pid)) {
      return;
    }
    process.kill(pid, signal);
    const deadline = Date.now() + waitMs;
    while (isAlive(pid) && Date.now() < deadline) {
      await sleep(20);
    }
  }
  if (isAlive(pid)) {
    throw new ServerError(
      'postgres_failed',
      `the database process ${pid} does not stop; end it by hand and start again`,
      { details: { pid } },
    );
  }
}
