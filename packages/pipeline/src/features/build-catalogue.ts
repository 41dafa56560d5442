// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { BlobRef, BlobStore } from '../blobs/blob-store.ts';
import type { FeatureDeclaration, ProxyDeclaration } from '../file/features-section.ts';
import type { PipelineFile } from '../file/schema.ts';
import type { StepRecord } from '../run/result.ts';
import type { DatasetSnapshot } from '../snapshot/dataset-snapshot.ts';
import { openDatabase, type SnapshotDatabase } from '../snapshot/open-database.ts';
import { type CatalogueInput, type FeatureCatalogue, lackingOf } from './feature-catalogue.ts';
import { guardedSteps } from './guarded-steps.ts';
import { AUC_LIMIT_DEFAULT, SCREEN_METHOD, SCREEN_SOURCE, screenInput } from './proxy-screen.ts';
import { isTableFile, openStepTable, type StepTable } from './step-tables.ts';

export interface CatalogueOptions {
  readonly blobs: BlobStore;
  readonly workDir: string;
  readonly file: Pick<PipelineFile, 'data' | 'features' | 'artifact'>;
}

interface Ran {
  readonly snapshots: readonly DatasetSnapshot[];
  readonly steps: readonly StepRecord[];
}

/**
 * The catalogue of the model's inputs: what the file says of each, the columns that it comes from, and what it tells of
 * each protected attribute on the rows that the model was developed on. Undefined without an artefact.
 */
export async function buildCatalogue(
  ran: Ran,
  options: CatalogueOptions,
): Promise<FeatureCatalogue | undefined> {
  const { artifact } = options.file;
  if (artifact === undefined) return undefined;
  await mkdir(options.workDir, { recursive: true });
  const database = await openDatabase([options.workDir]);
  try {
    const tables = tableShelf(database, options);
    const development = developmentRows(ran, options.file);
    const inputs: CatalogueInput[] = [];
    for (const { name, type } of rowKeys(artifact)) {
      const entry = describedInput(ran, options.file, { name, type });
      inputs.push(await screened(database, { entry, development, tables, ran, options }));
    }
    const lacking = inputs.flatMap((entry) => {
      const what = lackingOf(entry);
      return what.length === 0 ? [] : [{ input: entry.input, what }];
    });
    const screen =
      development === undefined
        ? null
        : {
            data: development.name,
            digest: development.content.digest,
            method: SCREEN_METHOD,
            source: SCREEN_SOURCE,
          };
    return { inputs, lacking, screen };
  } finally {
    database.close();
    await rm(options.workDir, { recursive: true, force: true });
  }
}

type Artifact = NonNullable<PipelineFile['artifact']>;

/** Row keys of the model, each with the type of its tensor. */
export function rowKeys(
  artifact: Pick<Artifact, 'inputs'>,
): readonly { readonly name: string; readonly type: string }[] {
  return artifact.inputs.flatMap(({ name, type, columns }) =>
    (columns ?? [name]).map((key) => ({ name: key, type })),
  );
}

interface DevelopmentRows {
  /** `dataset.split`. */
  readonly name: string;
  readonly dataset: string;
  readonly content: BlobRef;
  readonly format: 'csv' | 'parquet';
}

/** The first split that a step read of a dataset with protected attributes; every column of it, withheld ones included. */
function developmentRows(ran: Ran, file: CatalogueOptions['file']): DevelopmentRows | undefined {
  for (const { inputs } of ran.steps) {
    for (const { from } of inputs) {
      if (!('dataset' in from)) continue;
      const attributes = file.data?.[from.dataset]?.roles?.protected ?? [];
      const snapshot = ran.snapshots.find(({ dataset }) => dataset === from.dataset);
      const split = snapshot?.splits.find((taken) => taken.split === from.split);
      if (attributes.length === 0 || snapshot === undefined || split === undefined) continue;
      const name = `${from.dataset}.${from.split}`;
      return { name, dataset: from.dataset, content: split.content, format: snapshot.format };
    }
  }
  return undefined;
}

function describedInput(
  ran: Ran,
  { data = {}, features = {} }: CatalogueOptions['file'],
  input: { readonly name: string; readonly type: string },
): CatalogueInput {
  const declared: FeatureDeclaration = features.inputs?.[input.name] ?? {};
  const own = declared.from === undefined ? ownColumn(ran, input.name) : undefined;
  const column = own === undefined ? undefined : data[own.dataset]?.columns?.[input.name];
  const named = declared.from?.map((source) => sourceColumn(ran, source));
  const lineage = named ?? (own === undefined ? [] : [own]);
  const proxy = declared.proxy ?? features.proxy;
  return {
    input: input.name,
    type: input.type,
    definition: declared.definition ?? column?.means ?? null,
    lineage,
    foundIn: [],
    transform: declared.transform ?? column?.transform ?? null,
    justification: declared.justification ?? column?.justification ?? null,
    reasonText: declared.reason_text ?? column?.reason_text ?? null,
    screen: [],
    unscreened: proxy !== undefined && 'none' in proxy ? proxy.none : null,
    proxyReason: proxy !== undefined && 'why' in proxy ? (proxy.why ?? null) : null,
  };
}

