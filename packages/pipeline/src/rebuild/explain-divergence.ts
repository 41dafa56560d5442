// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { StepEnvironment } from '../environment/restore-environment.ts';
import type { PlannedStep } from '../file/step-plan.ts';
import { readPlatformFacts } from '../run/platform-facts.ts';
import type { PlatformFacts, RunResult, StepRecord } from '../run/result.ts';
import { hiddenFiles } from '../run/run-graph.ts';
import type { RunGround } from '../run/run-ground.ts';
import { stepGround } from '../run/step-ground.ts';
import type { RebuiltRun } from './compare-runs.ts';
import { diagnoseStep } from './diagnosis/diagnose-step.ts';
import type { ReusedEnvironment } from './diagnosis/diagnosis-ground.ts';
import { environmentChanges } from './diagnosis/environment-changes.ts';
import type { DiagnosisBudget, StepDiagnosis } from './diagnosis/likely-cause.ts';
import { StepReruns } from './diagnosis/rerun-step.ts';
import { compareFiles } from './divergence/compare-files.ts';
import type { FileDivergence, TimeWindow } from './divergence/divergence.ts';
import type { ComparedFile, RebuildResult } from './rebuild-result.ts';

export interface ExplainGround {
  readonly result: RunResult;
  readonly rebuilt: RebuiltRun;
  readonly compared: readonly ComparedFile[];
  readonly ground: RunGround;
  readonly plan: readonly PlannedStep[];
  readonly budget: DiagnosisBudget | false;
  readonly environment: {
    /** Where a reused environment lies; undefined for one that was laid out for this rebuild. */
    readonly installed: StepEnvironment['installed'];
    readonly layOutAnew: () => Promise<StepEnvironment>;
  };
}

const FILES_MAX = 20;
const STEPS_MAX = 3;

/** Says where the files of a rebuild differ and looks for the cause; nothing when they are equal or a step failed. */
export async function explainDivergence(
  at: ExplainGround,
): Promise<Pick<RebuildResult, 'divergences' | 'diagnoses'>> {
  const different = at.compared.filter(({ equal }) => !equal);
  if (different.length === 0 || at.rebuilt.failure !== null) return {};
  const divergences: FileDivergence[] = [];
  for (const { what, original, rebuilt } of different.slice(0, FILES_MAX)) {
    divergences.push(
      await compareFiles(
        { what, original, rebuilt },
        { blobs: at.ground.blobs, workDir: at.ground.scratch, windows: windowsOf(at, what) },
      ),
    );
  }
  if (at.budget === false) return { divergences };
  return {
    divergences,
    diagnoses: await diagnose(at, { different, divergences, budget: at.budget }),
  };
}

/** Both runs of the step that made a file; of a split, the whole runs. */
function windowsOf({ result, rebuilt, ground }: ExplainGround, what: string) {
  const step = what.split('/')[0] ?? '';
  const windowOf = (steps: readonly StepRecord[]): TimeWindow | undefined => {
    const found = steps.find(({ name }) => name === step);
    return found === undefined ? undefined : { from: found.startedAt, to: found.endedAt };
  };
  const now = ground.now().toISOString();
  return {
    original: windowOf(result.steps) ?? { from: result.startedAt, to: result.endedAt },
    rebuilt: windowOf(rebuilt.steps) ?? { from: now, to: now },
  };
}

interface Different {
  readonly different: readonly ComparedFile[];
  readonly divergences: readonly FileDivergence[];
  readonly budget: DiagnosisBudget;
}

async function diagnose(at: ExplainGround, seen: Different): Promise<readonly StepDiagnosis[]> {
  const platform = await readPlatformFacts();
  const diagnoses: StepDiagnosis[] = [];
  for (const planned of at.plan) {
    if (diagnoses.length >= STEPS_MAX) break;
    const recorded = at.result.steps.find(({ name }) => name === planned.name);
    const again = at.rebuilt.steps.find(({ name }) => name === planned.name);
    const isDifferent = seen.different.some(({ what }) => what.startsWith(`${planned.name}/`));
    if (recorded === undefined || again === undefined || !isDifferent) continue;
    if (!haveEqualInputs(recorded, again)) continue;
    diagnoses.push(await diagnoseOne(at, { ...seen, planned, recorded, again, platform }));
  }
  return diagnoses;
}

/** A step that was given something else made something else of it: that is for the step before to explain. */
function haveEqualInputs(recorded: StepRecord, again: StepRecord): boolean {
  const inputs = (step: StepRecord) =>
    step.inputs.map(({ as, digest }) => `${as} ${digest}`).toSorted();
  return inputs(recorded).join('\n') === inputs(again).join('\n');
}

async function diagnoseOne(
  at: ExplainGround,
  step: Different & {
    readonly planned: PlannedStep;
    readonly recorded: StepRecord;
    readonly again: StepRecord;
    readonly platform: PlatformFacts;
  },
): Promise<StepDiagnosis> {
  const { planned, recorded, again } = step;
  const own = await stepGround(at.ground, planned);
  const workDir = join(at.ground.scratch, 'diagnosis');
  const reruns = new StepReruns(
    { ground: own, planned, inputs: again.inputs, hidden: hiddenFiles(at.ground) },
    step.budget,
    (Date.parse(again.endedAt) - Date.parse(again.startedAt)) / 1000,
  );
  const ofStep = step.divergences.filter(({ what }) => what.startsWith(`${planned.name}/`));
  return diagnoseStep(
    {
      recorded,
      recordedFiles: filesOf(recorded, at.result.evidence),
      reruns,
      blobs: at.ground.blobs,
      workDir,
      environment: reusedEnvironment(at),
      numpyLevels: NUMPY_LEVELS,
    },
    {
      rebuilt: filesOf(again, at.rebuilt.evidence),
      natures: [...new Set(ofStep.flatMap(({ natures }) => natures))],
      isOtherCpu: step.platform.cpu !== at.result.platform.cpu,
    },
  );
}

/** numpy 2.4 names its levels so, numpy 1 and early 2 by single extensions; it warns of what it does not know. */
const NUMPY_LEVELS = 'X86_V3 X86_V4 AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_ICL AVX512_SPR';

function filesOf(step: StepRecord, evidence: RunResult['evidence']): ReadonlyMap<string, string> {
  const declared = evidence.filter((one) => one.step === step.name);
  return new Map([...step.outputs, ...declared].map(({ file, digest }) => [file, digest] as const));
}

function reusedEnvironment(at: ExplainGround): ReusedEnvironment | undefined {
  const { installed, layOutAnew } = at.environment;
  if (installed === undefined) return undefined;
  return {
    changes: () => environmentChanges(installed.directory, installed.wheels),
    layOutAnew: async () => (await layOutAnew()).mounts,
  };
}
