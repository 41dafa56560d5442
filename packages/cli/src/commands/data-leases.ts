// SPDX-License-Identifier: Apache-2.0
import { checkLeases, type LeaseCheck, type LeaseDepth, leaseProblem } from '@countersign/pipeline';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { type HeldTable, leasedTables, listings } from '../data/leased-tables.ts';
import { usage } from '../errors.ts';
import { table } from '../output/table.ts';
import type { Session } from '../session.ts';

export const dataLeases: Command = {
  name: 'data leases',
  summary:
    'tables left with their owner under a lease: until when, what rests on them, and whether every file is still there',
  description:
    'With `check` every file is looked at: there, of its size, and a sample of them by SHA-256, another one each day. Run it where the tables can be read; for S3 it takes AWS_ACCESS_KEY_ID and its companions from the environment. Exit 1 when a file is missing or changed, cannot be looked at, or a lease has ended.',
  example: 'countersign data leases check --sample 50',
  arguments: [
    { name: 'action', summary: '`check`; without it leases are listed', isOptional: true },
  ],
  options: [
    { flags: '--model MODEL', summary: 'of one model' },
    { flags: '--sample N', summary: 'files of each table to read whole; 20 unless given' },
    { flags: '--full', summary: 'read every byte of every file' },
    { flags: '--sizes', summary: 'read none: presence and size alone' },
  ],
  run: runLeases,
};

const SAMPLE_DEFAULT = 20;

async function runLeases(input: Input, session: Session): Promise<Outcome> {
  const action = input.optionalArgument('action');
  if (action === 'check') return runCheck(input, session);
  if (action !== undefined)
    throw usage(`\`${action}\` is not done with leases`, 'write `check`, or nothing');
  const held = await leasedTables(session, input.optionalText('model'));
  if (held.length === 0) return done({ tables: [] }, 'no table is left with its owner');
  const rows = held.map(({ table: one, users }) => [
    nameOf(one),
    one.lease.until,
    one.lease.agreed,
    users.join(', '),
  ]);
  return done({ tables: held }, ...table(['table', 'until', 'agreed', 'used by'], rows));
}

async function runCheck(input: Input, session: Session): Promise<Outcome> {
  const depth = depthOf(input, session);
  const held = await leasedTables(session, input.optionalText('model'));
  const checks = await checkLeases({
    tables: held.map((one) => one.table),
    blobs: listings(session),
    environment: session.io.env,
    depth,
    now: () => new Date(session.now()),
    onCheck: (check) => session.progress(`${check.table}: ${check.state}`),
  });
  if (checks.length === 0) return done({ checks }, 'no table is left with its owner');
  const problems = checks.flatMap((check) => leaseProblem(check) ?? []);
  const lines = table(
    ['table', 'state', 'until', 'files', 'read whole', 'missing', 'changed'],
    checks.map(row),
  );
  return problems.length === 0
    ? done({ checks }, ...lines)
    : refused({ checks, problems }, ...lines, '', ...problems);
}

function row(check: LeaseCheck): readonly (string | number)[] {
  const { table: name, state, until, files, digested, missing, changed } = check;
  return [name.replaceAll('`', ''), state, until, files, digested, missing.length, changed.length];
}

function nameOf(one: HeldTable['table']): string {
  return 'delta' in one
    ? `${one.delta} version ${one.version}`
    : `${one.iceberg} snapshot ${one.snapshot}`;
}

function depthOf(input: Input, session: Session): LeaseDepth {
  const sample = input.optionalText('sample');
  const asked = [input.flag('full'), input.flag('sizes'), sample !== undefined];
  if (asked.filter(Boolean).length > 1)
    throw usage('`--full`, `--sizes` and `--sample` exclude each other', 'give one of them');
  if (input.flag('full')) return { kind: 'full' };
  if (input.flag('sizes')) return { kind: 'size' };
  const files = sample === undefined ? SAMPLE_DEFAULT : Number(sample);
  if (!Number.isSafeInteger(files) || files < 1)
    throw usage(`\`${sample}\` is not a number of files`, 'give one of 1 or more');
  // Another sample every day, and the same one when a check of today is repeated.
  return { kind: 'sample', files, seed: session.now().slice(0, 10) };
}
