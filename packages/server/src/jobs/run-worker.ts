// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type BlobStore,
  type CommitLfsFile,
  contentsOfTree,
  copyImageOfCommit,
  isReferenced,
  type LocalTable,
  lfsOfCommit,
  localTablesOfCommit,
  madeParts,
  openFileBlobStore,
  type Pin,
  pinsOfCommit,
  type RebuildResult,
  type RunResult,
  rebuildParts,
  sourceVariablesOfCommit,
  storeVariables,
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
 * Runs a pipeline in a process of its own, which is given a bundle, directories, the way to the package index and what the
 * commit's own sources of data are reached with: no key, no database, nothing else of the server's environment. Its blobs
 * go to a directory of its own.
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
    /** Name of the run. */
    readonly run?: string;
    /** Whether the worker's own earlier results may stand for steps that did not change; every step is executed unless given. */
    readonly cache?: 'use' | 'refresh';
    /** Lays the commit's files of Git LFS into the worker's store; throws where it may not have one. */
    readonly layLfsFiles?: (files: readonly CommitLfsFile[], to: BlobStore) => Promise<void>;
    /** Throws where the commit may not read a table of this machine. */
    readonly refuseTables?: (tables: readonly LocalTable[]) => Promise<void>;
    /** Lays the data versions that the commit reads into the worker's store; throws where it may not have one. */
    readonly layPinnedData?: (pins: readonly Pin[], to: BlobStore) => Promise<void>;
  },
): Promise<WorkerRun> {
  const directory = join(place.scratch, 'blobs');
  const blobs = openFileBlobStore(directory);
  const bundle = await blobs.putStream(source.blobs.open(source.bundle));
  const bundlePath = join(place.scratch, 'source.bundle');
  await blobs.copyTo(bundle.digest, bundlePath);
  const at = { bundlePath, commit: source.commit };
  await source.refuseTables?.(await localTablesOfCommit(join(place.scratch, 'tables'), at));
  // The worker reads no store but its own, so an imported image is laid into it like the commit.
  await copyImageOfCommit(join(place.scratch, 'image'), at, { from: source.blobs, to: blobs });
  await source.layLfsFiles?.(await lfsOfCommit(join(place.scratch, 'lfs'), at), blobs);
  await source.layPinnedData?.(await pinsOfCommit(join(place.scratch, 'pins'), at), blobs);
  const { cacheDir, network, base, sources } = toolVariables();
  const given = await sourceVariablesOfCommit(join(place.scratch, 'sources'), at, sources);
  const { openPgpKeys = [] } = source;
  const job: WorkerJob = {
    kind: 'run',
    source: { bundle, commit: source.commit },
    blobs: directory,
    workDir: await workDirectory(place),
    cacheDir,
    ...(source.cache === undefined ? {} : { cache: source.cache }),
    ...(source.run === undefined ? {} : { run: source.run }),
    cores: availableParallelism(),
    draft: false,
    ...(openPgpKeys.length === 0 ? {} : { openPgpKeys: [...openPgpKeys] }),
    hostVariables: { ...network },
  };
  const answer = await superviseWorker(place, job, { ...base, ...given });
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
  // What the run made is there to say where a rebuild differs; steps are not given it.
  for (const digest of [...rebuildParts(recorded.result), ...madeParts(recorded.result)]) {
    // A part that is gone is for the rebuild to report: `not rebuildable` is a verdict.
    if (await recorded.blobs.has(digest)) await blobs.putStream(recorded.blobs.open(digest));
  }
  for (const { content } of recorded.result.folders ?? []) {
    const { digest } = content;
    if (await recorded.blobs.has(digest))
      await copyPresent(digest, { from: recorded.blobs, to: blobs });
  }
  const { base, cacheDir, sources } = toolVariables();
  // A referenced table lies where it was; everything else is rebuilt from archived bytes, without a source.
  const given = recorded.result.snapshots.some(isReferenced) ? storeVariables(sources) : {};
  const job: WorkerJob = {
    kind: 'rebuild',
    result: recorded.result,
    blobs: directory,
    workDir: await workDirectory(place),
    ...(recorded.cachedEnvironment ? { cacheDir } : {}),
  };
  const answer = await superviseWorker(place, job, {
    ...base,
    ...given,
    ...recorded.surroundings,
  });
  if (answer.type !== 'rebuilt') throw unanswered('another answer', '');
  return answer.rebuilt;
}

/** The files of a folder that are still here. */
async function copyPresent(
  digest: string,
  { from, to }: { readonly from: BlobStore; readonly to: BlobStore },
): Promise<void> {
  for await (const content of contentsOfTree(from, digest)) {
    if (await from.has(content)) await to.putStream(from.open(content));
  }
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
    // Never written to: its end tells the worker that this process is gone, killed without a word included.
    stdio: ['pipe', 'pipe', 'pipe'],
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
