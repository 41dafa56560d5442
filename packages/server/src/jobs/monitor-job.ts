// SPDX-License-Identifier: Apache-2.0
import type { FrozenBins, Report } from '@countersign/analysis';
import {
  type FindingContent,
  type Json,
  type MonitoringResultContent,
} from '@countersign/kernel';
import type { MonitoringPlan } from '@countersign/pipeline';
import type { z } from 'zod';
import type { ServerContext, ServerTransaction } from '../context.ts';
import { findingsRegister, listWarrants, nextFindingId } from '../governance/index.ts';
import {
  type MeasuredWindow,
  measureWindow,
  type WatchedModel,
  type WindowRows,
  windowRows,
} from '../monitoring/index.ts';
import { recordByPlatform } from '../records/index.ts';
import { cutoffOfSpec, datasetOf, unavailable } from './development-table.ts';
import { SCORE_COLUMN } from './freeze-monitoring.ts';
import type { JobResult, JobRunner } from './job.ts';
import { detailJson, measurementContent, reportContent } from './measurement-content.ts';
import { fairnessContent, performanceContent } from './test-reports.ts';
import { type VersionFacts, versionFacts } from './version-facts.ts';
import { monitorParams, readParams } from './job-params.ts';

type MonitorParams = z.output<typeof monitorParams>;

/** Part of the plan, the kind of record it makes, and the check that it is (frameworks.md 1.2). */
const PARTS = [
  { part: 'stability', kind: 'drift' },
  { part: 'outcomes', kind: 'performance' },
  { part: 'fairness', kind: 'fairness' },
] as const;
type Part = (typeof PARTS)[number]['part'];

interface Draft {
  readonly part: Part;
  readonly kind: (typeof PARTS)[number]['kind'];
  readonly content: MonitoringResultContent;
}

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
    throw unavailable(`${params.model}@${params.version} answered nothing from ${params.from} to ${params.to}`);
  }
  work.report(`${window.rows.length} answers, ${window.withOutcome} with outcome, ${window.refused} requests refused`);
  const measured = await measureWindow(window, model);
  const drafts = draftsOf(measured, { facts, window, params });
  return (tx) => register(context, tx, { facts, window, plan: model.plan, drafts, params });
};

