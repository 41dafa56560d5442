// SPDX-License-Identifier: Apache-2.0
import type { ChangeAnswer, ChangeQuestion } from './verified-change.ts';
import type { RecordsAnswer, RecordsQuestion } from './verified-records.ts';

/** Far beyond any model's life; a worker that is stuck must not leave its page waiting for ever. */
const TIMEOUT_MS = 120_000;

/** `verifyChange` in a worker of its own, which ends with it. @throws Error when the worker fails, or on abort */
export function verifyInWorker(
  question: ChangeQuestion,
  signal: AbortSignal,
): Promise<ChangeAnswer> {
  const worker = new Worker(new URL('./verify-worker.ts', import.meta.url), { type: 'module' });
  return answerOf<ChangeAnswer>(worker, question, signal);
}

/** `verifyRecords` in a worker of its own, which ends with it. @throws Error when the worker fails, or on abort */
export function verifyRecordsInWorker(
  question: RecordsQuestion,
  signal: AbortSignal,
): Promise<RecordsAnswer> {
  const worker = new Worker(new URL('./verify-records-worker.ts', import.meta.url), {
    type: 'module',
  });
  return answerOf<RecordsAnswer>(worker, question, signal);
}

function answerOf<Answer>(worker: Worker, question: unknown, signal: AbortSignal): Promise<Answer> {
  const ended = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  return new Promise<Answer>((resolve, reject) => {
    ended.addEventListener('abort', () => reject(ended.reason as Error), { once: true });
    worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => resolve(data));
    worker.addEventListener('error', ({ message }) =>
      reject(new Error(`the records could not be verified: ${message}`)),
    );
    worker.postMessage(question);
  }).finally(() => worker.terminate());
}
