// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';
import { jobsRoutes } from '@countersign/contract';
import { type Envelope, type Json, parseEnvelope, readRecord } from '@countersign/kernel';
import type { FastifyInstance } from 'fastify';
import { rebuildsOf } from '../../checks/index.ts';
import type { AppContext } from '../../context.ts';
import type { AccessQuestion } from '../../identity/index.ts';
import { type JobEvent, listJobs, livingRunners, submitJob } from '../../jobs/index.ts';
import { registerRoute } from '../register-route.ts';

export function registerJobsRoutes(app: FastifyInstance, context: AppContext): void {
  registerRoute(
    app,
    context,
    jobsRoutes.submit,
    ({ actor, body }) =>
      submitJob(context, actor, {
        kind: body.kind,
        params: body.params,
        request: envelopeOf(body.request),
      }),
    ({ body }) => questionsOf(context, body.kind, envelopeOf(body.request)),
  );
  const { workspace, database } = context;
  registerRoute(app, context, jobsRoutes.list, async ({ query }) => {
    const found = await listJobs(database.db, { workspace, ...query });
    return {
      jobs: found.map(({ result, ...job }) => ({ ...job, ...modelOf(job.params, result) })),
    };
  });
  registerRoute(app, context, jobsRoutes.workers, async () => ({
    workers: await livingRunners(database.db, workspace),
  }));
  registerRoute(app, context, jobsRoutes.rebuilds, async () => {
    const set = await context.records.current();
    return { rebuilds: rebuildsOf(set, { workspace, now: context.now() }) };
  });
  registerRoute(app, context, jobsRoutes.get, async ({ params }) => {
    const job = await context.jobs.read(params.id);
    return { ...job, events: await context.jobs.events(params.id) };
  });
  registerRoute(app, context, jobsRoutes.events, async ({ params, request, reply }) => {
    await context.jobs.read(params.id);
    const gone = new AbortController();
    request.raw.once('close', () => gone.abort());
    const lines = Readable.from(eventLines(context.jobs.follow(params.id, gone.signal)));
    return reply.type('application/x-ndjson').send(lines);
  });
}

/** What a job is about, as far as its own row says. */
function modelOf(...said: readonly unknown[]): { readonly model?: string } {
  for (const one of said) {
    if (typeof one !== 'object' || one === null || !('model' in one)) continue;
    if (typeof one.model === 'string') return { model: one.model };
  }
  return {};
}

/** Asking for a run also records its request, so both permissions are asked for. */
function questionsOf(
  context: AppContext,
  kind: string,
  request: Envelope | undefined,
): readonly AccessQuestion[] {
  const run: AccessQuestion = { action: 'jobs:run', job: kind };
  if (request === undefined) return [run];
  const { type } = readRecord(context.primitives, request).statement.predicate;
  return [run, { action: 'records:write', recordType: type }];
}

function envelopeOf(envelope: unknown): Envelope | undefined {
  return envelope === undefined ? undefined : parseEnvelope(envelope as Json);
}

async function* eventLines(events: AsyncGenerator<JobEvent>): AsyncGenerator<string> {
  for await (const event of events) yield `${JSON.stringify(event)}\n`;
}