function watchedModel(facts: VersionFacts): WatchedModel {
  const { monitoring, testing } = facts.file;
  if (monitoring === undefined) throw unavailable('the pipeline file has no `monitoring` section');
  const dataset = datasetOf(facts, monitoring.reference);
  const snapshot = facts.result.snapshots.find(
    (one) => one.dataset === monitoring.reference.split('.')[0],
  );
  const label = dataset.roles?.label;
  if (label === undefined) throw unavailable('the dataset declares no label to hold outcomes against');
  return {
    plan: monitoring,
    dataset,
    bins: frozenBins(facts),
    cutoff: cutoffOfSpec(facts),
    inputs: facts.scorerSpec.inputs.flatMap(({ name, columns, type }) =>
      (columns ?? [name]).map((column) => ({ name: column, type })),
    ),
    columnTypes: Object.fromEntries((snapshot?.columns ?? []).map(({ name, type }) => [name, type])),
    score: SCORE_COLUMN,
    label,
    favourable: facts.spec.decision.favourable,
    adverseActions: ['denied', 'declined', facts.spec.decision.adverse],
    confidence: testing?.confidence,
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

function draftsOf(
  measured: MeasuredWindow,
  at: { readonly facts: VersionFacts; readonly window: WindowRows; readonly params: MonitorParams },
): readonly Draft[] {
  return PARTS.flatMap(({ part, kind }) => {
    const content = contentOf(measured, part, at);
    return content === undefined ? [] : [{ part, kind, content }];
  });
}

function contentOf(
  measured: MeasuredWindow,
  part: Part,
  at: { readonly facts: VersionFacts; readonly window: WindowRows; readonly params: MonitorParams },
): MonitoringResultContent | undefined {
  const { window, params } = at;
  const place = {
    phase: 'monitoring' as const,
    data: {
      description: `${params.label ?? 'window'}: ${window.rows.length} answers, ${window.withOutcome} with outcome, ${window.withAction} with action, ${window.refused} requests refused${measured.unmeasured.map((lack) => `; ${lack}`).join('')}`,
      digest: window.digest,
      rows: window.rows.length,
    },
  };
  const report = partReport(measured, part, place);
  if (report === undefined) return undefined;
  const breaches = report.measurements
    .filter(({ verdict, limit }) => verdict === 'fail' && limit !== undefined)
    .map(({ metric, segment, group }) =>
      [metric, segment, group].filter((one) => one !== undefined).join('/'),
    );
  return {
    ...report,
    conclusion: breaches.length > 0 ? 'fail' : report.conclusion,
    window: { from: params.from, to: params.to, label: params.label ?? '' },
    warrant: window.warrants.at(-1) ?? '',
    breaches,
  };
}

type Place = Parameters<typeof reportContent>[1];

function partReport(measured: MeasuredWindow, part: Part, place: Place) {
  const { stability, outcomes, fairness, approvedOutcomes, onAction } = measured;
  if (part === 'stability') {
    return stability === undefined ? undefined : reportContent(stability, place);
  }
  if (part === 'outcomes') {
    if (outcomes === undefined) return undefined;
    const approved = beside(approvedOutcomes, 'approved');
    const content = performanceContent(outcomes, place);
    return { ...content, measurements: [...content.measurements, ...approved] };
  }
  if (fairness === undefined) return undefined;
  const content = fairnessContent(fairness, place);
  return {
    ...content,
    measurements: [...content.measurements, ...beside(onAction, 'action', fairness.governing)],
    detail: { ...membersOf(content.detail), action: detailJson(onAction ?? null) },
  };
}

function membersOf(detail: Json): { readonly [name: string]: Json } {
  return detail as { readonly [name: string]: Json }; // reportContent makes an object of every report
}

/** The same figures on other grounds, under names of their own. */
function beside(report: Report | undefined, suffix: string, governing?: string) {
  return (report?.measurements ?? [])
    .map((one) => measurementContent(one, governing))
    .map((one) => ({ ...one, metric: `${one.metric}_${suffix}` }));
}

interface Registration {
  readonly facts: VersionFacts;
  readonly window: WindowRows;
  readonly plan: MonitoringPlan;
  readonly drafts: readonly Draft[];
  readonly params: MonitorParams;
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
  const broken = drafts.filter(({ content }) => content.breaches.length > 0);
  for (const draft of broken) {
    const result = records[drafts.indexOf(draft)] ?? '';
    const opened = await openFinding(context, tx, { ...at, draft, result, opened: findings.length });
    if (opened !== undefined) {
      records.push(opened.digest);
      findings.push(opened.id);
    }
  }
  records.push(...(await suspend(context, tx, { ...at, broken })));
  return {
    records,
    model,
    version,
    findings,
    conclusions: Object.fromEntries(drafts.map(({ kind, content }) => [kind, content.conclusion])),
    breaches: broken.flatMap(({ content }) => content.breaches),
  };
}

const DUE_DAYS = 30;
const DAY_MS = 86_400_000;

/** A breach opens a finding unless the plan says otherwise; one that is open for the same part already stands for it. */
async function openFinding(
  context: ServerContext,
  tx: ServerTransaction,
  at: Registration & {
    readonly draft: Draft;
    readonly result: string;
    readonly opened: number;
  },
): Promise<{ readonly digest: string; readonly id: string } | undefined> {
  const { facts, draft, plan } = at;
  const consequences = plan.consequences?.[draft.part] ?? ['finding'];
  const { workspace, model, use } = facts.version;
  const title = `Breach of ${draft.part} limits in monitoring`;
  const open = findingsRegister(facts.set, { workspace, model }).some(
    ({ content, ...one }) => content.title === title && content.status !== 'closed' && one.use === use,
  );
  if (!consequences.includes('finding') || open) return undefined;
  const first = Number(nextFindingId(facts.set, workspace, model).slice(2));
  const id = `F-${first + at.opened}`;
  const content: FindingContent = {
    id,
    title,
    source: 'monitoring',
    severity: draft.part === 'stability' ? 'medium' : 'high',
    blocking: consequences.some((one) => one === 'review' || one === 'suspend'),
    status: 'open',
    owner: plan.owner ?? ownerOf(facts),
    due: new Date(Date.parse(context.now()) + DUE_DAYS * DAY_MS).toISOString().slice(0, 10),
    description: `${draft.content.data.description}. Broken: ${draft.content.breaches.join(', ')}. Version ${facts.version.version}.`,
  };
  const { digest } = await recordByPlatform(context, tx, {
    type: 'finding',
    scope: 'use',
    subjectRef: { model, use },
    producer: 'monitoring',
    source: [at.result],
    content,
  });
  return { digest, id };
}

function ownerOf(facts: VersionFacts): string {
  const entry = facts.set.records.findLast(
    ({ statement: { predicate } }) =>
      predicate.type === 'inventory-entry' && predicate.subjectRef.model === facts.version.model,
  );
  return String(entry?.statement.predicate.content.owner ?? 'model owner');
}

/** Ends the live warrants of the version where the plan says that a breach suspends. */
async function suspend(
  context: ServerContext,
  tx: ServerTransaction,
  at: Registration & { readonly broken: readonly Draft[] },
): Promise<readonly string[]> {
  const { facts, plan } = at;
  const parts = at.broken.filter(({ part }) => plan.consequences?.[part]?.includes('suspend'));
  if (parts.length === 0) return [];
  const { workspace, model, use, version, artifactDigest } = facts.version;
  const live = listWarrants(facts.set, { workspace, now: context.now(), model, live: true });
  const digests: string[] = [];
  for (const warrant of live.filter((one) => one.version === version && one.use === use)) {
    const { digest } = await recordByPlatform(context, tx, {
      type: 'deployment-record',
      kind: 'suspend',
      scope: 'version',
      subjectRef: { model, use, version, artifactDigest },
      producer: 'monitoring',
      source: [warrant.digest],
      content: {
        warrant: warrant.digest,
        environment: warrant.environment,
        reason: `monitoring breach: ${parts.flatMap(({ content }) => content.breaches).join(', ')}`,
      },
    });
    digests.push(digest);
  }
  return digests;
}
