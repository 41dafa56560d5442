// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { Digest, JobEventSchema, type JobReply, jobsRoutes } from '@countersign/contract';
import type { Envelope, Json } from '@countersign/kernel';
import { z } from 'zod';
import { CliError } from '../errors.ts';
import type { Session } from '../session.ts';

/** What every finished job leaves: the digests of its records, and what its kind has to say. */
const JobResult = z.looseObject({ records: z.array(Digest) });
export type JobResult = z.infer<typeof JobResult> & { readonly job: string };

export interface JobRequest {
  readonly kind:
    | 'run'
    | 'test'
    | 'validate'
    | 'reproduce'
    | 'parity'
    | 'monitor'
    | 'document'
    | 'register'
    | 'onboard';
  readonly params: Readonly<Record<string, Json>>;
  /** The signed run-request that it carries out. */
  readonly request?: Envelope;
}

/** Queues a job, shows its events as they come, and gives its result. @throws CliError `job_failed` */
export async function runJob(session: Session, job: JobRequest): Promise<JobResult> {
  const client = session.client();
  const { job: id } = await client.call(jobsRoutes.submit, { body: job });
  const ended = await followJob(session, id);
  if (ended.state === 'done') return { ...JobResult.parse(ended.result), job: id };
  const { error } = ended;
  throw new CliError('job_failed', error?.message ?? `job \`${id}\` is still ${ended.state}`, {
    ...(error === undefined ? {} : { apiCode: error.code }),
    details: { missing: missingOf(error?.details) },
  });
}

function missingOf(details: Json | undefined): readonly string[] {
  const parsed = z.looseObject({ missing: z.array(z.string()) }).safeParse(details);
  return parsed.success ? parsed.data.missing : [];
}

const RECONNECT_MS = 1_000;
/** A job that takes longer than a day has its own limits; whoever waits may stop any time. */
const RECONNECTS_MAX = 86_400;

/**
 * Shows events until the job has ended. A step that says nothing for minutes is no reason to give up on it: where the
 * connection was closed for its silence, the events are asked for again and those that were shown are passed over.
 */
export async function followJob(session: Session, id: string): Promise<JobReply> {
  try {
    return await followToEnd(session, id);
  } catch (error) {
    if (session.io.signal?.aborted !== true) throw error;
    throw new CliError('refused', `stopped waiting; job \`${id}\` goes on at the platform`, {
      cause: error,
      details: { next: `countersign jobs show ${id} --follow` },
    });
  }
}

async function followToEnd(session: Session, id: string): Promise<JobReply> {
  let last = -1;
  for (let attempt = 0; attempt < RECONNECTS_MAX; attempt += 1) {
    last = await followEvents(session, id, last);
    const job = await session.client().call(jobsRoutes.get, { params: { id } });
    if (job.state === 'done' || job.state === 'failed') return job;
    await sleep(RECONNECT_MS, undefined, {
      ...(session.io.signal === undefined ? {} : { signal: session.io.signal }),
    });
  }
  throw new CliError('job_failed', `job \`${id}\` has not ended`);
}

/** Shows the events after number `last`; the number of the last one shown. */
async function followEvents(session: Session, id: string, last: number): Promise<number> {
  const response = await session.client().stream(jobsRoutes.events, { params: { id } });
  if (response.body === null) return last;
  let shown = last;
  const show = (line: string): void => {
    shown = showEvent(session, line, shown);
  };
  let rest = '';
  try {
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) show(line);
    }
  } catch (error) {
    // `terminated`: the connection ended in the midst of it, by silence or by a restart of the server.
    if (session.io.signal?.aborted === true || !(error instanceof TypeError)) throw error;
    return shown;
  }
  show(rest);
  return shown;
}

function showEvent(session: Session, line: string, shown: number): number {
  if (line.trim() === '') return shown;
  const event = JobEventSchema.safeParse(JSON.parse(line));
  // Events are for people to read; one of an unknown form is no reason to stop.
  if (!event.success || event.data.n <= shown) return shown;
  session.progress(event.data.text);
  return event.data.n;
}
