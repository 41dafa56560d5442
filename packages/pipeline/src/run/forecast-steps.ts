// SPDX-License-Identifier: Apache-2.0
import type { BlobStore } from '../blobs/blob-store.ts';
import type { DeterminismProfile } from '../environment/determinism-profile.ts';
import type { PipelineDocument } from '../file/parse-pipeline-file.ts';
import type { PlannedInput, PlannedStep } from '../file/step-plan.ts';
import { blobsOfEntry, type CachedStep } from './cache-steps.ts';
import { type CheckoutFile, shownFiles } from './checkout-files.ts';
import type { StepForecast } from './forecast.ts';
import { asJson, datasetQuestion, type ForecastMemory, sourceFileOf } from './forecast-memory.ts';
import { reuseRefusal } from './may-reuse.ts';
import { componentsOf, placeOf, type StepReuse } from './reuse-step.ts';
import { hiddenFiles } from './run-graph.ts';
import { stepVariables } from './step-ground.ts';
import { changedComponents, type StepComponents, stepKey } from './step-key.ts';
import { coresOf, threadsOf } from './step-variables.ts';

/** What is known before anything has run. */
export interface ForecastGround {
  readonly document: PipelineDocument;
  readonly checkout: string;
  readonly profile: DeterminismProfile;
  readonly networkVariables: Readonly<Record<string, string>>;
  /** Undefined when nothing is taken from earlier runs. */
  readonly reuse: StepReuse | undefined;
  /** Why nothing can be said to be unchanged, such as an environment that was never built here. */
  readonly unknown: string | undefined;
  readonly memory: ForecastMemory;
}

/** Digest of each file that is known to come out of the run, undefined for those that a step has yet to make. */
type Known = Map<string, string | undefined>;

/**
 * Goes through the plan as a run would: a step that is cached makes known bytes, so that the next one can be asked about;
 * what a step that runs will make is not known before.
 */
export async function forecastSteps(
  ground: ForecastGround,
  plan: readonly PlannedStep[],
): Promise<readonly StepForecast[]> {
  const known: Known = new Map();
  const told: StepForecast[] = [];
  for (const planned of plan) {
    const one = await forecastStep(ground, planned, known);
    const { outputs } = one.entry?.record ?? { outputs: [] };
    for (const output of outputs) known.set(output.file, output.digest);
    const stages = planned.after.map((name) => told.find((step) => step.name === name)?.stage ?? 0);
    told.push({ ...one.forecast, stage: Math.max(0, ...stages) + 1 });
  }
  return told;
}

interface Forecast {
  readonly forecast: Omit<StepForecast, 'stage'>;
  /** The result that would stand for it. */
  readonly entry?: CachedStep;
}

async function forecastStep(
  ground: ForecastGround,
  planned: PlannedStep,
  known: Known,
): Promise<Forecast> {
  const { reuse } = ground;
  const last = await reuse?.cache.last(placeOf(planned, reuse));
  const told = (more: Pick<StepForecast, 'verdict' | 'why'>) => ({
    ...factsOf(planned, last),
    ...more,
  });
  const refusal = refusalOf(ground, planned);
  if (refusal !== undefined || reuse === undefined)
    return {
      forecast: told({ verdict: 'run', why: [refusal ?? 'nothing is taken from earlier runs'] }),
    };
  const profile = await stepVariables(ground, planned);
  const hidden = hiddenFiles(ground);
  const inputs = await Promise.all(planned.inputs.map((input) => digestOf(ground, input, known)));
  const open = planned.inputs.filter((_, index) => inputs[index] === undefined);
  const withParams = [
    ...planned.inputs.map(({ as }, index) => ({ as, digest: inputs[index] ?? '' })),
  ];
  const components = componentsOf(
    { ground: { ...ground, profile }, planned, inputs: withParams, hidden },
    reuse,
  );
  const changes = changesSince(last, components, {
    open: open.map(({ as }) => as),
    shown: shownFiles(reuse.files, planned.step.code, hidden),
  });
  if (open.length > 0) {
    const waits = open.map((input) => waitsFor(ground, input));
    return changes.length > 0
      ? { forecast: told({ verdict: 'run', why: changes }) }
      : { forecast: told({ verdict: 'depends', why: waits }) };
  }
  const key = stepKey(components);
  const entry = await reuse.cache.peek(key);
  if (entry === undefined)
    return {
      forecast: told({
        verdict: 'run',
        why: changes.length > 0 ? changes : ['its last result is gone'],
      }),
    };
  if (!(await isWhole(entry, reuse.cache.blobs)))
    return { forecast: told({ verdict: 'run', why: ['bytes of its last result are gone'] }) };
  const { run, commit, at } = entry.executed;
  const forecast = {
    ...told({ verdict: 'cached', why: [] }),
    cached: { key, run, commit, since: at },
  };
  return { forecast, entry };
}

