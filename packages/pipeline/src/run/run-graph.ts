// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PipelineError } from '../errors.ts';
import type { Dataset } from '../file/data-section.ts';
import {
  datasetFile,
  isRestricted,
  type PlannedInput,
  type PlannedStep,
} from '../file/step-plan.ts';
import { toRecordJson } from '../file/to-record-json.ts';
import type { DatasetSnapshot } from '../snapshot/dataset-snapshot.ts';
import { snapshotFailure, takeSnapshot } from '../snapshot/take-snapshot.ts';
import { executeStep } from './execute-step.ts';
import type {
  DeclaredEvidence,
  NamedBlob,
  RunFailure,
  StepInputRecord,
  StepRecord,
} from './result.ts';
import type { RunGround } from './run-ground.ts';

export interface GraphOutcome {
  readonly snapshots: readonly DatasetSnapshot[];
  readonly steps: readonly StepRecord[];
  readonly evidence: readonly DeclaredEvidence[];
  readonly failure: RunFailure | null;
}

/** What has been made so far; later steps read from here and from nowhere else. */
interface Made {
  readonly files: Map<string, NamedBlob>;
  readonly snapshots: Map<string, DatasetSnapshot>;
  readonly steps: StepRecord[];
  readonly evidence: DeclaredEvidence[];
}

/**
 * Runs the planned steps one after another and takes each snapshot as soon as its file exists. Steps whose outputs are
 * given as `archived` are not run. The first failure ends the graph and is part of the outcome.
 */
export async function runGraph(
  ground: RunGround,
  plan: readonly PlannedStep[],
  archived: ReadonlyMap<string, readonly NamedBlob[]> = new Map(),
): Promise<GraphOutcome> {
  const made: Made = { files: new Map(), snapshots: new Map(), steps: [], evidence: [] };
  let failure: RunFailure | null = await snapshotDatasets(ground, made, undefined);
  for (const planned of plan) {
    if (failure !== null) break;
    ground.signal?.throwIfAborted();
    const outputs = archived.get(planned.name);
    failure =
      outputs === undefined ? await runStep(ground, planned, made) : takeArchived(made, outputs);
    failure ??= await snapshotDatasets(ground, made, planned.name);
  }
  const { steps, evidence } = made;
  return { snapshots: [...made.snapshots.values()], steps, evidence, failure };
}

function takeArchived(made: Made, outputs: readonly NamedBlob[]): null {
  for (const output of outputs) made.files.set(output.file, output);
  return null;
}

async function runStep(
  ground: RunGround,
  planned: PlannedStep,
  made: Made,
): Promise<RunFailure | null> {
  const inputs = planned.inputs.map((input) => inputRecord(made, input));
  const outcome = await executeStep(ground, planned, { inputs, hidden: hiddenFiles(ground) });
  made.steps.push(outcome.record);
  made.evidence.push(...outcome.evidence);
  for (const output of outcome.record.outputs) made.files.set(output.file, output);
  if (outcome.failure === undefined) return null;
  return runFailure(outcome.failure, { step: planned.name, dataset: null });
}

function inputRecord(made: Made, input: PlannedInput): StepInputRecord {
  if (input.kind === 'file') {
    const blob = made.files.get(input.file);
    if (blob === undefined) throw notMade(input.file);
    return {
      as: input.as,
      from: { step: input.step, file: input.file },
      digest: blob.digest,
      size: blob.size,
    };
  }
  const { dataset, split } = input;
  const mounted = made.snapshots
    .get(dataset)
    ?.splits.find((taken) => taken.split === split)?.mounted;
  if (mounted === undefined || mounted === null) throw notMade(`${dataset}.${split}`);
  return { as: input.as, from: { dataset, split }, ...mounted };
}

function notMade(name: string): PipelineError {
  return new PipelineError(
    'step_input_missing',
    `\`${name}\` does not exist yet; the plan of the steps is wrong`,
  );
}

/** Files of the commit that hold rows which no step may see. */
function hiddenFiles(ground: RunGround): readonly string[] {
  return Object.values(ground.document.file.data ?? {}).flatMap((dataset) =>
    'path' in dataset.from && isRestricted(dataset) ? [dataset.from.path] : [],
  );
}

/** Takes the snapshots of datasets made by `step`, or of those that lie in the commit when `step` is undefined. */
async function snapshotDatasets(
  ground: RunGround,
  made: Made,
  step: string | undefined,
): Promise<RunFailure | null> {
  for (const [name, dataset] of Object.entries(ground.document.file.data ?? {})) {
    const maker = 'step' in dataset.from ? dataset.from.step : undefined;
    if (maker !== step) continue;
    try {
      const snapshot = await snapshotDataset(ground, made, { name, dataset });
      made.snapshots.set(name, snapshot);
      ground.emit({ type: 'snapshot-taken', dataset: name, rows: snapshot.rows });
      const failed = snapshotFailure(snapshot);
      if (failed !== undefined) return runFailure(failed, { step: null, dataset: name });
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error;
      return runFailure(error, { step: null, dataset: name });
    }
  }
  return null;
}

async function snapshotDataset(
  ground: RunGround,
  made: Made,
  { name, dataset }: { readonly name: string; readonly dataset: Dataset },
): Promise<DatasetSnapshot> {
  const workDir = join(ground.scratch, 'snapshots', name);
  await mkdir(workDir, { recursive: true });
  const read = await sourceFile(ground, made, { name, dataset, workDir });
  try {
    return await takeSnapshot({
      name,
      dataset,
      origin: read.origin,
      place: {
        path: read.path,
        name: read.file,
        locate: (path) =>
          `${ground.document.name}:${ground.document.lineOf(['data', name, ...path])}`,
      },
      blobs: ground.blobs,
      workDir: join(workDir, 'parts'),
    });
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function sourceFile(
  ground: RunGround,
  made: Made,
  wanted: { readonly name: string; readonly dataset: Dataset; readonly workDir: string },
): Promise<{ path: string; file: string; origin: DatasetSnapshot['origin'] }> {
  const { dataset, name, workDir } = wanted;
  if ('path' in dataset.from) {
    const { path: file } = dataset.from;
    const path = join(ground.checkout, file);
    const found = await stat(path).catch(() => undefined); // reported below with its line
    if (found?.isFile() === true) return { path, file, origin: { path: file } };
    const line = ground.document.lineOf(['data', name, 'from', 'path']);
    const message = `${ground.document.name}:${line}: the commit has no file \`${file}\``;
    throw new PipelineError('file_missing', message, { details: { file } });
  }
  const file = datasetFile(ground.document.file.steps, dataset) ?? '';
  const blob = made.files.get(file);
  if (blob === undefined) throw notMade(file);
  const path = join(workDir, basename(file));
  await ground.blobs.copyTo(blob.digest, path);
  return { path, file, origin: { step: dataset.from.step, file } };
}

function runFailure(
  error: PipelineError,
  place: { readonly step: string | null; readonly dataset: string | null },
): RunFailure {
  return {
    code: error.code,
    message: error.message,
    ...place,
    details: toRecordJson(error.details),
  };
}
