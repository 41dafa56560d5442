// SPDX-License-Identifier: Apache-2.0
import { explainabilityReport, parseReasonTable } from '@countersign/analysis';
import { latestItem } from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { benchmarkDraft } from './benchmark-tests.ts';
import { comparisonDraft } from './compare-production.ts';
import { designDraft } from './design-tests.ts';
import { cutoffOfSpec, developmentTable, unavailable } from './development-table.ts';
import { evaluateDevelopment, type TestGround } from './evaluate-development.ts';
import type { JobRunner, JobWork } from './job.ts';
import { readParams, versionParams } from './job-params.ts';
import { type ReportPlace, reportContent } from './measurement-content.ts';
import { recordTests, type TestDraft } from './record-tests.ts';
import { testReports } from './test-reports.ts';
import { openVersionScorer, outputOf, type VersionFacts, versionFacts } from './version-facts.ts';

/**
 * Developer tests: measures a version against the plan of its pipeline file, as it stood at the commit that was run.
 * @throws ServerError `version_unknown`, `evidence_unavailable`; AnalysisError for a broken plan or table
 */
export const testJob: JobRunner = async (context, work) => {
  const params = readParams(versionParams, work.params);
  const facts = await versionFacts(context, await context.records.current(), params);
  const drafts = await developerTests(context, facts, work);
  return async (tx) => {
    const records = await recordTests(context, tx, { facts, producer: 'validation', drafts });
    const conclusions = Object.fromEntries(
      drafts.map(({ type, kind, content }) => [
        kind === undefined ? type : `${type}/${kind}`,
        content.conclusion,
      ]),
    );
    const { model, version } = params;
    return { records, model, version, conclusions };
  };
};

async function developerTests(
  context: ServerContext,
  facts: VersionFacts,
  work: Pick<JobWork, 'report' | 'scratch'>,
): Promise<readonly TestDraft[]> {
  const development = await developmentTable(context, facts);
  const scorer = await openVersionScorer(context, facts);
  try {
    return await measure(context, { facts, development, scorer, work });
  } finally {
    await scorer.close();
    development.table.close();
  }
}

async function measure(context: ServerContext, ground: TestGround): Promise<readonly TestDraft[]> {
  const { facts, development, work } = ground;
  const plan = latestItem(facts.set, facts.version, { id: 'test-plan', kind: 'development' });
  const place: ReportPlace = {
    phase: 'development',
    data: {
      description: development.description,
      digest: development.content,
      rows: development.table.rowCount,
    },
    ...(plan === undefined ? {} : { plan: plan.digest }),
  };
  const rest = {
    source: plan === undefined ? [] : [plan.digest],
    blobs: [development.predictions],
  };
  work.report(`performance, fairness and sensitivity on ${development.description}`);
  const evaluation = await evaluateDevelopment(ground);
  const benchmark = await benchmarkDraft(context, ground, place);
  const explainability = await explainabilityDraft(context, ground, place);
  const comparison = await comparisonDraft(context, ground, place);
  work.report('design constraints against the artefact');
  const design = await designDraft(context, ground, place);
  return [
    ...testReports(evaluation, place, rest),
    ...[benchmark, explainability, comparison, design].flatMap((draft) =>
      draft === undefined ? [] : [{ ...draft, source: rest.source }],
    ),
  ];
}

async function explainabilityDraft(
  context: ServerContext,
  { facts, development, scorer, work }: TestGround,
  place: ReportPlace,
): Promise<TestDraft | undefined> {
  const { reasons } = facts.spec;
  if (reasons === undefined) return undefined;
  work.report(`exact contributions of ${reasons.file} against the model`);
  const output = outputOf(facts.result, reasons.file);
  if (output === undefined) throw unavailable(`the run left no \`${reasons.file}\` behind`);
  const bytes = await context.blobs.get(output.digest);
  const report = await explainabilityReport(development.table, scorer, {
    reasons: parseReasonTable(JSON.parse(new TextDecoder().decode(bytes))),
    cutoff: cutoffOfSpec(facts),
  });
  return {
    type: 'explainability-test',
    content: reportContent(report, place),
    blobs: [output.digest],
  };
}
