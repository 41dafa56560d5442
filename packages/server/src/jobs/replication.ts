// SPDX-License-Identifier: Apache-2.0
import { type ParityReport, parityReport, type Scorer } from '@countersign/analysis';
import {
  type CountedRecord,
  evidenceItems,
  type MeasurementContent,
  type MeasurementReportContent,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { designDraft } from './design-tests.ts';
import { cutoffOfSpec, developmentTable, unavailable } from './development-table.ts';
import { evaluateDevelopment } from './evaluate-development.ts';
import { detailJson, measurementContent } from './measurement-content.ts';
import { loadParityCases, PARITY_FILE } from './parity-cases.ts';
import type { TestDraft } from './record-tests.ts';
import { testReports } from './test-reports.ts';
import type { ValidationPlan } from './validation-plan.ts';
import type { VersionFacts } from './version-facts.ts';

interface ComparedFigure {
  readonly report: string;
  readonly figure: string;
  readonly developer: string;
  readonly replicated: string;
  readonly agrees: boolean;
}

/**
 * Measures the developer's figures again from the archived rows and predictions, and holds each recorded figure against
 * the new one; the scores of the parity cases are computed again from the artefact.
 * @throws ServerError `evidence_unavailable` when there are no developer tests to replicate
 */
export async function replicationDraft(
  context: ServerContext,
  at: { readonly facts: VersionFacts; readonly scorer: Scorer; readonly plan: ValidationPlan },
): Promise<TestDraft> {
  const { facts, scorer, plan } = at;
  const reports = developerReports(facts);
  const development = await developmentTable(context, facts);
  try {
    const evaluation = await evaluateDevelopment({ facts, development, scorer });
    const data = {
      description: development.description,
      digest: development.content,
      rows: development.table.rowCount,
    };
    const place = { phase: 'validation', data } as const;
    const design = await designDraft(context, { facts, development, scorer }, place);
    const again = [
      ...testReports(evaluation, place, {}),
      ...(design === undefined ? [] : [design]),
    ];
    const figures = reports.flatMap((report) =>
      compareReport(report, again, plan.figuresTolerance),
    );
    const scores = await replicatedScores(context, at);
    const measurements = [...figureMeasurements(figures, plan), ...scores.measurements];
    return {
      type: 'performance-test',
      kind: 'replication',
      content: {
        phase: 'validation',
        data,
        plan: plan.record.digest,
        measurements,
        detail: detailJson({
          figuresTolerance: plan.figuresTolerance,
          scoresTolerance: plan.scoresTolerance,
          replicated: reports.map(({ digest }) => digest),
          mismatches: figures.filter(({ agrees }) => !agrees),
          scores: scores.report,
        }),
        conclusion: measurements.some(({ verdict }) => verdict === 'fail') ? 'fail' : 'pass',
      },
      source: [plan.record.digest, ...reports.map(({ digest }) => digest)],
      blobs: [development.predictions],
    };
  } finally {
    development.table.close();
  }
}

/** The developer's reports in force that the same function can measure again. */
function developerReports(facts: VersionFacts): readonly CountedRecord[] {
  const found = (['performance-test', 'fairness-test', 'robustness-test'] as const)
    .flatMap((id) => evidenceItems(facts.set, facts.version, { id }))
    .filter(
      ({ statement: { predicate } }) =>
        predicate.content.phase === 'development' &&
        predicate.subjectRef.artifactDigest === facts.version.artifactDigest,
    );
  if (found.length > 0) return found;
  throw unavailable('there are no developer tests to replicate; run them first');
}

function compareReport(
  report: CountedRecord,
  again: readonly TestDraft[],
  tolerance: string,
): readonly ComparedFigure[] {
  const { type, kind, content } = report.statement.predicate;
  const other = again.find((draft) => draft.type === type && draft.kind === kind);
  const replicated = new Map(
    (other?.content.measurements ?? []).map((one) => [figureName(one), one.value]),
  );
  // A platform record of this type; its shape was made by testReports.
  const own = (content as unknown as MeasurementReportContent).measurements;
  return own.map((one) => {
    const name = figureName(one);
    const value = replicated.get(name) ?? 'not measured';
    return {
      report: kind === undefined ? type : `${type}/${kind}`,
      figure: name,
      developer: one.value,
      replicated: value,
      agrees: sameFigure(one.value, value, tolerance),
    };
  });
}

function figureName(one: MeasurementContent): string {
  return [one.metric, one.segment, one.group].filter((part) => part !== undefined).join('/');
}

function sameFigure(a: string, b: string, tolerance: string): boolean {
  if (a === b) return true;
  const difference = Math.abs(Number(a) - Number(b));
  return Number.isFinite(difference) && difference <= Number(tolerance);
}

function figureMeasurements(
  figures: readonly ComparedFigure[],
  plan: ValidationPlan,
): readonly MeasurementContent[] {
  const mismatches = figures.filter(({ agrees }) => !agrees).length;
  return [
    {
      metric: 'replication_mismatches',
      value: String(mismatches),
      n: figures.length,
      limit: { op: '<=', value: '0' },
      judge: 'estimate',
      verdict: mismatches === 0 ? 'pass' : 'fail',
      method: `figures that differ by more than ${plan.figuresTolerance} when measured again from the stored inputs`,
    },
  ];
}

interface ReplicatedScores {
  readonly measurements: readonly MeasurementContent[];
  readonly report?: ParityReport;
}

/** Scores of the training runtime against the artefact's own; a run that left no cases has none to replicate. */
async function replicatedScores(
  context: ServerContext,
  at: { readonly facts: VersionFacts; readonly scorer: Scorer; readonly plan: ValidationPlan },
): Promise<ReplicatedScores> {
  const cases = await loadParityCases(context, at.facts, PARITY_FILE);
  if (cases === undefined) return { measurements: [] };
  try {
    const report = await parityReport(cases.table, at.scorer, {
      recorded: cases.recorded,
      ...(cases.kind === undefined ? {} : { kind: cases.kind }),
      cutoff: cutoffOfSpec(at.facts),
      tolerance: at.plan.scoresTolerance,
    });
    const measurements = report.measurements.map((one) => ({
      ...measurementContent(one),
      metric: `replicated_scores_${one.metric}`,
    }));
    return { measurements, report };
  } finally {
    cases.table.close();
  }
}
