// SPDX-License-Identifier: Apache-2.0
import {
  addNumbers,
  alternativeColumn,
  type ColumnType,
  joinTable,
  type ProxySources,
  type Table,
} from '@countersign/analysis';
import type { TestingPlan } from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { outputOf, type VersionFacts } from './version-facts.ts';

interface ScoredTable {
  readonly table: Table;
  /** Column of the model's own score. */
  readonly score: string;
  /** Column that identifies a row here and in the files; by position without it. */
  readonly id?: string | undefined;
}

/**
 * Joins the scores that `testing.fairness.alternatives` names, from files that the run left behind, each in a column of its
 * own beside the model's.
 * @throws ServerError `evidence_unavailable` for a file that the run did not leave; AnalysisError for rows that do not match
 */
export async function joinAlternativeScores(
  context: ServerContext,
  facts: VersionFacts,
  to: ScoredTable,
): Promise<void> {
  const { predictions, fairness } = facts.file.testing ?? {};
  for (const { name, file = predictions?.file ?? '', column } of fairness?.alternatives?.scores ??
    []) {
    const output = outputOf(facts.result, file);
    if (output === undefined) {
      throw unavailable(`the run left no \`${file}\` behind, where alternative \`${name}\` stands`);
    }
    const bytes = await context.blobs.get(output.digest);
    await joinScore(to, { name, file, column: column ?? predictions?.score ?? to.score, bytes });
  }
}

async function joinScore(
  { table, score, id }: ScoredTable,
  from: {
    readonly name: string;
    readonly file: string;
    readonly column: string;
    readonly bytes: Uint8Array;
  },
): Promise<void> {
  const { column } = from;
  if (column !== score && table.columns.has(column)) {
    throw unavailable(
      `column \`${column}\` of \`${from.file}\` has the name of one of the data; rename it`,
    );
  }
  // A file laid out like the predictions has the model's own column, which is set aside and put back.
  const own = await numbersOf(table, score);
  const idType: ColumnType | undefined = id === undefined ? undefined : table.columns.get(id);
  await joinTable(
    table,
    { format: from.file.endsWith('.parquet') ? 'parquet' : 'csv', bytes: from.bytes },
    {
      [column]: 'number',
      ...(id === undefined || idType === undefined ? {} : { [id]: idType }),
    },
    id === undefined ? {} : { on: id },
  );
  await addNumbers(table, alternativeColumn(from.name), await numbersOf(table, column));
  await addNumbers(table, score, own);
}

async function numbersOf(table: Table, column: string): Promise<Float64Array> {
  const [values] = await table.select(
    `SELECT CAST(${table.column(column)} AS DOUBLE) FROM ${table.relation} ORDER BY rowid`,
  );
  return Float64Array.from(values ?? [], Number);
}

/** The surname and area tables of `testing.fairness.proxy`, as the run left them; one that it did not is left out. */
export async function proxyTables(
  context: ServerContext,
  facts: Pick<VersionFacts, 'result'>,
  testing: TestingPlan,
): Promise<ProxySources> {
  const { surname, geography } = testing.fairness?.proxy ?? {};
  const tableOf = async (file: string | undefined) => {
    const output = file === undefined ? undefined : outputOf(facts.result, file);
    if (output === undefined) return undefined;
    return { format: 'csv' as const, bytes: await context.blobs.get(output.digest) };
  };
  return { surname: await tableOf(surname?.table), geography: await tableOf(geography?.table) };
}

function unavailable(message: string): ServerError {
  return new ServerError('evidence_unavailable', message);
}
