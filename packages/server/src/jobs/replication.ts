// SPDX-License-Identifier: Apache-2.0
import { type ParityReport, parityReport, type Scorer } from '@countersign/analysis';
import { type CountedRecord, evidenceItems, type MeasurementContent } from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { developerDrafts } from './developer-drafts.ts';
import { cutoffOfSpec, developmentTable, unavailable } from './development-table.ts';
import type { JobWork } from './job.ts';
import { detailJson, measurementContent } from './measurement-content.ts';
import { loadParityCases, PARITY_FILE } from './parity-cases.ts';
import type { TestDraft } from './record-tests.ts';
import { type Replication, replicate } from './replicated-figures.ts';
import { refused } from './run-request.ts';
import type { Tolerances, ValidationPlan } from './validation-plan.ts';
import type { VersionFacts } from './version-facts.ts';

/** Lines of a record's table; the mismatches come first when there are more. */
const FIGURES_MAX = 2_500;

export interface ReplicationGround {
  readonly facts: VersionFacts;
  readonly scorer: Scorer;
  readonly plan: ValidationPlan;
  readonly work: Pick<JobWork, 'report' | 'scratch'>;
}

/**
 * Measures the developer's figures again from the archived rows and predictions, and holds each recorded figure against
 * the new one; the scores of the parity cases are computed again from the artefact.
 * @throws ServerError `evidence_unavailable` when there are no developer tests to replicate
 */
export async function replicationDraft(
  context: ServerContext,
  at: ReplicationGround,
): Promise<TestDraft> {
  const { facts, scorer, plan, work } = at;
  const developer = developerReports(facts);
  const development = await developmentTable(context, facts);
  try {
    const data = {
      description: development.description,
      digest: development.content,
      rows: development.table.rowCount,
    };
    const ground = { facts, development, scorer, work };
    const again = await developerDrafts(context, ground, { phase: 'validation', data });
    const replication = replicate(developer, again, plan.tolerances);
    const scores = await replicatedScores(context, at);
    const measurements = [...figureMeasurements(replication, plan), ...scores.measurements];
    return {
      type: 'performance-test',
      kind: 'replication',
      content: {
        phase: 'validation',
        data,
        plan: plan.record.digest,
        measurements,
        detail: detailJson({ ...detailOf(replication, plan), scores: scores.report }),
        conclusion: measurements.some(({ verdict }) => verdict === 'fail') ? 'fail' : 'pass',
      },
      source: [plan.record.digest, ...developer.map(({ digest }) => digest)],
      blobs: [development.predictions],
    };
  } finally {
    development.table.close();
  }
}

/**
 * Refuses what no replication would come of, before any row is opened.
 * @throws ServerError `evidence_unavailable`, `job_request_refused`
 */
export function refuseUnreplicable(facts: VersionFacts, { tolerances }: ValidationPlan): void {
  refuseUnusedTolerances(developerReports(facts), tolerances);
}

/** The table as the record keeps it: one line for each number of the developer's. */
function detailOf({ reports, figures }: Replication, { tolerances }: ValidationPlan) {
  const ordered =
    figures.length <= FIGURES_MAX
      ? figures
      : figures.toSorted((one, other) => Number(one.agrees) - Number(other.agrees));
  return {
    kind: 'replication',
    figuresTolerance: tolerances.figures,
    figuresTolerances: tolerances.byMetric,
    scoresTolerance: tolerances.scores,
    replicated: reports.map(({ record }) => record),
    reports,
    figures: ordered.slice(0, FIGURES_MAX),
    figuresOmitted: Math.max(0, figures.length - FIGURES_MAX),
  };
}

const REPLICATED = [
  'performance-test',
  'fairness-test',
  'robustness-test',
  'benchmark-test',
  'explainability-test',
] as const;

/** The developer's reports in force. */
function developerReports(facts: VersionFacts): readonly CountedRecord[] {
  const found = REPLICATED.flatMap((id) => evidenceItems(facts.set, facts.version, { id })).filter(
    ({ statement: { predicate } }) =>
      predicate.content.phase === 'development' &&
      Array.isArray(predicate.content.measurements) &&
      predicate.subjectRef.artifactDigest === facts.version.artifactDigest,
  );
  if (found.length > 0) return found;
  throw unavailable('there are no developer tests to replicate; run them first');
}

/** A tolerance under a name that is misspelt would loosen nothing and be taken for one that did. */
function refuseUnusedTolerances(
  developer: readonly CountedRecord[],
  { byMetric }: Tolerances,
): void {
  const metrics = new Set(
    developer.flatMap(({ statement }) => {
      const { measurements } = statement.predicate.content;
      return (measurements as unknown as readonly MeasurementContent[]).map(({ metric }) => metric);
    }),
  );
  const unused = Object.keys(byMetric).find((metric) => !metrics.has(metric));
  if (unused === undefined) return;
  throw refused(
    `the plan's \`replication.figures_tolerances\` names \`${unused}\`, which no developer report has; they have ${[...metrics].sort().join(', ')}`,
  );
}

function figureMeasurements(
  { reports, figures }: Replication,
  { tolerances }: ValidationPlan,
): readonly MeasurementContent[] {
  const mismatches = figures.filter(({ agrees }) => !agrees).length;
  const left = reports.filter(({ notReplicated }) => notReplicated !== undefined);
  const single = Object.keys(tolerances.byMetric).length;
  const own = single === 0 ? '' : `, ${single} metrics by a tolerance of their own`;
  return [
    {
      metric: 'replication_mismatches',
      value: String(mismatches),
      n: figures.length,
      limit: { op: '<=', value: '0' },
      judge: 'estimate',
      verdict: mismatches === 0 ? 'pass' : 'fail',
      method: `figures that differ by more than ${tolerances.figures}${own}, in value, interval or counts, when measured again from the stored inputs`,
    },
    ...(left.length === 0
      ? []
      : [
          {
            metric: 'figures_not_replicated',
            value: String(left.reduce((sum, one) => sum + one.figures, 0)),
            n: left.length,
            verdict: 'informational' as const,
            method: left.map((one) => `${one.report}: ${one.notReplicated}`).join('; '),
          },
        ]),
  ];
}

interface ReplicatedScores {
  readonly measurements: readonly MeasurementContent[];
  readonly report?: ParityReport;
}

/** Scores of the training runtime against the artefact's own; a run that left no cases has none to replicate. */
async function replicatedScores(
  context: ServerContext,
  at: Pick<ReplicationGround, 'facts' | 'scorer' | 'plan'>,
): Promise<ReplicatedScores> {
  const cases = await loadParityCases(context, at.facts, PARITY_FILE);
  if (cases === undefined) return { measurements: [] };
  try {
    const report = await parityReport(cases.table, at.scorer, {
      recorded: cases.recorded,
      ...(cases.kind === undefined ? {} : { kind: cases.kind }),
      cutoff: cutoffOfSpec(at.facts),
      tolerance: at.plan.tolerances.scores,
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