type Source = CatalogueInput['lineage'][number];

/** The column of a snapshot that has the input's name, of those that steps read. */
function ownColumn(ran: Ran, name: string): Source | undefined {
  const read = ran.snapshots.filter(({ dataset }) =>
    ran.steps.some(({ inputs }) =>
      inputs.some(({ from }) => 'dataset' in from && from.dataset === dataset),
    ),
  );
  const holder = read.find(({ columns }) => columns.some((column) => column.name === name));
  return holder === undefined ? undefined : sourceColumn(ran, `${holder.dataset}.${name}`);
}

function sourceColumn(ran: Ran, source: string): Source {
  const at = source.indexOf('.');
  const [dataset, name] = [source.slice(0, at), source.slice(at + 1)];
  const snapshot = ran.snapshots.find((one) => one.dataset === dataset);
  const column = snapshot?.columns.find((one) => one.name === name);
  if (column === undefined) return { dataset, column: name, marks: ['unknown'] };
  const marks = [
    ...(column.roles.includes('protected') ? ['protected'] : []),
    ...(column.withheld === null ? [] : ['withheld']),
    ...(column.roles.includes('label') ? ['label'] : []),
  ];
  return { dataset, column: name, marks };
}

interface Screening {
  readonly entry: CatalogueInput;
  readonly development: DevelopmentRows | undefined;
  readonly tables: TableShelf;
  readonly ran: Ran;
  readonly options: CatalogueOptions;
}

async function screened(
  database: SnapshotDatabase,
  { entry, development, tables, ran, options }: Screening,
): Promise<CatalogueInput> {
  if (development === undefined) return entry;
  const { features = {}, data = {} } = options.file;
  const roles = data[development.dataset]?.roles;
  const rows = await tables(development.content, `rows.${development.format}`);
  if (rows === undefined) return entry;
  const holders = await tablesWith(
    { tables, ran, id: roles?.id, guarded: guardedSteps(ran.steps, data) },
    entry.input,
  );
  const isOwn = rows.columns.some(({ name }) => name === entry.input);
  const foundIn = [...(isOwn ? [development.name] : []), ...holders.map(({ file }) => file)];
  const values = isOwn ? rows : holders[0]?.table;
  if (values === undefined || entry.unscreened !== null) return { ...entry, foundIn };
  const screen = await screenInput(database, {
    rows,
    values,
    id: roles?.id,
    input: entry.input,
    attributes: roles?.protected ?? [],
    limits: limitsOf(features.inputs?.[entry.input]?.proxy ?? features.proxy),
  });
  return { ...entry, foundIn, screen };
}

function limitsOf(proxy: ProxyDeclaration | undefined) {
  if (proxy === undefined || 'none' in proxy) return { auc: AUC_LIMIT_DEFAULT, nmi: null };
  return { auc: proxy.auc ?? AUC_LIMIT_DEFAULT, nmi: proxy.nmi ?? null };
}

/** Tables that steps wrote and that hold the input beside the row id, so that it can be joined with the attributes. */
async function tablesWith(
  about: {
    readonly tables: TableShelf;
    readonly ran: Ran;
    readonly id: string | undefined;
    /** Steps whose tables hold rows of which nothing may be told. */
    readonly guarded: ReadonlySet<string>;
  },
  input: string,
): Promise<readonly { readonly file: string; readonly table: StepTable }[]> {
  const { id } = about;
  if (id === undefined) return [];
  const found: { file: string; table: StepTable }[] = [];
  const steps = about.ran.steps.filter(({ name }) => !about.guarded.has(name));
  for (const output of steps.flatMap(({ outputs }) => outputs)) {
    if (!isTableFile(output.file)) continue;
    const table = await about.tables(output, output.file);
    const names = table?.columns.map(({ name }) => name) ?? [];
    if (table !== undefined && names.includes(input) && names.includes(id))
      found.push({ file: output.file, table });
  }
  return found;
}

type TableShelf = (blob: BlobRef, name: string) => Promise<StepTable | undefined>;

/** Opens each table once; undefined for bytes that are none, which `describeSteps` names. */
function tableShelf(database: SnapshotDatabase, options: CatalogueOptions): TableShelf {
  const opened = new Map<string, StepTable | undefined>();
  return async ({ digest }, name) => {
    if (opened.has(digest)) return opened.get(digest);
    const view = `t${opened.size}`;
    const path = join(options.workDir, `${view}${extname(name).toLowerCase()}`);
    await options.blobs.copyTo(digest, path);
    const table = await openStepTable(database, { path, name, view }).catch(() => undefined);
    await rm(path, { force: true });
    opened.set(digest, table);
    return table;
  };
}
