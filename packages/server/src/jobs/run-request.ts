// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord, Json, RecordSet, RunRequestContent } from '@countersign/kernel';
import { ServerError } from '../errors.ts';

export interface ReadRunRequest {
  readonly record: CountedRecord;
  readonly model: string;
  readonly use?: string;
  readonly version?: number;
  readonly content: RunRequestContent;
}

/**
 * The signed request that a job carries out. It counts in the log, so who signed it and in which role was judged there.
 * @throws ServerError `job_request_refused`
 */
export function readRunRequest(
  set: RecordSet,
  digest: string | undefined,
  job: RunRequestContent['job'],
): ReadRunRequest {
  const record = digest === undefined ? undefined : set.byDigest.get(digest);
  if (record === undefined) {
    const rejected = set.rejected.find((one) => one.digest === digest)?.reason;
    throw refused(rejected ?? `a ${job} needs a signed run-request`);
  }
  const { predicate } = record.statement;
  const { model, use, version } = predicate.subjectRef;
  const { params = {}, commit, bundle } = predicate.content;
  if (predicate.type !== 'run-request') throw refused('the request is not a run-request');
  if (predicate.content.job !== job) throw refused(`the run-request is not for a ${job}`);
  if (model === undefined) throw refused('the run-request names no model');
  return {
    record,
    model,
    ...(use === undefined ? {} : { use }),
    ...(version === undefined ? {} : { version }),
    content: {
      job,
      params,
      ...(typeof commit === 'string' ? { commit } : {}),
      ...(typeof bundle === 'string' ? { bundle } : {}),
    },
  };
}

export function refused(
  reason: string,
  details: { readonly [name: string]: Json } = {},
): ServerError {
  return new ServerError('job_request_refused', reason, { details });
}
