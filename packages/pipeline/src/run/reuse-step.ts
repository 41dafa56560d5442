// SPDX-License-Identifier: Apache-2.0

import type { BlobRef, BlobStore } from '../blobs/blob-store.ts';
import { PipelineError } from '../errors.ts';
import type { PlannedStep } from '../file/step-plan.ts';
import { blobsOfEntry, type CachedStep, type StepCache } from './cache-steps.ts';
import { type CheckoutFile, codeDigest, shownFiles } from './checkout-files.ts';
import type { StepOutcome } from './execute-step.ts';
import { reuseRefusal } from './may-reuse.ts';
import type { StepInputRecord } from './result.ts';
import type { RunGround } from './run-ground.ts';
import { type StepComponents, stepComponents, stepKey } from './step-key.ts';

/** What a run needs to know to take results of earlier runs. */
export interface StepReuse {
  readonly cache: StepCache;
  /** `refresh` executes every step and keeps what it makes. */
  readonly mode: 'use' | 'refresh';
  readonly maker: StepComponents['maker'];
  readonly environment: string;
  readonly machine: string;
  readonly files: readonly CheckoutFile[];
  readonly model: string;
  readonly run: string;
  readonly commit: string;
}

/** A step whose inputs are known, with its own variables. */
export interface ReadyStep {
  readonly ground: Pick<
    RunGround,
    'document' | 'profile' | 'networkVariables' | 'blobs' | 'now' | 'emit'
  >;
  readonly planned: PlannedStep;
  readonly inputs: readonly StepInputRecord[];
  readonly hidden: readonly string[];
}

/**
 * The outcome of an earlier execution of exactly this step, with its bytes brought into the run's store and checked there;
 * undefined when there is none that is whole.
 */
export async function reuseStep(
  ready: ReadyStep,
  reuse: StepReuse,
): Promise<StepOutcome | undefined> {
  if (reuse.mode !== 'use' || reuseRefusal(ready.ground.document, ready.planned) !== undefined)
    return undefined;
  const key = stepKey(componentsOf(ready, reuse));
  const found = await reuse.cache.find(key);
  if (found === undefined || !(await bringAll(found, reuse.cache.blobs, ready.ground.blobs)))
    return undefined;
  const { run, commit } = found.executed;
  const at = ready.ground.now().toISOString();
  ready.ground.emit({ type: 'step-cached', step: ready.planned.name, key, run, commit });
  await reuse.cache.remember(placeOf(ready.planned, reuse), key);
  return {
    record: {
      ...found.record,
      name: ready.planned.name,
      inputs: inputsAsNow(found, ready),
      cached: { key, run, commit, at },
    },
    evidence: found.evidence.map((one) => ({ ...one, step: ready.planned.name })),
    failure: undefined,
  };
}

/**
 * Keeps what a step made, if it did what it declared. Steps that may never be reused are kept too: what they were made of
 * explains what changed. Says so when the same step made other bytes before: then it is not deterministic.
 */
export async function keepStep(
  ready: ReadyStep,
  reuse: StepReuse,
  outcome: StepOutcome,
): Promise<void> {
  if (outcome.failure !== undefined) return;
  const components = componentsOf(ready, reuse);
  const key = stepKey(components);
  const before = await reuse.cache.find(key);
  if (before !== undefined) warnOfOtherBytes(ready, before, outcome);
  const { record, evidence } = outcome;
  const entry: CachedStep = {
    key,
    components,
    record,
    evidence,
    ...listedFiles(ready, reuse),
    executed: { run: reuse.run, commit: reuse.commit, at: record.endedAt },
  };
  if (reuseRefusal(ready.ground.document, ready.planned) === undefined) {
    for (const blob of blobsOfEntry(entry))
      await bring(blob, ready.ground.blobs, reuse.cache.blobs);
  }
  await reuse.cache.keep(entry);
  await reuse.cache.remember(placeOf(ready.planned, reuse), key);
}

/** Under what the last execution of a step is remembered. */
export function placeOf({ name }: PlannedStep, { model, maker }: StepReuse) {
  return { model, maker, step: name };
}

const FILES_LISTED_MAX = 5000;

/** For saying which files of the commit changed; too many are not listed. */
function listedFiles(
  { planned, hidden }: ReadyStep,
  { files }: StepReuse,
): Pick<CachedStep, 'files'> {
  const shown = shownFiles(files, planned.step.code, hidden);
  return shown.length > FILES_LISTED_MAX ? {} : { files: shown };
}

export function componentsOf(
  ready: Pick<ReadyStep, 'planned' | 'hidden'> & {
    readonly ground: Pick<RunGround, 'profile' | 'networkVariables'>;
    readonly inputs: readonly Pick<StepInputRecord, 'as' | 'digest' | 'folder'>[];
  },
  reuse: StepReuse,
): StepComponents {
  const { ground, planned, inputs, hidden } = ready;
  const shown = shownFiles(reuse.files, planned.step.code, hidden);
  return stepComponents(planned, {
    maker: reuse.maker,
    code: codeDigest(shown),
    inputs: Object.fromEntries(
      inputs.map(({ as, digest, folder }) => [as, folder === true ? `folder ${digest}` : digest]),
    ),
    environment: reuse.environment,
    variables: {
      ...ground.profile,
      ...(planned.step.network === true ? ground.networkVariables : {}),
    },
    machine: reuse.machine,
  });
}

/** The same bytes under the same names may come from another step or dataset by now. */
function inputsAsNow(found: CachedStep, ready: ReadyStep): readonly StepInputRecord[] {
  return [...ready.inputs, ...found.record.inputs.filter(({ from }) => 'params' in from)];
}

async function bringAll(found: CachedStep, from: BlobStore, to: BlobStore): Promise<boolean> {
  try {
    for (const blob of blobsOfEntry(found)) await bring(blob, from, to);
    return true;
  } catch (error) {
    if (error instanceof PipelineError && /^blob_(missing|corrupt)$/.test(error.code)) return false;
    throw error;
  }
}

/** Read whole on the way, so that what arrives has its digest. @throws PipelineError `blob_missing`, `blob_corrupt` */
async function bring({ digest }: BlobRef, from: BlobStore, to: BlobStore): Promise<void> {
  if (from === to) {
    await to.checkOnce(digest);
    await to.touch(digest);
  } else await to.putStream(from.open(digest));
}

function warnOfOtherBytes(ready: ReadyStep, before: CachedStep, { record }: StepOutcome): void {
  const other = record.outputs.filter(
    ({ file, digest }) => before.record.outputs.find((one) => one.file === file)?.digest !== digest,
  );
  if (other.length === 0) return;
  const names = other.slice(0, 10).map(({ file }) => `\`${file}\``);
  const text = `step \`${ready.planned.name}\` made other bytes of ${names.join(', ')} than run ${before.executed.run} from the same inputs: it does not repeat`;
  ready.ground.emit({ type: 'phase', text });
}
