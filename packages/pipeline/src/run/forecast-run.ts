// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '@countersign/kernel';
import { z } from 'zod';
import { type BlobStore, openFileBlobStore } from '../blobs/blob-store.ts';
import { type DeterminismProfile, determinismProfile } from '../environment/determinism-profile.ts';
import { networkStepEnvironment } from '../environment/host-environment.ts';
import { PipelineError } from '../errors.ts';
import { isExternal } from '../file/origin-section.ts';
import { type PipelineDocument, parsePipelineFile } from '../file/parse-pipeline-file.ts';
import type { PipelineFile } from '../file/schema.ts';
import { type PlannedStep, planSteps } from '../file/step-plan.ts';
import { checkoutBundle } from '../source/checkout-bundle.ts';
import { archiveSource, type SourceRevision } from '../source/source-revision.ts';
import { readCheckoutFiles } from './checkout-files.ts';
import { PIPELINE_FILE } from './execute-run.ts';
import type { DatasetForecast, RunForecast } from './forecast.ts';
import {
  asJson,
  environmentQuestion,
  type ForecastMemory,
  forecastMemoryIn,
  sourceFileOf,
} from './forecast-memory.ts';
import { type ForecastGround, forecastSteps } from './forecast-steps.ts';
import { machineDigest } from './machine-digest.ts';
import { environmentDigest, stepCacheIn } from './open-reuse.ts';
import { hiddenFiles } from './run-graph.ts';
import { refuseMissingCode, refuseTakenNames } from './step-ground.ts';

export interface ForecastOptions {
  readonly checkout: string;
  readonly workDir: string;
  readonly cacheDir: string;
  /** Where results of earlier runs lie, as for the run. */
  readonly blobs?: BlobStore;
  readonly mode: 'use' | 'refresh';
  readonly draft: boolean;
  readonly python?: string;
  readonly callerEnvironment: Readonly<Record<string, string | undefined>>;
}

/**
 * What a run of HEAD would do: which steps run and why, which are taken from earlier runs and since when, in which order
 * and side by side, and what it would fetch. Runs no step, reaches no network and prepares no environment. A commit
 * that cannot be run is described from the working tree, with the refusal among the problems. Throws PipelineError for a
 * pipeline file that is not valid.
 */
