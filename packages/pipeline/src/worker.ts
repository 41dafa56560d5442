// SPDX-License-Identifier: Apache-2.0

/**
 * A process of its own: reads one job (JSON; the file named as first argument, or standard input), does it, and prints
 * one JSON object a line: events, then `{type: 'result', result}`, `{type: 'rebuilt', rebuilt}` or
 * `{type: 'error', code, message, details}`. Exit 0 when the job ended with a result (a failed run included), else 1.
 */
import { fstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { openFileBlobStore } from './blobs/blob-store.ts';
import { PipelineError } from './errors.ts';
import { sourceVariables } from './extract/source-variables.ts';
import { rebuildRun } from './rebuild/rebuild-run.ts';
import { executeRun } from './run/execute-run.ts';
import { type ParsedJob, workerJobSchema } from './worker-job.ts';

async function main(): Promise<void> {
  const job = await readJob();
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  if (process.argv[2] !== undefined) endWithParent(() => stop.abort());
  const shared = {
    blobs: openFileBlobStore(job.blobs),
    workDir: job.workDir,
    now: () => new Date(),
    callerEnvironment: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      // Credentials of data come as variables of this process, never in a job that lies on a disk.
      ...sourceVariables(process.env),
      ...job.hostVariables,
    },
    ...(job.python === undefined ? {} : { python: job.python }),
    ...(job.sandboxUid === undefined ? {} : { sandboxUid: job.sandboxUid }),
    ...(job.cores === undefined ? {} : { cores: job.cores }),
    onEvent: print,
    signal: stop.signal,
  };
  if (job.kind === 'run') {
    const { source, cacheDir, draft, run, openPgpKeys = [] } = job;
    const reuse = {
      ...(job.cache === undefined ? {} : { cache: { mode: job.cache } }),
      ...(run === undefined ? {} : { run }),
    };
    const result = await executeRun({ ...shared, ...reuse, source, cacheDir, draft, openPgpKeys });
    print({ type: 'result', result });
  } else {
    const cache = job.cacheDir === undefined ? {} : { cacheDir: job.cacheDir };
    const rebuilt = await rebuildRun({ ...shared, ...cache, result: job.result });
    print({ type: 'rebuilt', rebuilt });
  }
}

/** Whoever started the worker holds the other end of its standard input and writes nothing to it. */
function endWithParent(stop: () => void): void {
  const held = fstatSync(process.stdin.fd);
  if (!held.isSocket() && !held.isFIFO()) return;
  process.stdin.once('end', stop).once('error', stop).resume();
  process.stdin.unref();
}

async function readJob(): Promise<ParsedJob> {
  const file = process.argv[2];
  const text = file === undefined ? await readStandardInput() : await readFile(file, 'utf8');
  const parsed = workerJobSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.map(String).join('.') ?? '';
  throw refused(`\`${where}\`: ${issue?.message ?? ''}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refused(cause instanceof Error ? cause.message : String(cause));
  }
}

function refused(why: string): PipelineError {
  return new PipelineError(
    'job_invalid',
    `the job is refused: ${why}; see src/worker-job.ts for its shape`,
  );
}

async function readStandardInput(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  return text;
}

function print(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

try {
  await main();
} catch (error) {
  const known = error instanceof PipelineError;
  const message = error instanceof Error ? error.message : String(error);
  const code = known ? error.code : 'unexpected';
  print({ type: 'error', code, message, details: known ? error.details : {} });
  process.exitCode = 1;
}
