// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';
import { type JobRequest, type JobResult, runJob } from '../client/jobs.ts';
import { productionVersion } from '../client/production-version.ts';
import { parseModelName, parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import { measurementLines } from '../output/measurements.ts';
import type { Session } from '../session.ts';

const USE = {
  flags: '--use USE',
  summary: 'the use; the one it was built for unless given',
} as const;

export const test: Command = {
  name: 'test',
  summary: 'developer tests against the plan fixed beforehand; or parity cases in staging',
  example: 'countersign test consumer-credit@1 --as dana.developer',
  arguments: [{ name: 'version', summary: 'MODEL@N' }],
  options: [
    USE,
    {
      flags: '--parity',
      summary: 'parity of the serving scorer with the training runtime, in staging',
    },
  ],
  run: (input, session) => measureVersion(input, session, input.flag('parity') ? 'parity' : 'test'),
};

export const monitor: Command = {
  name: 'monitor',
  summary: 'stability, outcomes and disparity over a window of served answers',
  example:
    'countersign monitor consumer-credit --from 2026-11-01T00:00:00.000Z --to 2026-12-01T00:00:00.000Z --label november',
  arguments: [
    { name: 'model', summary: 'MODEL, or MODEL@N; the version in production unless given' },
  ],
  options: [
    USE,
    { flags: '--from TIME', summary: 'start of the window, UTC; the last 30 days unless given' },
    { flags: '--to TIME', summary: 'end of the window, UTC; now unless given' },
    { flags: '--label TEXT', summary: 'name of the window' },
  ],
  run: runMonitor,
};

async function runMonitor(input: Input, session: Session): Promise<Outcome> {
  const what = input.argument('model');
  const name = what.includes('@')
    ? parseVersionName(what)
    : await productionVersion(session, parseModelName(what), input.optionalText('use'));
  const to = timeOf(input, 'to') ?? session.now();
  const from = timeOf(input, 'from') ?? new Date(Date.parse(to) - WINDOW_MS).toISOString();
  if (from >= to) throw usage(`the window ends at ${to}, before it begins at ${from}`);
  const label = input.optionalText('label');
  return job(session, {
    kind: 'monitor',
    params: { ...name, ...useParam(input), from, to, ...(label === undefined ? {} : { label }) },
  });
}

const WINDOW_MS = 30 * 86_400_000;

function timeOf(input: Input, option: string): string | undefined {
  const text = input.optionalText(option);
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (!Number.isNaN(ms) && /^\d{4}-\d\d-\d\d(T.*Z)?$/.test(text)) return new Date(ms).toISOString();
  throw usage(`\`--${option}\` must be a UTC time like \`2026-11-22T10:00:00Z\`, not \`${text}\``);
}

function useParam(input: Input): { readonly use?: string } {
  const use = input.optionalText('use');
  return use === undefined ? {} : { use };
}

export function measureVersion(
  input: Input,
  session: Session,
  kind: JobRequest['kind'],
  more: Readonly<Record<string, Json>> = {},
): Promise<Outcome> {
  const name = parseVersionName(input.argument('version'));
  return job(session, { kind, params: { ...name, ...useParam(input), ...more } });
}

async function job(session: Session, request: JobRequest): Promise<Outcome> {
  const result = await runJob(session, request);
  return done(result, ...(await jobLines(session, request.kind, result)));
}

/** What the job says of itself, then the figures of the records that it left. */
export async function jobLines(
  session: Session,
  kind: string,
  result: JobResult,
): Promise<readonly string[]> {
  const { records, job: _job, ...facts } = result;
  const said = Object.entries(facts).map(
    ([name, value]) =>
      `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
  return [
    `${kind}: ${records.length} records`,
    ...said,
    ...(await measurementLines(session, records)),
  ];
}
