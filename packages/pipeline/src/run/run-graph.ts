// SPDX-License-Identifier: Apache-2.0
import { isRestricted, type PlannedInput, type PlannedStep } from '../file/step-plan.ts';
import type { DatasetSnapshot } from '../snapshot/dataset-snapshot.ts';
import { executeStep } from './execute-step.ts';
import { type Made, notMade } from './made.ts';
import type {
  DeclaredEvidence,
  NamedBlob,
  RunFailure,
  StepInputRecord,
  StepRecord,
} from './result.ts';
import { runFailure } from './run-failure.ts';
import type { RunGround } from './run-ground.ts';
import { snapshotDatasets } from './snapshot-datasets.ts';

export interface GraphOutcome {
  readonly snapshots: readonly DatasetSnapshot[];
  readonly steps: readonly StepRecord[];
  readonly evidence: readonly DeclaredEvidence[];
  readonly failure: RunFailure | null;
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

/** Files of the commit that hold rows which no step may see. */
function hiddenFiles(ground: RunGround): readonly string[] {
  return Object.values(ground.document.file.data ?? {}).flatMap((dataset) =>
    'path' in dataset.from && isRestricted(dataset) ? [dataset.from.path] : [],
  );
}
