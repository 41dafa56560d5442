// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import {
  AnalysisError,
  addNumbers,
  addScores,
  type BenchmarkInput,
  type BenchmarkReport,
  benchmarkReport,
  challengersReport,
  joinTable,
  type Roles,
  readColumnNames,
  type Table,
} from '@countersign/analysis';
import type { ServerContext } from '../context.ts';
import type { ChallengerFile } from '../records/index.ts';
import { cutoffOfSpec } from './development-table.ts';
import type { JobWork } from './job.ts';
import { type ReportPlace, reportContent } from './measurement-content.ts';
import { openManifestScorer } from './open-manifest-scorer.ts';
import type { TestDraft } from './record-tests.ts';
import { refused } from './run-request.ts';
import type { VersionFacts } from './version-facts.ts';

export interface ChallengerGround {
  readonly facts: VersionFacts;
  readonly table: Table;
  readonly roles: Roles;
  /** Column that tells rows apart; scores in a file are joined by it. */
  readonly id: string | undefined;
  readonly challengers: readonly ChallengerFile[];
  readonly confidence: string | undefined;
  /** Of the plan's `benchmark`. */
  readonly limits: BenchmarkInput['limits'];
  readonly work: Pick<JobWork, 'scratch' | 'report'>;
}

const CHALLENGER_COLUMN = 'challenger_score';
/** Column of a challenger's scores, beside the id. */
const SCORE_COLUMN = 'score';

/**
 * The validator's own challengers beside the candidate on the same rows, each with paired tests: scores by id, or a model
 * that takes the same inputs. Undefined when the request brings none.
 * @throws ServerError `job_request_refused` for scores of other rows
 */
export async function challengerDraft(
  context: ServerContext,
  ground: ChallengerGround,
  place: ReportPlace,
): Promise<TestDraft | undefined> {
  const { challengers, roles, facts, confidence, limits, table, work } = ground;
  const compared: { readonly name: string; readonly report: BenchmarkReport }[] = [];
  for (const challenger of challengers) {
    work.report(`challenger ${challenger.as} on the same rows`);
    await addChallenger(context, ground, challenger);
    const report = await benchmarkReport(table, {
      roles,
      challenger: CHALLENGER_COLUMN,
      limits,
      confidence,
      cutoff: cutoffOfSpec(facts),
    });
    compared.push({ name: challenger.as, report });
  }
  const first = compared[0]?.report;
  if (first === undefined) return undefined;
  const about = { confidence: first.confidence, rows: first.rows, caveats: [] };
  const report = challengersReport(compared, about);
  const named = {
    ...report,
    challengers: report.challengers.map((one, at) => ({
      ...one,
      file: challengers[at]?.name,
      digest: challengers[at]?.digest,
      by: challengers[at]?.format === 'onnx' ? 'scored by the platform' : 'scores joined by id',
    })),
  };
  return { type: 'benchmark-test', kind: CHALLENGER_KIND, content: reportContent(named, place) };
}

/** Of a validator's challengers: the developer's own benchmark has none. */
export const CHALLENGER_KIND = 'challenger';

async function addChallenger(
  context: ServerContext,
  ground: ChallengerGround,
  challenger: ChallengerFile,
): Promise<void> {
  if (!(await context.blobs.has(challenger.digest))) {
    throw refused(`the bytes of challenger \`${challenger.name}\` have not been sent`);
  }
  return challenger.format === 'onnx'
    ? scoreChallenger(context, ground, challenger)
    : joinScores(context, ground, { ...challenger, format: challenger.format });
}

/** A model that takes the candidate's inputs and gives the same output. */
async function scoreChallenger(
  context: ServerContext,
  { facts, table }: ChallengerGround,
  { digest, size, name }: ChallengerFile,
): Promise<void> {
  const entry = 'challenger.onnx';
  const files = [{ path: entry, digest, size }];
  try {
    const scorer = await openManifestScorer(
      context,
      { ...facts.manifest, scorer: 'onnx', entry, files },
      facts.scorerSpec,
    );
    try {
      await addScores(table, scorer, CHALLENGER_COLUMN);
    } finally {
      await scorer.close();
    }
  } catch (cause) {
    if (!(cause instanceof AnalysisError)) throw cause;
    throw refused(
      `challenger \`${name}\` does not score these rows: ${cause.message}. A model that takes other inputs brings its scores as a file`,
    );
  }
}

async function joinScores(
  context: ServerContext,
  { table, id, work }: ChallengerGround,
  challenger: ChallengerFile & { readonly format: 'csv' | 'parquet' },
): Promise<void> {
  const { name, digest, format } = challenger;
  const idType = id === undefined ? undefined : table.columns.get(id);
  if (id === undefined || idType === undefined) {
    throw refused(
      `scores of challenger \`${name}\` are joined by the id, and the rows have none: give the data an \`id\` role`,
    );
  }
  const path = join(work.scratch, `challenger-${challenger.as}.${format}`);
  await context.blobs.copyTo(digest, path);
  const names = await readColumnNames(path, format);
  const missing = [id, SCORE_COLUMN].filter((one) => !names.includes(one));
  if (missing.length > 0) {
    throw refused(
      `challenger \`${name}\` has no column \`${missing.join('`, `')}\`; it has ${names.join(', ')}`,
    );
  }
  const columns = { [id]: idType, [SCORE_COLUMN]: 'number' } as const;
  try {
    await joinAs(table, { format, path }, { id, columns });
  } catch (cause) {
    if (!(cause instanceof AnalysisError)) throw cause;
    throw refused(`challenger \`${name}\`: ${cause.message}`);
  }
}

/** The file's column is called as it is; where the rows have one of that name, it is put back. */
async function joinAs(
  table: Table,
  source: { readonly format: 'csv' | 'parquet'; readonly path: string },
  { id, columns }: { readonly id: string; readonly columns: Parameters<typeof joinTable>[2] },
): Promise<void> {
  const kept = table.columns.get(SCORE_COLUMN);
  if (kept !== undefined) {
    throw refused(`the rows have a column \`${SCORE_COLUMN}\` of their own; rename it in the file`);
  }
  await joinTable(table, source, columns, { on: id });
  const [values] = await table.select(
    `SELECT CAST(${table.column(SCORE_COLUMN)} AS DOUBLE) FROM ${table.relation} ORDER BY rowid`,
  );
  await addNumbers(table, CHALLENGER_COLUMN, Float64Array.from(values ?? [], Number));
  const rest = [...table.columns].filter(([name]) => name !== SCORE_COLUMN);
  await table.fill({
    select: `SELECT ${rest.map(([name]) => table.column(name)).join(', ')} FROM ${table.relation} ORDER BY rowid`,
    columns: new Map(rest),
  });
}
