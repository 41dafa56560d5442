// SPDX-License-Identifier: Apache-2.0
import { hostname } from 'node:os';
import type { Command, Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import type { Session } from '../session.ts';
import { untilAborted } from './up.ts';

export const worker: Command = {
  name: 'worker',
  summary: 'one more process that works the firm’s jobs, beside its server',
  description:
    'Any number share one PostgreSQL and the data directory’s blobs and keys. Runs until it is interrupted; what a killed one had is taken up by another from its beginning, and nothing of it was registered. With the embedded database use `countersign up --workers N`.',
  example: 'countersign worker --data /srv/countersign --concurrency 2',
  options: [
    { flags: '--database-url URL', summary: 'PostgreSQL 15 or later, as its owner' },
    { flags: '--concurrency N', summary: 'jobs done at once; 1 unless given' },
  ],
  run: runWorker,
};

async function runWorker(input: Input, session: Session): Promise<Outcome> {
  const { dataDir } = session.profile();
  const databaseUrl = input.optionalText('database-url');
  const concurrency = input.count('concurrency') ?? 1;
  const { startWorker } = await import('@countersign/server');
  const running = await startWorker({
    dataDir,
    concurrency,
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    onFailure: (error) =>
      session.io.err(`worker: ${error instanceof Error ? error.message : String(error)}`),
  });
  const announced = { dataDir, host: hostname(), process: process.pid, concurrency };
  session.io.out(
    input.flag('json')
      ? JSON.stringify(announced)
      : `works jobs of ${dataDir}, ${concurrency} at once (process ${process.pid})`,
  );
  try {
    await untilAborted(session.io.signal ?? new AbortController().signal);
  } finally {
    session.progress('stopping');
    await running.close();
  }
  return { ok: true, result: announced, lines: ['stopped'], isPrinted: true };
}
