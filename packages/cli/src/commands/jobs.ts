// SPDX-License-Identifier: Apache-2.0
import { type JobReply, jobsRoutes } from '@countersign/contract';
import { followJob } from '../client/jobs.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import { table } from '../output/table.ts';
import type { Session } from '../session.ts';

const STATES = ['queued', 'running', 'done', 'failed'] as const;

export const jobs: Command = {
  name: 'jobs',
  summary: 'what the platform was asked to do, newest first',
  example: 'countersign jobs --state running --as olive.operator',
  options: [
    { flags: '--state STATE', summary: 'queued, running, done or failed', choices: STATES },
    { flags: '--limit N', summary: 'at most so many; 50 unless given' },
  ],
  run: listJobs,
};

export const jobsShow: Command = {
  name: 'jobs show',
  summary: 'a job with its events, which hold what its steps printed',
  example: 'countersign jobs show 0d3f2c52-6f1e-4b0a-9d0e-9b6e4f1f7a11 --follow',
  arguments: [{ name: 'job', summary: 'its id' }],
  options: [{ flags: '--follow', summary: 'go on until it has ended' }],
  run: showJob,
};

export const workers: Command = {
  name: 'workers',
  summary: 'the processes that work jobs, and what each has',
  example: 'countersign workers --as olive.operator',
  run: listWorkers,
};

export const rebuilds: Command = {
  name: 'rebuilds',
  summary: 'when each version in production is built again, and how the last rebuild came out',
  description:
    'The platform rebuilds what falls due by itself, off-peak, at intervals that the promotion policy sets by tier. Anything but the same bytes opens a finding.',
  example: 'countersign rebuilds --as olive.operator',
  run: listRebuilds,
};

async function listJobs(input: Input, session: Session): Promise<Outcome> {
  const state = STATES.find((one) => one === input.optionalText('state'));
  const limit = input.count('limit');
  const reply = await session.client().call(jobsRoutes.list, {
    query: {
      ...(state === undefined ? {} : { state }),
      ...(limit === undefined ? {} : { limit: String(limit) }),
    },
  });
  const rows = reply.jobs.map((job) => [
    job.id,
    job.kind,
    job.model ?? '',
    job.state,
    job.actor,
    job.createdAt,
    lasted(job),
  ]);
  const lines = table(['job', 'kind', 'model', 'state', 'asked by', 'asked', 'took'], rows);
  return done(reply, ...(lines.length === 0 ? ['none'] : lines));
}

const JOB_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

async function showJob(input: Input, session: Session): Promise<Outcome> {
  const id = input.argument('job');
  if (!JOB_ID.test(id))
    throw usage(`\`${id}\` is not the id of a job`, 'list them with `countersign jobs`');
  const client = session.client();
  if (input.flag('follow')) await followJob(session, id);
  const job = await client.call(jobsRoutes.get, { params: { id } });
  return done(job, ...describeJob(job, input.flag('follow')));
}

function describeJob(job: JobReply, isTold: boolean): readonly string[] {
  const { kind, state, attempts, error } = job;
  const again = attempts > 1 ? `, attempt ${attempts}` : '';
  return [
    ...(isTold ? [] : job.events.map(({ at, text }) => `${at} ${text}`)),
    `${kind} of ${job.actor}: ${state}${again}${lasted(job) === '' ? '' : ` after ${lasted(job)}`}`,
    ...(error === undefined ? [] : [`${error.code}: ${error.message}`]),
  ];
}

function lasted({
  startedAt,
  endedAt,
}: {
  readonly startedAt?: string | undefined;
  readonly endedAt?: string | undefined;
}): string {
  if (startedAt === undefined || endedAt === undefined) return '';
  return `${((Date.parse(endedAt) - Date.parse(startedAt)) / 1000).toFixed(1)} s`;
}

async function listWorkers(_input: Input, session: Session): Promise<Outcome> {
  const reply = await session.client().call(jobsRoutes.workers);
  const rows = reply.workers.map((one) => [
    String(one.id),
    one.host,
    String(one.process),
    one.startedAt,
    `${one.jobs.length} of ${one.concurrency}`,
    one.jobs.join(' '),
  ]);
  const lines = table(['worker', 'host', 'process', 'since', 'busy', 'jobs'], rows);
  return done(reply, ...(lines.length === 0 ? ['none: jobs wait until one is started'] : lines));
}

async function listRebuilds(_input: Input, session: Session): Promise<Outcome> {
  const reply = await session.client().call(jobsRoutes.rebuilds);
  const rows = reply.rebuilds.map(({ model, version, use, tier, everyDays, last, due, isDue }) => [
    `${model}@${version}`,
    use,
    tier,
    `${everyDays} days`,
    last === undefined ? 'never' : last.at.slice(0, 10),
    last?.verdict ?? '',
    isDue ? 'now' : due.slice(0, 10),
  ]);
  const lines = table(['version', 'use', 'tier', 'every', 'last', 'verdict', 'due'], rows);
  return done(reply, ...(lines.length === 0 ? ['nothing is in production'] : lines));
}
