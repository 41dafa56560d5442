// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  type BlobStore,
  openFileBlobStore,
  type RebuildResult,
  type RunResult,
  type WorkerJob,
} from '@countersign/pipeline';
import { toolVariables } from './tool-variables.ts';
import { answerOf, unanswered, type WorkerAnswer } from './worker-answer.ts';

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
  source: {
    readonly blobs: BlobStore;
    readonly commit: string;
    readonly bundle: string;
    /** Armoured public keys that signatures of commits are verified with. */
    readonly openPgpKeys?: readonly string[];
  },
): Promise<WorkerRun> {
  const directory = join(place.scratch, 'blobs');
  const blobs = openFileBlobStore(directory);
  const bundle = await blobs.putStream(source.blobs.open(source.bundle));
  const { cacheDir, network, base } = toolVariables();
  const { openPgpKeys = [] } = source;
  const job: WorkerJob = {
    kind: 'run',
    source: { bundle, commit: source.commit },
    blobs: directory,
    workDir: await workDirectory(place),
    cacheDir,
    draft: false,
    ...(openPgpKeys.length === 0 ? {} : { openPgpKeys: [...openPgpKeys] }),
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
  if (place.signal.aborted) stop();
  else place.signal.addEventListener('abort', stop, { once: true });
  try {
    return await answerOf(child, place.report);
  } finally {
    place.signal.removeEventListener('abort', stop);
  }
}
