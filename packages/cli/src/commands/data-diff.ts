// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataDiff, type DataDiffOptions, dataDiff } from '@countersign/analysis';
import { openTables } from '@countersign/pipeline';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { type DiffSide, openSide } from '../data/diff-side.ts';
import { describeDataDiff } from '../output/describe-data-diff.ts';
import type { Session } from '../session.ts';

export const dataDiffCommand: Command = {
  name: 'data diff',
  summary: 'what changed between two tables: rows, schema, distributions, control totals',
  description:
    'Each of the two is a file, a version MODEL@N (its development split unless :DATASET or :DATASET.SPLIT follows), or the digest of stored bytes. Columns are listed with the most changed first.',
  example: 'countersign data diff consumer-credit@1 consumer-credit@2:applications.development',
  arguments: [
    { name: 'first', summary: 'the table before; bins are frozen on it' },
    { name: 'second', summary: 'the table after' },
  ],
  options: [
    {
      flags: '--key COLUMN',
      summary:
        'the column that tells rows apart; the id or unit of a recorded snapshot unless given',
    },
  ],
  run: runDataDiff,
};

interface DataDiffResult extends DataDiff {
  readonly first: { readonly name: string; readonly digest: string | null };
  readonly second: { readonly name: string; readonly digest: string | null };
}

async function runDataDiff(input: Input, session: Session): Promise<Outcome> {
  const scratch = await mkdtemp(join(tmpdir(), 'countersign-diff-'));
  try {
    const first = await openSide(session, input.argument('first'), join(scratch, 'first'));
    const second = await openSide(session, input.argument('second'), join(scratch, 'second'));
    const asked = input.optionalText('key');
    const result = await compare([first, second], asked, join(scratch, 'work'));
    return done(result, ...describeDataDiff(result, [first.name, second.name]));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** A role that both records give to a column of one name; a file beside a record is read in the record's terms. */
function keyOf(first: DiffSide, second: DiffSide): string | undefined {
  if (first.roles === undefined) return second.key;
  return second.roles === undefined || first.key === second.key ? first.key : undefined;
}

async function compare(
  [first, second]: readonly [DiffSide, DiffSide],
  asked: string | undefined,
  workDir: string,
): Promise<DataDiffResult> {
  const files = [first, second].map(({ path, file }) => ({ path, name: file }));
  const opened = await openTables(files, workDir);
  try {
    const recorded = keyOf(first, second);
    const has = (name: string) =>
      opened.tables.every(({ columns }) => columns.some((column) => column.name === name));
    // Asked for, a key must be there; a recorded one may be withheld from a split.
    const key = asked ?? (recorded !== undefined && has(recorded) ? recorded : undefined);
    const roles: DataDiffOptions['roles'] =
      first.roles === undefined || second.roles === undefined
        ? undefined
        : [first.roles, second.roles];
    const diff = await dataDiff(opened, { key, ...(roles === undefined ? {} : { roles }) });
    return { first: named(first), second: named(second), ...diff };
  } finally {
    opened.database.close();
  }
}

function named({ name, digest }: DiffSide) {
  return { name, digest };
}
