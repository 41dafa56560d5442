// SPDX-License-Identifier: Apache-2.0
import { Digest, JobEventSchema, jobsRoutes } from '@countersign/contract';
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
  await followEvents(session, id);
  const ended = await client.call(jobsRoutes.get, { params: { id } });
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

async function followEvents(session: Session, id: string): Promise<void> {
  const response = await session.client().stream(jobsRoutes.events, { params: { id } });
  if (response.body === null) return;
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) showEvent(session, line);
  }
  showEvent(session, rest);
}

function showEvent(session: Session, line: string): void {
  if (line.trim() === '') return;
  const event = JobEventSchema.safeParse(JSON.parse(line));
  // Events are for people to read; one of an unknown form is no reason to stop.
  if (event.success) session.progress(event.data.text);
}
