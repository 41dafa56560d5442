// SPDX-License-Identifier: Apache-2.0
import { explainabilityReport, parseReasonTable } from '@countersign/analysis';
import type { ServerContext } from '../context.ts';
import { benchmarkDraft } from './benchmark-tests.ts';
import { comparisonDraft } from './compare-production.ts';
import { designDraft } from './design-tests.ts';
import { cutoffOfSpec, unavailable } from './development-table.ts';
import { evaluateDevelopment, type TestGround } from './evaluate-development.ts';
import { type ReportPlace, reportContent } from './measurement-content.ts';
import type { TestDraft } from './record-tests.ts';
import { testReports } from './test-reports.ts';
import { outputOf } from './version-facts.ts';

/**
 * Everything that developer tests measure of a version, in the order of its records. The validator's replication measures
 * the same again from the same stored inputs, so that no kind of report escapes it.
 */
export async function developerDrafts(
  context: ServerContext,
  ground: TestGround,
  place: ReportPlace,
  rest: Pick<TestDraft, 'source' | 'blobs'> = {},
): Promise<readonly TestDraft[]> {
  const { development, facts, work } = ground;
  work.report(`performance, fairness and sensitivity on ${development.description}`);
  const evaluation = await evaluateDevelopment(context, ground);
  const isBinary = (facts.file.testing?.task ?? 'binary') === 'binary';
  // Paired tests of AUC and Brier score: of probabilities alone.
  const benchmark = isBinary ? await benchmarkDraft(context, ground, place) : undefined;
  const explainability = await explainabilityDraft(context, ground, place);
  const comparison = await comparisonDraft(context, ground, place);
  work.report('design constraints against the artefact');
  const design = await designDraft(context, ground, place);
  const { source } = rest;
  return [
    ...testReports(evaluation, place, rest),
    ...[benchmark, explainability, comparison, design].flatMap((draft) =>
      draft === undefined ? [] : [{ ...draft, ...(source === undefined ? {} : { source }) }],
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
