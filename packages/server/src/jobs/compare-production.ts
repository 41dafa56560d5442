// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import {
  AnalysisError,
  addNumbers,
  attemptRows,
  benchmarkReport,
  challengersReport,
  isAdverse,
  readInputs,
} from '@countersign/analysis';
import {
  COMPARISON_KIND,
  type Json,
  latestItem,
  type MeasurementContent,
  productionBaseline,
} from '@countersign/kernel';
import {
  type BundledCommit,
  type CommitComparison,
  compareCommits,
  type Grouping,
  groupingSql,
} from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { cutoffOfSpec, datasetOf, protectedOf } from './development-table.ts';
import type { TestGround } from './evaluate-development.ts';
import { detailJson, measurementContent, type ReportPlace } from './measurement-content.ts';
import type { TestDraft } from './record-tests.ts';
import { type ComparedRow, type RowGroups, shiftMeasurements, swapCounts } from './score-shift.ts';
import { openVersionScorer, type VersionFacts, versionFacts } from './version-facts.ts';

/**
 * The candidate beside the version in production of its use: both served artefacts score the candidate's development rows,
 * each decides by its own cutoff. The sealed rows stay sealed. Undefined where no other version is in production, or where
 * the two cannot score the same rows: what was not measured, the kernel takes for material.
 */
export async function comparisonDraft(
  context: ServerContext,
  ground: TestGround,
  place: ReportPlace,
): Promise<TestDraft | undefined> {
  const { facts, work } = ground;
  const baseline = productionBaseline(facts.set, facts.version);
  if (baseline === undefined || baseline.context.version === facts.version.version) {
    return undefined;
  }
  const { model, use, version } = baseline.context;
  work.report(`scores and decisions beside ${model}@${version}, which is in production`);
  try {
    const before = await versionFacts(context, facts.set, { model, version, use });
    return await draftOf(context, { ground, before, warrant: baseline.warrant.digest }, place);
  } catch (error) {
    const cannot = error instanceof AnalysisError || error instanceof ServerError;
    if (!cannot) throw error;
    work.report(`not comparable with ${model}@${version}: ${error.message}`);
    return undefined;
  }
}

interface Comparison {
  readonly ground: TestGround;
  readonly before: VersionFacts;
  readonly warrant: string;
}

async function draftOf(
  context: ServerContext,
  { ground, before, warrant }: Comparison,
  place: ReportPlace,
): Promise<TestDraft> {
  const { facts, development } = ground;
  const rows = await comparedRows(context, ground, before);
  const dataset = datasetOf(facts, development.name);
  const groupings = [...protectedOf(dataset), ...(facts.file.testing?.segments ?? [])];
  const groups = await Promise.all(
    distinct(groupings).map((one) => readGroups(development.table, one)),
  );
  const comparedBy = protectedOf(dataset).map(({ name }) => name);
  const dropped = declaredProtected(before).filter((name) => !comparedBy.includes(name));
  const { version, artifactDigest } = before.version;
  const code = await codeChanges(context, ground, before);
  const tests = await pairedTests(ground, { before, rows });
  return {
    type: 'benchmark-test',
    kind: COMPARISON_KIND,
    source: [warrant, before.artifact.digest, before.specRecord.digest],
    content: {
      ...place,
      data: { ...place.data, description: `${development.name}, scored by both versions` },
      measurements: [
        ...shiftMeasurements(rows, groups, { comparedBy, dropped }),
        ...tests.measurements,
      ],
      detail: detailJson({
        production: { version, artifactDigest, warrant },
        swapSet: swapCounts(rows),
        pairedTests: tests.detail,
        ...(code === undefined ? {} : { code }),
        cutoffs: { before: before.spec.decision.cutoff, after: facts.spec.decision.cutoff },
      }),
      conclusion: 'informational',
    },
  };
}

const PAIRED_CAVEAT =
  'Both artefacts score the development rows of the candidate; a version looks better on rows that it was fitted on.';

