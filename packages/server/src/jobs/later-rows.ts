// SPDX-License-Identifier: Apache-2.0
import { addScores, joinTable, type LaterRows, type Scorer } from '@countersign/analysis';
import type { ServerContext } from '../context.ts';
import { datasetOf, rolesOf, unavailable } from './development-table.ts';
import { loadSplit } from './split-table.ts';
import { outputOf, type VersionFacts } from './version-facts.ts';

/** Column of the artefact's score, beside the dataset's own. */
const SCORE = 'served_score';

/**
 * The rows that the plan's `later` names, scored by the artefact, and with the scores of a rolling origin where a step left
 * them. The caller closes the table. Undefined where the plan names none.
 * @throws ServerError `evidence_unavailable` for a split that is sealed or served later, or a file that no step left
 */
export async function laterRows(
  context: ServerContext,
  facts: VersionFacts,
  scorer: Scorer,
): Promise<LaterRows | undefined> {
  const name = facts.file.testing?.later;
  if (name === undefined) return undefined;
  const { table, split, snapshot, content } = await loadSplit(context, facts.result, name);
  try {
    if (split.access !== 'steps') {
      const why = split.access === 'sealed' ? 'is sealed for the validator' : 'is served later';
      throw unavailable(`\`testing.later\`: \`${name}\` ${why}; name a split that steps may read`);
    }
    const dataset = datasetOf(facts, name);
    await addScores(table, scorer, SCORE);
    const rolling = await joinRolling(context, facts, {
      table,
      id: dataset.roles?.id,
      types: new Map(snapshot.columns.map((column) => [column.name, column.type])),
    });
    const scored = rolling === undefined ? '' : ` and by rolling fits in ${rolling.file}`;
    return {
      table,
      roles: rolesOf(dataset, SCORE),
      data: {
        description: `${name}, scored by the artefact${scored}`,
        digest: content,
        rows: table.rowCount,
      },
      ...(rolling === undefined ? {} : { rolling: rolling.columns }),
    };
  } catch (error) {
    table.close();
    throw error;
  }
}

interface Joined {
  readonly table: LaterRows['table'];
  readonly id: string | undefined;
  readonly types: ReadonlyMap<
    string,
    'integer' | 'number' | 'text' | 'boolean' | 'date' | 'timestamp'
  >;
}

async function joinRolling(context: ServerContext, facts: VersionFacts, at: Joined) {
  const { backtest } = facts.file.testing ?? {};
  if (backtest === undefined || 'gap' in backtest || backtest.predictions === undefined) {
    return undefined;
  }
  const { file, score, trained_until: until, id = at.id } = backtest.predictions;
  const output = outputOf(facts.result, file);
  if (output === undefined) throw unavailable(`the run left no \`${file}\` behind`);
  const idType = id === undefined ? undefined : at.types.get(id);
  await joinTable(
    at.table,
    {
      format: file.endsWith('.parquet') ? 'parquet' : 'csv',
      bytes: await context.blobs.get(output.digest),
    },
    {
      [score]: 'number',
      // Told as the rows tell their own time: a year beside a year, a date beside a date.
      [until]: at.types.get(backtest.time) ?? 'date',
      ...(id === undefined || idType === undefined ? {} : { [id]: idType }),
    },
    id === undefined ? {} : { on: id },
  );
  return { file, columns: { score, trainedUntil: until } };
}
