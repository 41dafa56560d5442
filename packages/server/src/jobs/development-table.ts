// SPDX-License-Identifier: Apache-2.0
import { type Cutoff, cutoffOf, joinTable, type Roles, type Table } from '@countersign/analysis';
import type { Dataset, Grouping } from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { joinAlternativeScores } from './alternative-scores.ts';
import { loadSplit } from './split-table.ts';
import { outputOf, type VersionFacts } from './version-facts.ts';

/** Rows of the development split with the score that no row had a part in: out of fold, as a step left it behind. */
export interface DevelopmentTable {
  readonly table: Table;
  /** `dataset.split`. */
  readonly name: string;
  readonly description: string;
  /** Digest of the rows as they were kept. */
  readonly content: string;
  /** Digest of the predictions. */
  readonly predictions: string;
  readonly roles: Roles;
}

/**
 * Joins the development rows with the plan's out-of-fold predictions. The caller closes the table.
 * @throws ServerError `evidence_unavailable` where the pipeline file does not say what is needed
 */
export async function developmentTable(
  context: ServerContext,
  facts: VersionFacts,
): Promise<DevelopmentTable> {
  const predictions = facts.file.testing?.predictions;
  if (predictions === undefined) {
    throw unavailable('`testing.predictions` names no out-of-fold predictions to test on');
  }
  const output = outputOf(facts.result, predictions.file);
  if (output === undefined) throw unavailable(`the run left no \`${predictions.file}\` behind`);
  const name = developmentSplit(facts, predictions.file);
  const dataset = datasetOf(facts, name);
  const { table, snapshot, content } = await loadSplit(context, facts.result, name);
  try {
    const id = 'id' in predictions ? predictions.id : dataset.roles?.id;
    const idType = snapshot.columns.find((column) => column.name === id)?.type;
    const bytes = await context.blobs.get(output.digest);
    await joinTable(
      table,
      { format: predictions.file.endsWith('.parquet') ? 'parquet' : 'csv', bytes },
      {
        [predictions.score]: 'number',
        ...(id === undefined || idType === undefined ? {} : { [id]: idType }),
      },
      id === undefined ? {} : { on: id },
    );
    await joinAlternativeScores(context, facts, { table, score: predictions.score, id });
    return {
      table,
      name,
      description: `${name}, out-of-fold predictions of ${predictions.file}`,
      content,
      predictions: output.digest,
      roles: rolesOf(dataset, predictions.score),
    };
  } catch (error) {
    table.close();
    throw error;
  }
}

/** The split that the step which wrote the predictions had read. */
function developmentSplit(facts: VersionFacts, file: string): string {
  const step = facts.result.steps.find(({ outputs }) => outputs.some((one) => one.file === file));
  const from = step?.inputs.flatMap(({ from }) => ('dataset' in from ? [from] : []))[0];
  if (from === undefined) throw unavailable(`the step that wrote \`${file}\` read no dataset`);
  return `${from.dataset}.${from.split}`;
}

export function datasetOf(facts: Pick<VersionFacts, 'file'>, split: string): Dataset {
  const [name = ''] = split.split('.');
  const dataset = facts.file.data?.[name];
  if (dataset === undefined) throw unavailable(`the pipeline file has no dataset \`${name}\``);
  return dataset;
}

/** Which columns of a dataset mean what, for measuring the score in column `score`. */
export function rolesOf(dataset: Dataset, score: string): Roles {
  const { label, positive, unit } = dataset.roles ?? {};
  if (label === undefined) throw unavailable('the dataset declares no label to test against');
  const weights = dataset.sampling?.weights ?? dataset.roles?.weight;
  return {
    score,
    label,
    ...(positive === undefined ? {} : { positive }),
    ...(weights === undefined ? {} : { weights }),
    ...(unit === undefined ? {} : { unit }),
  };
}

export function protectedOf(dataset: Dataset): readonly Grouping[] {
  return dataset.roles?.protected ?? [];
}

/** The cutoff as the model-spec holds it: what is tested is what will decide. */
export function cutoffOfSpec(facts: Pick<VersionFacts, 'spec'>): Cutoff {
  const { cutoff, adverseWhen } = facts.spec.decision;
  return cutoffOf({ cutoff, adverse_when: adverseWhen });
}

export function unavailable(message: string): ServerError {
  return new ServerError('evidence_unavailable', message);
}