/** Where every row is answered by both and has its outcome: which one tells the outcomes apart better, with paired tests. */
async function pairedTests(
  { facts, development }: TestGround,
  { before, rows }: { readonly before: VersionFacts; readonly rows: readonly ComparedRow[] },
): Promise<{ readonly measurements: readonly MeasurementContent[]; readonly detail: Json }> {
  const missing = rows.filter((row) => row.before === undefined || row.after === undefined).length;
  if (missing > 0) {
    const why = `${missing} rows are refused by a version; paired tests need both answers`;
    return { measurements: [], detail: { notMeasured: why } };
  }
  const { table, roles } = development;
  const column = (side: 'before' | 'after') =>
    Float64Array.from(rows, (row) => row[side]?.score ?? Number.NaN);
  try {
    await addNumbers(table, SERVED.candidate, column('after'));
    await addNumbers(table, SERVED.production, column('before'));
    const report = await benchmarkReport(table, {
      roles: { ...roles, score: SERVED.candidate },
      challenger: SERVED.production,
      confidence: facts.file.testing?.confidence,
      cutoff: cutoffOfSpec(facts),
      challengerCutoff: cutoffOfSpec(before),
    });
    const { p_values, swap_set } = report;
    const name = `version ${before.version.version}`;
    const { measurements } = challengersReport([{ name, report }], report);
    return {
      measurements: measurements.map((one) => measurementContent(one)),
      detail: detailJson({ p_values, swap_set, caveat: PAIRED_CAVEAT }),
    };
  } catch (error) {
    // Outcomes that no paired test can be taken of leave the shift as it is.
    if (!(error instanceof AnalysisError)) throw error;
    return { measurements: [], detail: { notMeasured: error.message } };
  }
}

/** Columns beside the rows' own, which the paired tests read. */
const SERVED = { candidate: 'served_by_candidate', production: 'served_by_production' } as const;

/** Every development row as either version answers it; a row that one of them refuses has no score there. */
async function comparedRows(
  context: ServerContext,
  { facts, development, scorer }: TestGround,
  before: VersionFacts,
): Promise<readonly ComparedRow[]> {
  const inProduction = await openVersionScorer(context, before);
  try {
    const { table } = development;
    const was = await attemptRows(inProduction, await readInputs(table, inProduction.spec));
    const is = await attemptRows(scorer, await readInputs(table, scorer.spec));
    const [cutoffBefore, cutoffAfter] = [cutoffOfSpec(before), cutoffOfSpec(facts)];
    return is.map((score, row) => {
      const earlier = was[row];
      return {
        ...(earlier === undefined || earlier instanceof AnalysisError
          ? {}
          : {
              before: { score: earlier.score, isAdverse: isAdverse(earlier.score, cutoffBefore) },
            }),
        ...(score instanceof AnalysisError
          ? {}
          : { after: { score: score.score, isAdverse: isAdverse(score.score, cutoffAfter) } }),
      };
    });
  } finally {
    await inProduction.close();
  }
}

/** Undefined for a version without archived source. */
async function codeChanges(
  context: ServerContext,
  { facts, work }: TestGround,
  before: VersionFacts,
): Promise<CommitComparison | undefined> {
  const directory = join(work.scratch, 'compared');
  const was = await bundled(context, before, join(work.scratch, 'before.bundle'));
  const is = await bundled(context, facts, join(work.scratch, 'after.bundle'));
  return was === undefined || is === undefined ? undefined : compareCommits(directory, was, is);
}

async function bundled(
  context: ServerContext,
  { set, version }: VersionFacts,
  bundlePath: string,
): Promise<BundledCommit | undefined> {
  const source = latestItem(set, version, { id: 'source-revision' })?.statement.predicate.content;
  if (typeof source?.bundle !== 'string' || typeof source.commit !== 'string') return undefined;
  await context.blobs.copyTo(source.bundle, bundlePath);
  return { bundlePath, commit: source.commit };
}

async function readGroups(
  table: TestGround['development']['table'],
  grouping: Grouping,
): Promise<RowGroups> {
  table.column(grouping.column); // refuses a column that is not there
  const [values] = await table.select(
    `SELECT ${groupingSql(grouping)} FROM ${table.relation} ORDER BY rowid`,
  );
  const { name, reference } = grouping;
  return {
    name,
    groups: (values ?? []).map(String),
    ...(reference === undefined ? {} : { reference }),
  };
}

function distinct(groupings: readonly Grouping[]): readonly Grouping[] {
  return [...new Map(groupings.toReversed().map((one) => [one.name, one])).values()].reverse();
}

/** A version that declares fewer protected attributes than the one before has not made the difference go away. */
function declaredProtected({ file }: VersionFacts): readonly string[] {
  return Object.values(file.data ?? {}).flatMap((dataset) =>
    protectedOf(dataset).map(({ name }) => name),
  );
}
