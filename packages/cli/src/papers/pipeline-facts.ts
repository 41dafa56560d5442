// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { PIPELINE_FILE, parsePipelineFile } from '@countersign/pipeline';
import { CliError } from '../errors.ts';

/** What the pipeline file of a model's repository says of the model. */
export interface RepositoryFacts {
  readonly directory: string;
  readonly model: string;
  readonly use?: string;
  readonly datasets: readonly string[];
  /** How many steps it has. */
  readonly steps: number;
  /** Sections without which a run makes no version. */
  readonly lacking: readonly ('artifact' | 'decision')[];
  /** Papers by evidence id. */
  readonly papers: Readonly<Record<string, string>>;
}

const PARENTS_MAX = 64;

/** The repository that a file or directory lies in, found by its pipeline file; undefined outside of one. */
export function findRepository(from: string): RepositoryFacts | undefined {
  let directory = resolve(from);
  for (let depth = 0; depth < PARENTS_MAX; depth += 1) {
    const path = join(directory, PIPELINE_FILE);
    if (existsSync(path)) return readRepository(directory);
    const parent = dirname(directory);
    if (parent === directory) return undefined;
    directory = parent;
  }
  return undefined;
}

/** @throws PipelineError naming file and line; CliError `file_missing` */
export function readRepository(directory: string): RepositoryFacts {
  const path = join(directory, PIPELINE_FILE);
  const { file } = parsePipelineFile(readText(directory), path);
  return {
    directory,
    model: file.model,
    ...(file.use === undefined ? {} : { use: file.use }),
    datasets: Object.keys(file.data ?? {}),
    steps: Object.keys(file.steps).length,
    lacking: (['artifact', 'decision'] as const).filter((name) => file[name] === undefined),
    papers: file.papers ?? {},
  };
}

function readText(directory: string): string {
  try {
    return readFileSync(join(directory, PIPELINE_FILE), 'utf8');
  } catch (cause) {
    throw new CliError(
      'file_missing',
      `\`${directory}\` is no model’s repository: its \`${PIPELINE_FILE}\` cannot be read`,
      { cause, details: { next: 'name the repository, or begin one with `countersign init`' } },
    );
  }
}