export async function forecastRun(options: ForecastOptions): Promise<RunForecast> {
  const scratch = join(options.workDir, `forecast-${randomUUID()}`);
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  try {
    const problems: string[] = [];
    const source = await checkOut(options, scratch).catch((error: unknown) => {
      if (!(error instanceof PipelineError)) throw error;
      problems.push(error.message);
      return undefined;
    });
    const checkout = source === undefined ? options.checkout : join(scratch, 'checkout');
    const document = await readDocument(checkout);
    const plan = planSteps(document);
    const ground = await groundOf(options, { document, checkout, source });
    if (source !== undefined) problems.push(...(await missingParts(ground, plan)));
    const steps = await forecastSteps(ground, plan);
    const datasets = datasetsOf(document);
    const network = [...steps, ...datasets].filter((one) => one.network).map(({ name }) => name);
    return {
      model: document.file.model,
      use: document.file.use ?? null,
      commit: source?.commit ?? null,
      draft: options.draft,
      ...{ steps, datasets, network, problems },
      arrows: arrowsOf(document, plan),
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** As a run does, so that the forecast is of the bytes that a run would see. */
async function checkOut(
  options: ForecastOptions,
  scratch: string,
): Promise<Omit<SourceRevision, 'bundle'>> {
  const blobs = openFileBlobStore(join(scratch, 'blobs'));
  const { bundle, commit } = await archiveSource(options.checkout, blobs, scratch);
  const path = join(scratch, 'source.bundle');
  await blobs.copyTo(bundle.digest, path);
  return checkoutBundle(path, join(scratch, 'checkout'), { commit, blobs });
}

async function readDocument(checkout: string): Promise<PipelineDocument> {
  const text = await readFile(join(checkout, PIPELINE_FILE), 'utf8').catch((cause: unknown) => {
    const message = `there is no \`${PIPELINE_FILE}\` at the top of the repository; write one with \`countersign init\``;
    throw new PipelineError('file_missing', message, { cause });
  });
  return parsePipelineFile(text, PIPELINE_FILE);
}

async function groundOf(
  options: ForecastOptions,
  given: {
    readonly document: PipelineDocument;
    readonly checkout: string;
    readonly source: Omit<SourceRevision, 'bundle'> | undefined;
  },
): Promise<ForecastGround> {
  const { document, checkout, source } = given;
  const { file } = document;
  const memory = forecastMemoryIn(options.cacheDir);
  const files = source === undefined ? [] : await readCheckoutFiles(checkout);
  const question = environmentQuestion(
    asJson(file.environment),
    files,
    options.python ?? 'python3',
  );
  const { environment, profile = {} } = await recallEnvironment(memory, question, file.environment);
  const machine = source === undefined ? undefined : await machineDigest();
  const unknown =
    source === undefined
      ? 'what changed cannot be told: the commit cannot be run'
      : environment === undefined
        ? 'what changed cannot be told: the environment has not been prepared here before'
        : machine === undefined
          ? 'what changed cannot be told: the machine has too many programs of its own'
          : undefined;
  return {
    document,
    checkout,
    memory,
    unknown,
    profile: profileAt(profile, { committedAt: source?.committedAt, seed: file.seed }),
    networkVariables: networkStepEnvironment(options.callerEnvironment),
    reuse: {
      cache: stepCacheIn(options.cacheDir, options.blobs),
      mode: options.mode,
      maker: options.draft ? 'draft' : 'platform',
      environment: environment ?? '',
      machine: machine ?? '',
      files,
      model: file.model,
      run: 'forecast',
      commit: source?.commit ?? '',
    },
  };
}

interface Recalled {
  readonly environment?: string;
  readonly profile?: DeterminismProfile;
}

async function recallEnvironment(
  memory: ForecastMemory,
  question: Json,
  section: PipelineFile['environment'],
): Promise<Recalled> {
  const found = recalledSchema.safeParse(await memory.recall(question));
  if (found.success) return found.data;
  return section === undefined ? { environment: environmentDigest(null) } : {};
}

const recalledSchema = z.strictObject({
  environment: z.string(),
  profile: z.record(z.string(), z.string()),
});

/** The variables of an environment's last run, with what depends on commit and seed as it is now. */
function profileAt(
  last: DeterminismProfile,
  now: { readonly committedAt: string | undefined; readonly seed: number | undefined },
): DeterminismProfile {
  const { COUNTERSIGN_SEED: _seed, SOURCE_DATE_EPOCH: _time, ...rest } = last;
  const { SOURCE_DATE_EPOCH = '', COUNTERSIGN_SEED } = determinismProfile({
    committedAt: now.committedAt ?? new Date(0).toISOString(),
    seed: now.seed,
    dispatchedLevels: [],
  });
  const seed = COUNTERSIGN_SEED === undefined ? {} : { COUNTERSIGN_SEED };
  return { ...rest, SOURCE_DATE_EPOCH, ...seed };
}

/** Files that the pipeline names and the commit does not have. */
async function missingParts(
  { document, checkout, reuse }: ForecastGround,
  plan: readonly PlannedStep[],
): Promise<readonly string[]> {
  const { file, name } = document;
  const has = (path: string) =>
    (reuse?.files ?? []).some((one) => one.path === path || one.path.startsWith(`${path}/`));
  const named: readonly (readonly [readonly PropertyKey[], string])[] = [
    ...Object.entries(file.papers ?? {}).map(([id, path]) => [['papers', id], path] as const),
    ...Object.entries(file.data ?? {}).flatMap(([id, { from }]) =>
      'path' in from ? [[['data', id, 'from', 'path'], from.path] as const] : [],
    ),
    ...(file.environment !== undefined && 'python' in file.environment
      ? [[['environment', 'python'], file.environment.python] as const]
      : []),
  ];
  const missing = named.flatMap(([path, wanted]) =>
    has(wanted) ? [] : [`${name}:${document.lineOf(path)}: the commit has no \`${wanted}\``],
  );
  const refusals = await Promise.allSettled([
    refuseMissingCode({ document, checkout }, plan),
    refuseTakenNames({ document, checkout }, plan, hiddenFiles({ document })),
  ]);
  const refused = refusals.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  return [
    ...missing,
    ...refused.map((error) => (error instanceof Error ? error.message : String(error))),
  ];
}

function datasetsOf(document: PipelineDocument): readonly DatasetForecast[] {
  return Object.entries(document.file.data ?? {}).map(([name, dataset]) => {
    const file = sourceFileOf(document.file, dataset);
    return {
      name,
      source: Object.keys(dataset.from)[0] ?? '',
      ...(file === '' ? {} : { file }),
      network: isExternal(dataset.from),
    };
  });
}

function arrowsOf(document: PipelineDocument, plan: readonly PlannedStep[]): RunForecast['arrows'] {
  const made = Object.entries(document.file.data ?? {}).flatMap(([name, { from }]) =>
    'step' in from ? [{ from: `step:${from.step}`, to: `data:${name}` }] : [],
  );
  const read = plan.flatMap(({ name, inputs }) =>
    inputs.map((input) => ({
      from: input.kind === 'file' ? `step:${input.step}` : `data:${input.dataset}`,
      to: `step:${name}`,
    })),
  );
  return [...new Map([...made, ...read].map((one) => [`${one.from} ${one.to}`, one])).values()];
}
