// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import {
  type DatasetSnapshot,
  openFileBlobStore,
  PIPELINE_FILE,
  parsePipelineFile,
  snapshotFailure,
  takeSnapshot,
} from '@countersign/pipeline';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { short, table } from '../output/table.ts';
import { findRepository } from '../papers/pipeline-facts.ts';
import type { Session } from '../session.ts';

export const dataAdd: Command = {
  name: 'data add',
  summary:
    'take a snapshot of a file as countersign.yaml declares it: schema, profile, quality, splits',
  description:
    'Measured here and registered nowhere: the snapshot that counts is taken when the pipeline runs.',
  example: 'countersign data add applications.csv --dataset applications',
  arguments: [{ name: 'file', summary: 'the file, as CSV or Parquet' }],
  options: [
    { flags: '--dataset NAME', summary: 'which declared dataset; the only one unless given' },
    {
      flags: '--repository DIR',
      summary: 'where countersign.yaml is; found from the current directory unless given',
    },
  ],
  run: runDataAdd,
};

async function runDataAdd(input: Input, session: Session): Promise<Outcome> {
  const facts = findRepository(resolve(session.cwd, input.optionalText('repository') ?? '.'));
  if (facts === undefined)
    throw usage(`no ${PIPELINE_FILE} is found here`, 'name the repository with --repository');
  const path = join(facts.directory, PIPELINE_FILE);
  const document = parsePipelineFile(await readFile(path, 'utf8'), path);
  const name = input.optionalText('dataset') ?? onlyDataset(facts.datasets);
  const dataset = document.file.data?.[name];
  if (dataset === undefined)
    throw new CliError('not_found', `\`${path}\` declares no dataset \`${name}\``);
  const scratch = await mkdtemp(join(tmpdir(), 'countersign-data-'));
  try {
    const blobs = openFileBlobStore(join(scratch, 'blobs'));
    const file = resolve(session.cwd, input.argument('file'));
    const snapshot = await takeSnapshot({
      name,
      dataset,
      origin: { path: input.argument('file') },
      place: {
        path: file,
        name: basename(file),
        locate: (below) => `${PIPELINE_FILE}:${document.lineOf(['data', name, ...below])}`,
      },
      blobs,
      workDir: join(scratch, 'splits'),
    });
    return describe(snapshot);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function onlyDataset(names: readonly string[]): string {
  const [only, second] = names;
  if (only === undefined) throw new CliError('not_found', `${PIPELINE_FILE} declares no data`);
  if (second !== undefined)
    throw usage(`${PIPELINE_FILE} declares ${names.join(', ')}`, 'name one with --dataset');
  return only;
}

function describe(snapshot: DatasetSnapshot): Outcome {
  const lines = [
    `${snapshot.dataset}: ${snapshot.rows} rows of ${snapshot.rowsRead} read, content ${snapshot.content.digest}`,
    ...table(
      ['split', 'rows', 'access', 'content'],
      snapshot.splits.map(({ split, rows, access, content }) => [
        split,
        rows,
        access,
        short(content.digest),
      ]),
    ),
    '',
    ...table(
      ['column', 'type', 'roles', 'withheld'],
      snapshot.columns.map(({ name, type, roles, withheld }) => [
        name,
        type,
        roles.join(' '),
        withheld === null ? '' : 'yes',
      ]),
    ),
    '',
    ...table(
      ['check', 'measured', 'threshold', 'result'],
      snapshot.quality.map(({ subject, measured, threshold, passed, severity }) => [
        subject,
        measured,
        threshold,
        passed ? 'pass' : severity,
      ]),
    ),
  ];
  const failure = snapshotFailure(snapshot);
  return failure === undefined
    ? done(snapshot, ...lines)
    : refused({ ...snapshot, failure: failure.message }, ...lines, '', failure.message);
}
