// SPDX-License-Identifier: Apache-2.0
import {
  addNumbers,
  type BenchmarkReport,
  benchmarkReport,
  challengersReport,
  joinTable,
} from '@countersign/analysis';
import type { ServerContext } from '../context.ts';
import { cutoffOfSpec, type DevelopmentTable, datasetOf } from './development-table.ts';
import type { TestGround } from './evaluate-development.ts';
import { type ReportPlace, reportContent } from './measurement-content.ts';
import type { TestDraft } from './record-tests.ts';
import type { VersionFacts } from './version-facts.ts';

interface Challenger {
  readonly name: string;
  readonly file: string;
  readonly digest: string;
}

/** Predictions beside the candidate's own: `oof-boosting.csv` beside `oof.csv` is challenger `boosting`. */
function challengersOf(facts: VersionFacts): readonly Challenger[] {
  const own = facts.file.testing?.predictions?.file ?? '';
  const [stem, extension] = splitName(own);
  return facts.result.steps.flatMap(({ outputs }) =>
    outputs.flatMap(({ file, digest }) => {
      const [name, other] = splitName(file);
      const isChallenger = other === extension && name.startsWith(`${stem}-`);
      return isChallenger ? [{ name: name.slice(stem.length + 1), file, digest }] : [];
    }),
  );
}

function splitName(file: string): readonly [string, string] {
  const dot = file.lastIndexOf('.');
  return dot < 0 ? [file, ''] : [file.slice(0, dot), file.slice(dot)];
}

/** The candidate beside every challenger that the run left predictions of; undefined when it left none. */
export async function benchmarkDraft(
  context: ServerContext,
  ground: TestGround,
  place: ReportPlace,
): Promise<TestDraft | undefined> {
  const challengers = challengersOf(ground.facts);
  if (challengers.length === 0) return undefined;
  const compared: { readonly name: string; readonly report: BenchmarkReport }[] = [];
  for (const challenger of challengers) {
    ground.work.report(`benchmark against ${challenger.name}`);
    const report = await benchmark(context, ground, challenger);
    compared.push({ name: challenger.name, report });
  }
  const report = challengersReport(compared, {
    confidence: compared[0]!.report.confidence,
    rows: compared[0]!.report.rows,
    caveats: [],
  });
  const named = {
    ...report,
    challengers: report.challengers.map((one, at) => ({ ...one, file: challengers[at]!.file })),
  };
  return {
    type: 'benchmark-test',
    content: reportContent(named, place),
    blobs: challengers.map(({ digest }) => digest),
  };
}

async function benchmark(
  context: ServerContext,
  { facts, development }: TestGround,
  challenger: Challenger,
): Promise<BenchmarkReport> {
  const { predictions } = facts.file.testing ?? {};
  const dataset = datasetOf(facts, development.name);
  const id = predictions !== undefined && 'id' in predictions ? predictions.id : dataset.roles?.id;
  const idType = id === undefined ? undefined : development.table.columns.get(id);
  const { table, roles } = development;
  // The challenger's column has the candidate's name, so that one is set aside and put back.
  const candidate = await scoresOf(development);
  const bytes = await context.blobs.get(challenger.digest);
  await joinTable(
    table,
    { format: challenger.file.endsWith('.parquet') ? 'parquet' : 'csv', bytes },
    {
      [roles.score]: 'number',
      ...(id === undefined || idType === undefined ? {} : { [id]: idType }),
    },
    id === undefined ? {} : { on: id },
  );
  const challengerScores = await scoresOf(development);
  await addNumbers(table, roles.score, candidate);
  await addNumbers(table, CHALLENGER_COLUMN, challengerScores);
  return benchmarkReport(table, {
    roles,
    challenger: CHALLENGER_COLUMN,
    limits: facts.file.testing?.benchmark?.limits,
    confidence: facts.file.testing?.confidence,
    cutoff: cutoffOfSpec(facts),
  });
}

const CHALLENGER_COLUMN = 'challenger_score';

async function scoresOf({ table, roles }: DevelopmentTable): Promise<Float64Array> {
  const [scores] = await table.select(
    `SELECT CAST(${table.column(roles.score)} AS DOUBLE) FROM ${table.relation} ORDER BY rowid`,
  );
  return Float64Array.from(scores ?? [], Number);
}
