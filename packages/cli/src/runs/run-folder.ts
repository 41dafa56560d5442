// SPDX-License-Identifier: Apache-2.0
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { RunEvent, RunResult } from '@countersign/pipeline';
import { z } from 'zod';
import { CliError } from '../errors.ts';

/** Where drafts keep wheels, environments, results and logs: nothing in it is needed by anybody else. */
export function draftCache(env: Readonly<Record<string, string | undefined>>): string {
  const { XDG_CACHE_HOME: given = '' } = env;
  // The XDG specification: one that is empty or relative is as good as none.
  return join(isAbsolute(given) ? given : join(homedir(), '.cache'), 'countersign');
}

const StepState = z.strictObject({
  name: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cached']),
  started: z.string().optional(),
  ended: z.string().optional(),
  /** The run that executed it, of a cached one. */
  from: z.string().optional(),
});

const RunFacts = z.strictObject({
  id: z.string(),
  model: z.string(),
  directory: z.string(),
  started: z.string(),
  process: z.int(),
  state: z.enum(['running', 'succeeded', 'failed']),
  ended: z.string().optional(),
  commit: z.string().optional(),
  failure: z.string().optional(),
  steps: z.array(StepState),
});
export type RunFacts = z.infer<typeof RunFacts>;

export interface RunFolder {
  readonly path: string;
  event(event: RunEvent): void;
  /** `provenance`: the statement of what it made, unsigned. */
  end(result: RunResult, provenance: Uint8Array | undefined): void;
  /** Of a run that ended without a result. */
  fail(message: string): void;
  logOf(step: string): string;
}

const PROVENANCE_FILE = 'provenance.json';
/** Of one person's machine; the archive of platform runs keeps everything. */
const RUNS_KEPT = 50;

/** Makes the folder of a draft run: its state and the log of each step, written as they come. Drops the oldest runs. */
export function openRunFolder(
  cacheDir: string,
  facts: Pick<RunFacts, 'id' | 'model' | 'directory' | 'started'>,
): RunFolder {
  const path = join(cacheDir, 'runs', facts.id);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw cacheUnusable(cacheDir, cause);
  }
  dropOldest(cacheDir);
  let state: RunFacts = { ...facts, process: process.pid, state: 'running', steps: [] };
  const save = (change: Partial<RunFacts>): void => {
    state = { ...state, ...change };
    const file = join(path, 'run.json');
    writeFileSync(`${file}.partial`, `${JSON.stringify(state, null, 2)}\n`);
    renameSync(`${file}.partial`, file);
  };
  const step = (name: string, change: Omit<Partial<RunFacts['steps'][number]>, 'name'>): void => {
    const before = state.steps.find((one) => one.name === name);
    const after = { ...(before ?? { name, state: 'running' as const }), ...change };
    const others = state.steps.filter((one) => one.name !== name);
    save({ steps: [...others, after] });
  };
  save({});
  return {
    path,
    logOf: (name) => logPath(path, name),
    event(event) {
      if (event.type === 'step-log') appendFileSync(logPath(path, event.step), event.text);
      else if (event.type === 'step-started') {
        appendFileSync(logPath(path, event.step), ''); // what its log is said to be is there, whatever it prints
        step(event.step, { state: 'running', started: event.at });
      } else if (event.type === 'step-cached')
        step(event.step, { state: 'cached', from: event.run, ended: event.at });
      else if (event.type === 'step-ended')
        step(event.step, { state: event.exit === 0 ? 'done' : 'failed', ended: event.at });
    },
    end(result, provenance) {
      const { failure, source, endedAt } = result;
      writeFileSync(join(path, 'result.json'), `${JSON.stringify(result)}\n`);
      if (provenance !== undefined) writeFileSync(join(path, PROVENANCE_FILE), provenance);
      const failed = failure?.step ?? undefined;
      if (failed !== undefined) step(failed, { state: 'failed' });
      save({
        state: result.status,
        ended: endedAt,
        commit: source.commit,
        ...(failure === null ? {} : { failure: failure.message }),
      });
    },
    fail: (message) => save({ state: 'failed', failure: message }),
  };
}

/** Of a cache that cannot be written or is full; the system's own words name a file at most. */
export function cacheUnusable(cacheDir: string, cause: unknown): CliError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CliError(
    'cache_unusable',
    `\`${cacheDir}\`, where drafts keep results and logs, cannot be written: ${reason}`,
    {
      cause,
      details: { next: 'make room or let it be written, or set XDG_CACHE_HOME to another place' },
    },
  );
}

function logPath(folder: string, step: string): string {
  return join(folder, `${step}.log`);
}

/** The log of a step as written so far; undefined when it wrote none. */
export function readStepLog(cacheDir: string, id: string, step: string): string | undefined {
  const path = logPath(join(cacheDir, 'runs', id), step);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** The result of a run that has ended with one. */
export function readDraftResult(cacheDir: string, id: string): RunResult | undefined {
  const path = join(cacheDir, 'runs', id, 'result.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as RunResult) : undefined; // written by `end`
}

/** Draft runs of this machine, newest first. A run whose process is gone was cut off. */
export function listRuns(cacheDir: string): readonly RunFacts[] {
  const directory = join(cacheDir, 'runs');
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .flatMap((id) => readRun(join(directory, id)) ?? [])
    .toSorted((a, b) => (a.started < b.started ? 1 : -1));
}

/** Whether a run that says it is running still has its process. */
export function isCutOff(run: RunFacts): boolean {
  if (run.state !== 'running') return false;
  try {
    process.kill(run.process, 0);
    return false;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'EPERM');
  }
}

function readRun(path: string): RunFacts | undefined {
  try {
    const read = RunFacts.safeParse(JSON.parse(readFileSync(join(path, 'run.json'), 'utf8')));
    return read.success ? read.data : undefined;
  } catch {
    return undefined; // a folder that a killed process has just made, or of another version
  }
}

function dropOldest(cacheDir: string): void {
  for (const { id } of listRuns(cacheDir).slice(RUNS_KEPT)) {
    rmSync(join(cacheDir, 'runs', id), { recursive: true, force: true });
  }
}
