// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';
import type { ServerContext, ServerTransaction } from '../context.ts';

export const JOB_KINDS = [
  'run',
  'test',
  'validate',
  'reproduce',
  'parity',
  'monitor',
  'document',
  'register',
  'onboard',
] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** Who asks for the rebuilds that fall due: no account has a name of this form. */
export const REBUILD_ACTOR = 'check/repro';

export type JobState = 'queued' | 'running' | 'done' | 'failed';

/** What a finished job left behind: the digests of its records, and what its kind has to say. */
export interface JobResult {
  readonly records: readonly string[];
  readonly [name: string]: Json;
}

export interface JobError {
  readonly code: string;
  readonly message: string;
  readonly details?: Json;
}

export interface Job {
  readonly id: string;
  readonly kind: JobKind;
  readonly state: JobState;
  readonly params: Json;
  /** Digest of the signed run-request it carries out. */
  readonly request?: string;
  readonly actor: string;
  readonly attempts: number;
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly result?: JobResult;
  readonly error?: JobError;
}

export interface JobEvent {
  readonly n: number;
  readonly at: string;
  readonly text: string;
}

/** One execution of a job, as its work sees it. */
export interface JobWork {
  readonly id: string;
  readonly actor: string;
  readonly params: Json;
  readonly request?: string;
  /** A directory of this attempt's own, removed at its end. */
  readonly scratch: string;
  /** Says in a sentence what is being done. */
  readonly report: (text: string) => void;
  /** Aborted when the server stops. */
  readonly signal: AbortSignal;
}

/**
 * The work of one kind: everything slow happens in it, and it writes nothing but blobs. What it returns is called once
 * inside the transaction that also ends the job, so a job is done with all of its records or has none.
 */
export type JobRunner = (
  context: ServerContext,
  work: JobWork,
) => Promise<(tx: ServerTransaction) => Promise<JobResult>>;

export type JobRunners = { readonly [kind in JobKind]: JobRunner };
