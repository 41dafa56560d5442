// SPDX-License-Identifier: Apache-2.0
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Json } from '@countersign/kernel';
import {
  type BlobStore,
  openFileBlobStore,
  PipelineError,
  type PipelineErrorCode,
  type RebuildResult,
  type RunEvent,
  type RunResult,
  type WorkerJob,
} from '@countersign/pipeline';
import { ServerError } from '../errors.ts';
import { toolVariables } from './tool-variables.ts';

/** Where a worker may work and who hears of it. */
export interface WorkerPlace {
  readonly scratch: string;
  readonly report: (text: string) => void;
  readonly signal: AbortSignal;
}

const WORKER = join(
  dirname(createRequire(import.meta.url).resolve('@countersign/pipeline')),
  'worker.ts',
);
const KILL_AFTER_MS = 10_000;

export interface WorkerRun {
  readonly result: RunResult;
  /** The worker's own store: nothing in it is trusted until it is copied by digest. */
  readonly blobs: BlobStore;
}

/**
 * Runs a pipeline in a process of its own, which is given a bundle, directories and the way to the package index: no key,
 * no database, nothing of the server's environment. Its blobs go to a directory of its own.
 * @throws PipelineError as the worker reports it; ServerError `worker_failed` when it ends without an answer
 */
export async function runWorker(
  place: WorkerPlace,
  source: { readonly blobs: BlobStore; readonly commit: string; readonly bundle: string },
): Promise<WorkerRun> {
  const directory = join(place.scratch, 'blobs');
  const blobs = openFileBlobStore(directory);
  const bundle = await blobs.putStream(source.blobs.open(source.bundle));
  const { cacheDir, network, base } = toolVariables();
  const job: WorkerJob = {
    kind: 'run',
    source: { bundle, commit: source.commit },
    blobs: directory,
    workDir: await workDirectory(place),
    cacheDir,
    draft: false,
    hostVariables: { ...network },
  };
  const answer = await superviseWorker(place, job, base);
  if (answer.type !== 'result') throw unanswered('another answer', '');
  return { result: answer.result, blobs };
}

/**
 * Rebuilds a run in a worker from archived parts alone, laid out in an empty place: no package index, and no cache unless
 * it is asked for. `surroundings` are variables that the determinism profile must override.
 */
export async function rebuildInWorker(
  place: WorkerPlace,
  recorded: {
    readonly result: RunResult;
    readonly blobs: BlobStore;
    readonly surroundings: Readonly<Record<string, string>>;
    readonly cachedEnvironment: boolean;
  },
): Promise<RebuildResult> {
  const directory = join(place.scratch, 'blobs');
  const blobs = openFileBlobStore(directory);
  for (const digest of partsOf(recorded.result)) {
    // A part that is gone is for the rebuild to report: `not rebuildable` is a verdict.
    if (await recorded.blobs.has(digest)) await blobs.putStream(recorded.blobs.open(digest));
  }
  const { base, cacheDir } = toolVariables();
  const job: WorkerJob = {
    kind: 'rebuild',
    result: recorded.result,
    blobs: directory,
    workDir: await workDirectory(place),
    ...(recorded.cachedEnvironment ? { cacheDir } : {}),
  };
  const answer = await superviseWorker(place, job, { ...base, ...recorded.surroundings });
  if (answer.type !== 'rebuilt') throw unanswered('another answer', '');
  return answer.rebuilt;
}

/** What a rebuild starts from: the commit, the lock file and wheels, and what steps with network brought in. */
function partsOf(result: RunResult): readonly string[] {
  const { environment, source, steps } = result;
  return [
    source.bundle.digest,
    ...(environment === null ? [] : [environment.lockDigest]),
    ...(environment?.wheels ?? []).map(({ digest }) => digest),
    ...steps
      .filter(({ network }) => network)
      .flatMap(({ outputs }) => outputs.map((one) => one.digest)),
  ];
}

async function workDirectory(place: WorkerPlace): Promise<string> {
  const directory = join(place.scratch, 'work');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return directory;
}

async function superviseWorker(
  place: WorkerPlace,
  job: WorkerJob,
  env: Readonly<Record<string, string>>,
): Promise<WorkerAnswer> {
  const file = join(place.scratch, 'job.json');
  await writeFile(file, JSON.stringify(job), { mode: 0o600 });
  const child = spawn(process.execPath, [WORKER, file], {
    cwd: place.scratch,
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = () => {
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
  };
  place.signal.addEventListener('abort', stop, { once: true });
  try {
    return await answerOf(child, place.report);
  } finally {
    place.signal.removeEventListener('abort', stop);
  }
}

const TAIL_CHARACTERS = 4_000;

function answerOf(
  child: ChildProcessByStdio<null, Readable, Readable>,
  report: (text: string) => void,
): Promise<WorkerAnswer> {
  const lines = createInterface({ input: child.stdout });
  let tail = '';
  child.stderr.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString('utf8')).slice(-TAIL_CHARACTERS);
  });
  return new Promise((resolve, reject) => {
    let answer: WorkerAnswer | undefined;
    let failure: Error | undefined;
    lines.on('line', (line) => {
      const message = JSON.parse(line) as WorkerLine; // the worker is our own code
      if (message.type === 'result' || message.type === 'rebuilt') answer = message;
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

type WorkerAnswer =
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

function unanswered(how: string, tail: string): ServerError {
  return new ServerError('worker_failed', `the worker ended without an answer (${how})`, {
    details: { how, tail },
  });
}

function eventText(event: RunEvent): string {
  switch (event.type) {
    case 'phase':
      return event.text;
    case 'step-started':
      return `step ${event.step}: ${event.command}`;
    case 'step-log':
      return `${event.step} | ${event.text.trimEnd()}`;
    case 'step-ended':
      return `step ${event.step} ended with exit ${event.exit ?? 'none (time limit)'}`;
    case 'snapshot-taken':
      return `snapshot of ${event.dataset}: ${event.rows} rows`;
  }
}