function factsOf(planned: PlannedStep, last: CachedStep | undefined) {
  const { name, step, after } = planned;
  const took =
    last === undefined
      ? undefined
      : Date.parse(last.record.endedAt) - Date.parse(last.record.startedAt);
  return {
    name,
    command: step.run,
    after,
    cores: coresOf(step),
    threads: threadsOf(step),
    network: step.network === true,
    ...(took === undefined ? {} : { tookMs: took }),
  };
}

function refusalOf(ground: ForecastGround, planned: PlannedStep): string | undefined {
  if (ground.reuse?.mode === 'refresh') return 'every step was asked for';
  return reuseRefusal(ground.document, planned) ?? ground.unknown;
}

/** The digest that an input would have, as far as it can be told. */
async function digestOf(
  { document, memory, reuse }: ForecastGround,
  input: PlannedInput,
  known: Known,
): Promise<string | undefined> {
  if (input.kind === 'file') return known.get(input.file);
  const { file } = document;
  const section = file.data?.[input.dataset];
  if (section === undefined) return undefined;
  const name = sourceFileOf(file, section);
  const source = known.get(name) ?? reuse?.files.find(({ path }) => path === name)?.digest;
  if (source === undefined) return undefined;
  const parts = await memory.recall(datasetQuestion(asJson(section), source));
  const isRecord = typeof parts === 'object' && parts !== null && !Array.isArray(parts);
  const digest = isRecord ? (parts as Readonly<Record<string, unknown>>)[input.split] : undefined;
  return typeof digest === 'string' ? digest : undefined;
}

function waitsFor({ document }: ForecastGround, input: PlannedInput): string {
  if (input.kind === 'file') return `the bytes that \`${input.step}\` makes of \`${input.file}\``;
  const { file } = document;
  const from = file.data?.[input.dataset]?.from ?? {};
  const maker = 'step' in from ? `, which \`${String(from.step)}\` makes,` : '';
  return `what the snapshot of \`${input.dataset}\`${maker} will hold`;
}

function changesSince(
  last: CachedStep | undefined,
  now: StepComponents,
  given: { readonly open: readonly string[]; readonly shown: readonly CheckoutFile[] },
): readonly string[] {
  if (last === undefined) return ['it has not been executed here before'];
  // What is not known yet is not said to have changed.
  const inputs = { ...now.inputs };
  for (const name of given.open) inputs[name] = last.components.inputs[name] ?? '';
  const changed = changedComponents(last.components, { ...now, inputs });
  return changed.map((name) => {
    const more = name === 'code' ? changedFiles(last.files, given.shown) : '';
    return `${name} changed${more}`;
  });
}

const NAMED_MAX = 5;

function changedFiles(
  before: readonly CheckoutFile[] | undefined,
  now: readonly CheckoutFile[],
): string {
  if (before === undefined) return '';
  const textOf = ({ path, digest, isExecutable }: CheckoutFile) =>
    `${path} ${digest} ${isExecutable}`;
  const both = new Set(before.map(textOf)).intersection(new Set(now.map(textOf)));
  const paths = [...before, ...now]
    .filter((file) => !both.has(textOf(file)))
    .map(({ path }) => path);
  const names = [...new Set(paths)].toSorted();
  const shown = names.slice(0, NAMED_MAX).map((path) => `\`${path}\``);
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
  return ` (${shown.join(', ')}${more})`;
}

/** Not read: a run reads them, and takes a damaged one for gone. */
async function isWhole(entry: CachedStep, blobs: BlobStore): Promise<boolean> {
  for (const { digest } of blobsOfEntry(entry)) if (!(await blobs.has(digest))) return false;
  return true;
}
