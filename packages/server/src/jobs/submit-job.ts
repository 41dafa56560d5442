// SPDX-License-Identifier: Apache-2.0
import type { Envelope, Json } from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ingestRecords, type Sender } from '../records/index.ts';
import { refuseUnauthorised } from './authorised-work.ts';
import type { JobKind } from './job.ts';
import { JOB_PARAMS, readParams } from './job-params.ts';
import type { JobService } from './job-service.ts';
import { readRunRequest, refused } from './run-request.ts';

export interface JobRequest {
  readonly kind: JobKind;
  readonly params: Json;
  /** The signed run-request that a run, a validation or a registration carries out. */
  readonly request?: Envelope | undefined;
}

/**
 * Queues a job for a known caller. A signed request is recorded first and is carried out once: sent again, it answers
 * with the job that it started, unless that one failed.
 * @throws ServerError `job_invalid`, `job_request_refused`, and those of recording the request
 */
export async function submitJob(
  context: ServerContext & { readonly jobs: JobService },
  sender: Sender,
  wanted: JobRequest,
): Promise<{ readonly job: string }> {
  const { kind } = wanted;
  readParams(JOB_PARAMS[kind], wanted.params);
  const request = await recordRequest(context, sender, wanted);
  const job = await context.jobs.submit({
    kind,
    params: wanted.params,
    actor: sender.account,
    request,
  });
  return { job };
}

/** Kinds that carry out a signed request. */
const SIGNED = ['run', 'validate', 'register', 'onboard'] as const;

function isSigned(kind: JobKind): kind is (typeof SIGNED)[number] {
  return SIGNED.some((one) => one === kind);
}

async function recordRequest(
  context: ServerContext,
  sender: Sender,
  { kind, request }: JobRequest,
): Promise<string | undefined> {
  if (!isSigned(kind)) {
    if (request !== undefined) throw refused(`a ${kind} job takes no signed request`);
    return undefined;
  }
  if (request === undefined) throw refused(`a ${kind} needs a signed run-request`);
  const [ingested] = await ingestRecords(context, sender, [request]);
  if (ingested === undefined || ingested.state !== 'recorded') {
    throw refused(
      `the run-request does not count yet: ${ingested?.needs ?? 'it lacks signatures'}`,
    );
  }
  const set = await context.records.including([ingested.digest]);
  const read = readRunRequest(set, ingested.digest, kind);
  if (kind === 'run') refuseUnauthorised(set, context.workspace, read);
  return ingested.digest;
}
