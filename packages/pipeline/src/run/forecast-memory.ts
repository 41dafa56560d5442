// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalBytes, type Json, parseStrictJson } from '@countersign/kernel';
import type { DeterminismProfile } from '../environment/determinism-profile.ts';
import type { Dataset } from '../file/data-section.ts';
import type { PipelineFile } from '../file/schema.ts';
import { datasetFile } from '../file/step-plan.ts';
import { writeWhole } from './cache-steps.ts';
import type { CheckoutFile } from './checkout-files.ts';
import type { GraphOutcome } from './run-graph.ts';

/**
 * What runs found out and a forecast cannot without doing it: the digests of an environment and of the parts of a dataset,
 * by what they were made from. Only forecasts read it; a wrong memory makes a wrong forecast and no wrong run.
 */
export interface ForecastMemory {
  keep(question: Json, answer: Json): Promise<void>;
  recall(question: Json): Promise<Json | undefined>;
}

export function forecastMemoryIn(cacheDir: string): ForecastMemory {
  const placeOf = (question: Json) => {
    const name = createHash('sha256').update(canonicalBytes(question)).digest('hex');
    return join(cacheDir, 'steps', 'memory', name.slice(0, 2), `${name}.json`);
  };
  return {
    keep: (question, answer) => writeWhole(placeOf(question), JSON.stringify(answer)),
    async recall(question) {
      try {
        return parseStrictJson(await readFile(placeOf(question)));
      } catch {
        return undefined; // never asked, or damaged: both are answered by the next run
      }
    },
  };
}

/** What an environment is made from, as far as the commit and the caller say it. */
export function environmentQuestion(
  section: Json,
  files: readonly CheckoutFile[],
  python: string,
): Json {
  const texts = Object.values(section ?? {}).filter((value) => typeof value === 'string');
  const named = files.filter(({ path }) => texts.includes(path));
  return {
    what: 'environment',
    section,
    files: named.map(({ path, digest }) => [path, digest]),
    python,
  };
}

/** What the parts of a dataset are made from, once its file is known. */
export function datasetQuestion(section: Json, source: string): Json {
  return { what: 'dataset', section, source };
}

/** Keeps what a run found out about its environment and datasets. */
export async function rememberRun(
  memory: ForecastMemory,
  run: {
    readonly file: PipelineFile;
    readonly files: readonly CheckoutFile[];
    readonly python: string;
    readonly environment: string;
    readonly profile: DeterminismProfile;
    readonly outcome: GraphOutcome;
  },
): Promise<void> {
  const { file, files, outcome } = run;
  await memory.keep(environmentQuestion(asJson(file.environment), files, run.python), {
    environment: run.environment,
    profile: { ...run.profile },
  });
  const made = new Map(
    outcome.steps.flatMap(({ outputs }) => outputs.map((one) => [one.file, one.digest] as const)),
  );
  for (const { dataset, splits } of outcome.snapshots) {
    const section = file.data?.[dataset];
    if (section === undefined) continue;
    const name = sourceFileOf(file, section);
    const source = made.get(name) ?? files.find(({ path }) => path === name)?.digest;
    if (source === undefined) continue;
    const mounted = splits.map(({ split, mounted: blob }) => [split, blob?.digest ?? null]);
    await memory.keep(datasetQuestion(asJson(section), source), Object.fromEntries(mounted));
  }
}

/** The file of the commit or of a step that a dataset is read from; empty for one that lies elsewhere. */
export function sourceFileOf({ steps }: PipelineFile, dataset: Dataset): string {
  return 'path' in dataset.from ? dataset.from.path : (datasetFile(steps, dataset) ?? '');
}

/** Parsed YAML, without the members that are not there. */
export function asJson(section: unknown): Json {
  return JSON.parse(JSON.stringify(section ?? null)) as Json; // JSON.parse gives nothing else
}
