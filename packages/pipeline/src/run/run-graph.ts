// SPDX-License-Identifier: Apache-2.0
import { isRestricted, type PlannedInput, type PlannedStep } from '../file/step-plan.ts';
import type { DatasetSnapshot } from '../snapshot/dataset-snapshot.ts';
import type { FolderSnapshot } from '../snapshot/folder-snapshot.ts';
import { executeStep, type StepOutcome } from './execute-step.ts';
import { type Made, notMade } from './made.ts';
import type {
  DeclaredEvidence,
  NamedBlob,
  RunFailure,
  StepInputRecord,
  StepRecord,
} from './result.ts';
import { keepStep, reuseStep } from './reuse-step.ts';
import { runFailure } from './run-failure.ts';
import type { RunGround } from './run-ground.ts';
import { runSideBySide } from './run-side-by-side.ts';
import { snapshotDatasets } from './snapshot-datasets.ts';
import { refuseMissingCode, refuseTakenNames, stepGround } from './step-ground.ts';
import { coresOf, threadsOf } from './step-variables.ts';

export interface GraphOutcome {
  readonly snapshots: readonly DatasetSnapshot[];
  readonly folders: readonly FolderSnapshot[];
  readonly steps: readonly StepRecord[];
  readonly evidence: readonly DeclaredEvidence[];
  /** Of several, the first in the order of the plan. */
  readonly failure: RunFailure | null;
  /** Every failure, in the order of the plan. */
  readonly failures: readonly RunFailure[];
}

/** What became of one planned step and of the snapshots of what it made. */
interface Ended {
  readonly outcome: StepOutcome | undefined;
  readonly failure: RunFailure | null;
}

/**
 * Runs the planned steps, side by side as far as they do not read from one another and the ground's cores go, and takes
 * each snapshot as soon as its file exists. Steps whose outputs are given as `archived` are not run. After a failure no
 * further step starts; those that are running run to their end, which their time limits bound, because what they make is
 * kept for the next run. The outcome is in the order of the plan, whatever ended first.
 */
export async function runGraph(
  ground: RunGround,
  plan: readonly PlannedStep[],
  archived: ReadonlyMap<string, readonly NamedBlob[]> = new Map(),
): Promise<GraphOutcome> {
  const made: Made = {
    files: new Map(),
    snapshots: new Map(),
    folders: new Map(),
    steps: [],
    evidence: [],
  };
  await refuseMissingCode(ground, plan);
  await refuseTakenNames(ground, plan, hiddenFiles(ground));
  const before = await snapshotDatasets(ground, made, undefined);
  const ended = new Map<string, Ended>();
  if (before === null) {
    await runSideBySide(ground, plan, {
      coresOf: ({ step, name }) => (archived.has(name) ? 1 : coresOf(step)),
      run: async (within, planned) => {
        const one = await runPlanned(within, made, {
          planned,
          outputs: archived.get(planned.name),
        });
        ended.set(planned.name, one);
        return one.failure === null;
      },
    });
  }
  return inOrder(ground, made, { plan, before, ended });
}

async function runPlanned(
  ground: RunGround,
  made: Made,
  given: { readonly planned: PlannedStep; readonly outputs: readonly NamedBlob[] | undefined },
): Promise<Ended> {
  const { planned, outputs } = given;
  if (outputs !== undefined) {
    for (const output of outputs) made.files.set(output.file, output);
    const failure = await snapshotDatasets(ground, made, planned.name);
    return { outcome: undefined, failure };
  }
  const outcome = await runStep(ground, planned, made);
  for (const output of outcome.record.outputs) made.files.set(output.file, output);
  made.steps.push(outcome.record);
  made.evidence.push(...outcome.evidence);
  const failure =
    outcome.failure === undefined
      ? await snapshotDatasets(ground, made, planned.name)
      : runFailure(outcome.failure, { step: planned.name, dataset: null });
  return { outcome, failure };
}

async function runStep(ground: RunGround, planned: PlannedStep, made: Made): Promise<StepOutcome> {
  const own = await stepGround(ground, planned);
  const inputs = planned.inputs.map((input) => inputRecord(made, input));
  const ready = { ground: own, planned, inputs, hidden: hiddenFiles(ground) };
  const { cache } = ground;
  const reused = cache === undefined ? undefined : await reuseStep(ready, cache);
  if (reused !== undefined) return reused;
  const executed = await executeStep(own, planned, ready);
  const threads = threadsOf(planned.step);
  const outcome =
    threads === 1 ? executed : { ...executed, record: { ...executed.record, threads } };
  if (cache !== undefined) await keepStep(ready, cache, outcome);
  return outcome;
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
  const folder = made.folders.get(dataset);
  if (folder !== undefined)
    return { as: input.as, from: { dataset, split }, folder: true, ...folder.content };
  const mounted = made.snapshots
    .get(dataset)
    ?.splits.find((taken) => taken.split === split)?.mounted;
  if (mounted === undefined || mounted === null) throw notMade(`${dataset}.${split}`);
  return { as: input.as, from: { dataset, split }, ...mounted };
}

/** Files of the commit that hold rows which no step may see. */
export function hiddenFiles(ground: Pick<RunGround, 'document'>): readonly string[] {
  return Object.values(ground.document.file.data ?? {}).flatMap((dataset) =>
    'path' in dataset.from && isRestricted(dataset) ? [dataset.from.path] : [],
  );
}

function inOrder(
  { document }: RunGround,
  made: Made,
  all: {
    readonly plan: readonly PlannedStep[];
    readonly before: RunFailure | null;
    readonly ended: ReadonlyMap<string, Ended>;
  },
): GraphOutcome {
  const ended = all.plan.flatMap(({ name }) => all.ended.get(name) ?? []);
  const outcomes = ended.flatMap(({ outcome }) => outcome ?? []);
  const failures = [all.before, ...ended.map(({ failure }) => failure)].filter(
    (failure) => failure !== null,
  );
  const makers = [undefined, ...all.plan.map(({ name }) => name)];
  const datasets = Object.entries(document.file.data ?? {});
  const names = makers.flatMap((maker) =>
    datasets.flatMap(([name, { from }]) =>
      ('step' in from ? from.step : undefined) === maker ? [name] : [],
    ),
  );
  return {
    snapshots: names.flatMap((name) => made.snapshots.get(name) ?? []),
    folders: names.flatMap((name) => made.folders.get(name) ?? []),
    steps: outcomes.map(({ record }) => record),
    evidence: outcomes.flatMap(({ evidence }) => evidence),
    failure: failures[0] ?? null,
    failures,
  };
}
