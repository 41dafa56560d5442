// SPDX-License-Identifier: Apache-2.0
import { isUtcTime, type Json } from '@countersign/kernel';
import { z } from 'zod';
import { ServerError } from '../errors.ts';
import type { JobKind } from './job.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,127}$/);

/** Which version a job measures; its use without one is the one it was built for. */
export const versionParams = z.strictObject({
  model: name,
  version: z.int().min(1),
  use: name.optional(),
});

export const reproduceParams = versionParams.extend({
  /** Rebuild among variables that change results unless the determinism profile overrides them. */
  hostile: z.boolean().optional(),
  /** Take an environment that was built from the same wheels; without it one is laid out anew. */
  cachedEnvironment: z.boolean().optional(),
});

const time = z.string().refine(isUtcTime, 'expected UTC such as 2026-11-22T10:00:00.000Z');

export const monitorParams = versionParams
  .extend({
    from: time,
    /** Not included. */
    to: time,
    label: z.string().min(1).max(100).optional(),
  })
  .refine(({ from, to }) => from < to, 'expected `from` before `to`');

/** Which members a document needs follows from what it is about: its compiler says. */
export const documentParams = z
  .strictObject({
    model: name.optional(),
    version: z.int().min(1).optional(),
    use: name.optional(),
    /** As its pack names it; the model development document without one. */
    document: z.string().min(1).max(100).optional(),
    framework: z.string().min(1).max(100).optional(),
    /** Of a change control plan: which envelope; the newest of the use without one. */
    envelope: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
    /** As the log stood then: a time, or a log position; now without one. */
    asOf: z.union([time, z.string().regex(/^\d{1,15}$/)]).optional(),
    from: time.optional(),
    /** Not included. */
    to: time.optional(),
    decision: z.string().min(1).max(100).optional(),
  })
  .refine(
    ({ from, to }) => (from === undefined) === (to === undefined),
    'expected both `from` and `to`, or neither',
  )
  .refine(
    ({ from, to }) => from === undefined || to === undefined || from < to,
    'expected `from` before `to`',
  );

/** What a run, a validation or a registration is asked for stands in its signed request; what is said beside it is kept and not heeded. */
const signedParams = z.looseObject({});

/** Params of every kind of job, so that a wrong one is refused before the job is queued. */
export const JOB_PARAMS: { readonly [kind in JobKind]: z.ZodType } = {
  run: signedParams,
  validate: signedParams,
  register: signedParams,
  onboard: signedParams,
  test: versionParams,
  parity: versionParams,
  reproduce: reproduceParams,
  monitor: monitorParams,
  document: documentParams,
};

/** Reads a job's params. @throws ServerError `job_invalid` naming the member */
export function readParams<T extends z.ZodType>(schema: T, params: Json): z.output<T> {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = ['params', ...(issue?.path ?? [])].map(String).join('.');
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : undefined;
  const message =
    unknown === undefined ? (issue?.message ?? '') : `\`${unknown}\` is not known here`;
  throw new ServerError('job_invalid', `\`${path}\`: ${message}`, { details: { field: path } });
}
