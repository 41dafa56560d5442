// SPDX-License-Identifier: Apache-2.0
import { statSync } from 'node:fs';
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
import { addVersion } from '../data/add-version.ts';
import { declaredSnapshot } from '../data/declared-snapshot.ts';
import { CliError, usage } from '../errors.ts';
import { describeMeasures } from '../output/describe-measures.ts';
import { short, table } from '../output/table.ts';
import { findRepository } from '../papers/pipeline-facts.ts';
import type { Session } from '../session.ts';

export const dataAdd: Command = {
  name: 'data add',
  summary:
    'take a snapshot of a file as countersign.yaml declares it: schema, profile, quality, splits',
  description:
    'A file is measured here and registered nowhere, unless --keep, --remote or --pin is given: these keep a file or folder as a data version, named by the digest of everything in it, which `from: { snapshot: DIGEST }` reads.',
  example: 'countersign data add ./images --dataset images --remote --pin',
  arguments: [
    {
      name: 'path',
      summary:
        'a file as CSV or Parquet, or with the options below any file or folder; without it the dataset is fetched from where countersign.yaml says',
      isOptional: true,
    },
  ],
  options: [
    { flags: '--keep', summary: 'as a data version on this machine; a folder always is' },
    { flags: '--remote', summary: 'send the data version to the platform: only what it lacks' },
    {
      flags: '--pin',
      summary: 'write the data version into countersign.yaml, as where the dataset is from',
    },
    { flags: '--file FILE', summary: 'with --pin: the dataset is this table of a folder' },
    {
      flags: '--folder',
      summary: 'with --pin: the dataset is the folder, also where all files are tables',
    },
    { flags: '--rehash', summary: 'read every byte, also of files that look unchanged' },
    { flags: '--dataset NAME', summary: 'which declared dataset; the only one unless given' },
    {
      flags: '--repository DIR',
      summary: 'where countersign.yaml is; found from the current directory unless given',
    },
  ],
  run: runDataAdd,
};

async function runDataAdd(input: Input, session: Session): Promise<Outcome> {
  const isKept = ['keep', 'remote', 'pin'].some((flag) => input.flag(flag));
  if (input.optionalArgument('path') === undefined) {
    if (isKept) throw usage('a data version is kept of a path', 'name the file or folder');
    return measure(input, session);
  }
  const path = resolve(session.cwd, input.argument('path'));
  if (isKept || isDirectory(path)) return addVersion(input, session, path);
  const idle = ['folder', 'rehash'].find((flag) => input.flag(flag));
  if (idle !== undefined || input.optionalText('file') !== undefined)
    throw usage(
      `\`--${idle ?? 'file'}\` is for a data version, and a single file is only measured`,
      'add --keep, --remote or --pin',
    );
  return measure(input, session);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

async function measure(input: Input, session: Session): Promise<Outcome> {
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
    if (input.optionalArgument('path') === undefined) {
      const { directory } = facts;
      return describe(
        await declaredSnapshot(session, document, { name, directory, blobs, scratch }),
      );
    }
    const file = resolve(session.cwd, input.argument('path'));
    const snapshot = await takeSnapshot({
      name,
      dataset,
      origin: { path: input.argument('path') },
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
    ...(snapshot.duplicates === 0
      ? []
      : [`${snapshot.duplicates} of them equal an earlier one in everything but the id`]),
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
    ...(snapshot.measures === undefined ? [] : ['', ...describeMeasures(snapshot.measures)]),
  ];
  const failure = snapshotFailure(snapshot);
  return failure === undefined
    ? done(snapshot, ...lines)
    : refused({ ...snapshot, failure: failure.message }, ...lines, '', failure.message);
}
