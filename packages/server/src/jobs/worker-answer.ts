// SPDX-License-Identifier: Apache-2.0
import type { ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Json } from '@countersign/kernel';
import {
  PipelineError,
  type PipelineErrorCode,
  type RebuildResult,
  type RunEvent,
  type RunResult,
} from '@countersign/pipeline';
import { ServerError } from '../errors.ts';

const TAIL_CHARACTERS = 4_000;

/**
 * The answer that a worker prints, once it has ended; events on the way go to `report`.
 * @throws PipelineError as the worker reports it; ServerError `worker_failed` when it ends without an answer
 */
export function answerOf(
  child: ChildProcessByStdio<Writable | null, Readable, Readable>,
  report: (text: string) => void,
): Promise<WorkerAnswer> {
  const lines = createInterface({ input: child.stdout });
  let tail = '';
  const keep = (text: string): void => {
    tail = (tail + text).slice(-TAIL_CHARACTERS);
  };
  child.stderr.on('data', (chunk: Buffer) => keep(chunk.toString('utf8')));
  return new Promise((resolve, reject) => {
    let answer: WorkerAnswer | undefined;
    let failure: Error | undefined;
    lines.on('line', (line) => {
      const message = readLine(line);
      if (message === undefined) keep(line);
      else if (message.type === 'result' || message.type === 'rebuilt') answer = message;
      else if (message.type === 'error') failure = workerError(message);
      else report(eventText(message));
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (answer !== undefined) resolve(answer);
      else
        reject(failure ?? unanswered(signal === null ? `exit ${code}` : `signal ${signal}`, tail));
    });
  });
}

/** A worker that is killed while it prints leaves half a line. */
function readLine(line: string): WorkerLine | undefined {
  try {
    return JSON.parse(line) as WorkerLine; // the worker is our own code
  } catch {
    return undefined;
  }
}

export type WorkerAnswer =
  | { readonly type: 'result'; readonly result: RunResult }
  | { readonly type: 'rebuilt'; readonly rebuilt: RebuildResult };

type WorkerLine =
  | RunEvent
  | WorkerAnswer
  | {
      readonly type: 'error';
      readonly code: string;
      readonly message: string;
      readonly details: { readonly [name: string]: Json };
    };

function workerError(line: WorkerLine & { type: 'error' }): Error {
  if (line.code === 'unexpected') {
    return new ServerError('worker_failed', `the worker failed: ${line.message}`);
  }
  return new PipelineError(line.code as PipelineErrorCode, line.message, { details: line.details });
}

export function unanswered(how: string, tail: string): ServerError {
  return new ServerError('worker_failed', `the worker ended without an answer (${how})`, {
    details: { how, tail },
  });
}

/** Whether a worker was ended from outside: nothing that it was given is to blame. */
export function isKilledWorker(cause: unknown): boolean {
  if (!(cause instanceof ServerError) || cause.code !== 'worker_failed') return false;
  return String(cause.details.how ?? '').startsWith('signal ');
}

function eventText(event: RunEvent): string {
  switch (event.type) {
    case 'phase':
      return event.text;
    case 'step-started':
      return `step ${event.step}: ${event.command}`;
    case 'step-log':
      return `${event.step} | ${event.text.trimEnd()}`;
    case 'step-cached':
      return `step ${event.step}: unchanged, taken from ${event.run}`;
    case 'step-ended':
      return `step ${event.step} ended with exit ${event.exit ?? 'none (time limit)'}`;
    case 'snapshot-taken':
      return `snapshot of ${event.dataset}: ${event.rows} rows`;
  }
}
