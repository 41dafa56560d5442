// SPDX-License-Identifier: Apache-2.0
import type { FrozenBins } from '@countersign/analysis';
import type { MonitoringPlan } from '@countersign/pipeline';
import type { ServerContext, ServerTransaction } from '../context.ts';
import {
  measureWindow,
  type WatchedModel,
  type WindowRows,
  windowRows,
} from '../monitoring/index.ts';
import { recordByPlatform } from '../records/index.ts';
import { cutoffOfSpec, datasetOf, unavailable } from './development-table.ts';
import { SCORE_COLUMN } from './freeze-monitoring.ts';
import type { JobResult, JobRunner } from './job.ts';
import { monitorParams, readParams } from './job-params.ts';
import { openFinding, suspendWarrants } from './monitor-consequences.ts';
import { type MonitoringDraft, monitoringDrafts, outcomesAnalysis } from './monitor-reports.ts';
import { type VersionFacts, versionFacts } from './version-facts.ts';

/**
 * Measures a window of answers against the limits approved with the version. What broke a limit has the consequences
 * that the plan names: a finding of the platform, and for `suspend` the end of the warrant.
 * @throws ServerError `evidence_unavailable` for a version without plan or answers
 */
export const monitorJob: JobRunner = async (context, work) => {
  const params = readParams(monitorParams, work.params);
  const facts = await versionFacts(context, await context.records.current(), params);
  const model = watchedModel(facts);
  const window = await windowRows(
    context,
    { ...params, use: facts.version.use },
    { score: SCORE_COLUMN, output: facts.spec.output.name, label: model.label },
  );
  if (window.rows.length === 0) {
    throw unavailable(
      `${params.model}@${params.version} answered nothing from ${params.from} to ${params.to}`,
    );
  }
  work.report(
    `${window.rows.length} answers, ${window.withOutcome} with outcome, ${window.refused} requests refused`,
  );
  const measured = await measureWindow(window, model);
  const at = { window, period: params };
  const drafts = monitoringDrafts(measured, at);
  const analysis = outcomesAnalysis(measured, at);
  return (tx) => register(context, tx, { facts, window, plan: model.plan, drafts, analysis });
};

function watchedModel(facts: VersionFacts): WatchedModel {
  const { monitoring, testing } = facts.file;
  if (monitoring === undefined) throw unavailable('the pipeline file has no `monitoring` section');
  const dataset = datasetOf(facts, monitoring.reference);
  const snapshot = facts.result.snapshots.find(
    (one) => one.dataset === monitoring.reference.split('.')[0],
  );
  const label = dataset.roles?.label;
  if (label === undefined)
    throw unavailable('the dataset declares no label to hold outcomes against');
  return {
    plan: monitoring,
    dataset,
    bins: frozenBins(facts),
    cutoff: cutoffOfSpec(facts),
    inputs: facts.scorerSpec.inputs.flatMap(({ name, columns, type }) =>
      (columns ?? [name]).map((column) => ({ name: column, type })),
    ),
    columnTypes: Object.fromEntries(
      (snapshot?.columns ?? []).map(({ name, type }) => [name, type]),
    ),
    score: SCORE_COLUMN,
    label,
    favourable: facts.spec.decision.favourable,
    adverseActions: ['denied', 'declined', facts.spec.decision.adverse],
    confidence: testing?.confidence,
    backtest:
      testing?.backtest === undefined || 'gap' in testing.backtest ? undefined : testing.backtest,
    task: testing?.task,
  };
}

/** Bins as the model-spec froze them when the version was registered. */
function frozenBins(facts: VersionFacts): readonly FrozenBins[] {
  const { monitoring } = facts.spec;
  const frozen =
    typeof monitoring === 'object' && monitoring !== null && 'frozen' in monitoring
      ? monitoring.frozen
      : undefined;
  // Written by freezeMonitoring from these very types, into a record of the platform.
  return ((frozen as { bins?: unknown } | undefined)?.bins ?? []) as readonly FrozenBins[];
}

interface Registration {
  readonly facts: VersionFacts;
  readonly window: WindowRows;
  readonly plan: MonitoringPlan;
  readonly drafts: readonly MonitoringDraft[];
  readonly analysis: ReturnType<typeof outcomesAnalysis>;
}

async function register(
  context: ServerContext,
  tx: ServerTransaction,
  at: Registration,
): Promise<JobResult> {
  const { facts, window, drafts } = at;
  const { model, use, version, artifactDigest } = facts.version;
  const records: string[] = [];
  const findings: string[] = [];
  for (const { kind, content } of drafts) {
    const { digest } = await recordByPlatform(context, tx, {
      type: 'monitoring-result',
      kind,
      scope: 'version',
      subjectRef: { model, use, version, artifactDigest },
      producer: 'monitoring',
      basis: 'measured',
      source: [facts.specRecord.digest, ...window.warrants],
      blobs: [window.digest],
      content,
    });
    records.push(digest);
  }
  if (at.analysis !== undefined) {
    const { digest } = await recordByPlatform(context, tx, {
      type: 'outcomes-analysis',
      scope: 'version',
      subjectRef: { model, use, version, artifactDigest },
      producer: 'monitoring',
      basis: 'measured',
      source: [facts.specRecord.digest, ...window.warrants, ...records],
      blobs: [window.digest],
      content: at.analysis,
    });
    records.push(digest);
  }
  const broken = drafts.filter(({ content }) => content.breaches.length > 0);
  for (const draft of broken) {
    const result = records[drafts.indexOf(draft)] ?? '';
    const opened = await openFinding(context, tx, {
      ...at,
      draft,
      result,
      opened: findings.length,
    });
    if (opened !== undefined) {
      records.push(opened.digest);
      findings.push(opened.id);
    }
  }
  records.push(...(await suspendWarrants(context, tx, { ...at, broken })));
  return {
    records,
    model,
    version,
    findings,
    conclusions: Object.fromEntries(drafts.map(({ kind, content }) => [kind, content.conclusion])),
    breaches: broken.flatMap(({ content }) => content.breaches),
  };
}
