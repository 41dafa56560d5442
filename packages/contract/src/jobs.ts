// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { route } from './route.ts';
import { Digest, EnvelopeSchema, JsonValue, UtcTime } from './shared.ts';

export const JobKindSchema = z.enum([
  'run',
  'test',
  'validate',
  'reproduce',
  'parity',
  'monitor',
  'document',
  'register',
  'onboard',
]);

/**
 * `run`, `validate`, `register` and `onboard` carry out a signed run-request and take no params of their own. The others take
 * {model, version, use?}; reproduce also {hostile?}, monitor {from, to, label?}, document {document?, framework?, envelope?}.
 */
export const JobBody = z.strictObject({
  kind: JobKindSchema,
  params: z.record(z.string(), JsonValue).default({}),
  request: EnvelopeSchema.optional(),
});
export type JobBody = z.input<typeof JobBody>;

export const JobSubmitted = z.strictObject({ job: z.string() });
export type JobSubmitted = z.infer<typeof JobSubmitted>;

export const JobEventSchema = z.strictObject({ n: z.int(), at: UtcTime, text: z.string() });
export type JobEventReply = z.infer<typeof JobEventSchema>;

export const JobReply = z.strictObject({
  id: z.string(),
  kind: JobKindSchema,
  state: z.enum(['queued', 'running', 'done', 'failed']),
  params: JsonValue,
  request: Digest.optional(),
  actor: z.string(),
  attempts: z.int(),
  createdAt: UtcTime,
  startedAt: UtcTime.optional(),
  endedAt: UtcTime.optional(),
  /** Of a job that is done: `records` and what its kind has to say. */
  result: JsonValue.optional(),
  error: z
    .strictObject({ code: z.string(), message: z.string(), details: JsonValue.optional() })
    .optional(),
  events: z.array(JobEventSchema).readonly(),
});
export type JobReply = z.infer<typeof JobReply>;

const ById = z.strictObject({ id: z.uuid() });

/** A job without its events. */
export const JobLine = JobReply.omit({ events: true, result: true }).extend({
  /** Name of the model that it is about; absent where its request has to be read for it. */
  model: z.string().optional(),
});
export type JobLine = z.infer<typeof JobLine>;

export const JobList = z.strictObject({ jobs: z.array(JobLine).readonly() });
export type JobList = z.infer<typeof JobList>;

export const JobQuery = z.strictObject({
  state: z.enum(['queued', 'running', 'done', 'failed']).optional(),
  kind: JobKindSchema.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

export const WorkerList = z.strictObject({
  workers: z
    .array(
      z.strictObject({
        id: z.int(),
        host: z.string(),
        process: z.int(),
        /** Jobs that it does at once. */
        concurrency: z.int(),
        startedAt: UtcTime,
        /** Jobs that it has now. */
        jobs: z.array(z.string()).readonly(),
      }),
    )
    .readonly(),
});
export type WorkerList = z.infer<typeof WorkerList>;

export const RebuildList = z.strictObject({
  rebuilds: z
    .array(
      z.strictObject({
        workspace: z.string(),
        model: z.string(),
        use: z.string(),
        version: z.int(),
        tier: z.string(),
        everyDays: z.int(),
        /** The newest attestation of these bytes; absent before the first. */
        last: z
          .strictObject({ record: Digest, at: UtcTime, verdict: z.string() })
          .readonly()
          .optional(),
        due: UtcTime,
        isDue: z.boolean(),
      }),
    )
    .readonly(),
});
export type RebuildList = z.infer<typeof RebuildList>;

export const jobsRoutes = {
  submit: route({
    method: 'POST',
    path: '/v1/jobs',
    summary: 'Asks the platform to run or measure something',
    tag: 'jobs',
    access: 'jobs:run',
    body: JobBody,
    reply: JobSubmitted,
    // A request's envelope holds a payload of 1 MiB at most, a third more as base64.
    bodyBytesMax: 2 * 1024 * 1024,
  }),
  list: route({
    method: 'GET',
    path: '/v1/jobs',
    summary: 'Jobs, newest first',
    tag: 'jobs',
    access: 'jobs:read',
    query: JobQuery,
    reply: JobList,
  }),
  workers: route({
    method: 'GET',
    path: '/v1/workers',
    summary: 'The processes that work jobs, and what each has',
    tag: 'jobs',
    access: 'jobs:read',
    reply: WorkerList,
  }),
  rebuilds: route({
    method: 'GET',
    path: '/v1/rebuilds',
    summary: 'When each version in production is built again from its archived parts',
    tag: 'jobs',
    access: 'jobs:read',
    reply: RebuildList,
  }),
  get: route({
    method: 'GET',
    path: '/v1/jobs/:id',
    summary: 'State, events and result of a job',
    tag: 'jobs',
    access: 'jobs:read',
    params: ById,
    reply: JobReply,
  }),
  events: route({
    method: 'GET',
    path: '/v1/jobs/:id/events',
    summary: 'Events as they come until the job ends, one JSON object a line',
    tag: 'jobs',
    access: 'jobs:read',
    params: ById,
    produces: 'application/x-ndjson',
  }),
} as const;
