// SPDX-License-Identifier: Apache-2.0
import type { Report } from '@countersign/analysis';
import type { Json, MonitoringResultContent } from '@countersign/kernel';
import type { MeasuredWindow, WindowRows } from '../monitoring/index.ts';
import { detailJson, measurementContent, reportContent } from './measurement-content.ts';
import { fairnessContent, performanceContent } from './test-reports.ts';

/** Part of the plan, the kind of record it makes, and the check that it is (frameworks.md 1.2). */
const PARTS = [
  { part: 'stability', kind: 'drift' },
  { part: 'outcomes', kind: 'performance' },
  { part: 'fairness', kind: 'fairness' },
] as const;
export type MonitoredPart = (typeof PARTS)[number]['part'];

/** One monitoring-result before it is recorded. */
export interface MonitoringDraft {
  readonly part: MonitoredPart;
  readonly kind: (typeof PARTS)[number]['kind'];
  readonly content: MonitoringResultContent;
}

/** The stretch of serving time that was measured; `to` is not included. */
export interface MonitoredWindow {
  readonly from: string;
  readonly to: string;
  readonly label?: string | undefined;
}

interface WindowFacts {
  readonly window: WindowRows;
  readonly period: MonitoredWindow;
}

/** What was measured in a window as records, one a part of the plan, each with the limits it broke. */
export function monitoringDrafts(
  measured: MeasuredWindow,
  at: WindowFacts,
): readonly MonitoringDraft[] {
  return PARTS.flatMap(({ part, kind }) => {
    const content = contentOf(measured, part, at);
    return content === undefined ? [] : [{ part, kind, content }];
  });
}

/** Outcomes against predictions by period of answering, where outcomes had come in. */
export function outcomesAnalysis(
  measured: MeasuredWindow,
  at: WindowFacts,
): MonitoringResultContent | undefined {
  const { history } = measured;
  if (history === undefined) return undefined;
  return inWindow(reportContent(history, placeOf(measured, at)), at);
}

function contentOf(
  measured: MeasuredWindow,
  part: MonitoredPart,
  at: WindowFacts,
): MonitoringResultContent | undefined {
  const report = partReport(measured, part, placeOf(measured, at));
  return report === undefined ? undefined : inWindow(report, at);
}

function placeOf(measured: MeasuredWindow, { window, period }: WindowFacts): Place {
  return {
    phase: 'monitoring',
    data: {
      description: `${period.label ?? 'window'}: ${window.rows.length} answers, ${window.withOutcome} with outcome, ${window.withAction} with action, ${window.refused} requests refused${measured.unmeasured.map((lack) => `; ${lack}`).join('')}`,
      digest: window.digest,
      rows: window.rows.length,
    },
  };
}

function inWindow(report: Content, { window, period }: WindowFacts): MonitoringResultContent {
  const breaches = report.measurements
    .filter(({ verdict, limit }) => verdict === 'fail' && limit !== undefined)
    .map(({ metric, segment, group }) =>
      [metric, segment, group].filter((one) => one !== undefined).join('/'),
    );
  return {
    ...report,
    conclusion: breaches.length > 0 ? 'fail' : report.conclusion,
    window: { from: period.from, to: period.to, label: period.label ?? '' },
    warrant: window.warrants.at(-1) ?? '',
    breaches,
  };
}

type Place = Parameters<typeof reportContent>[1];
type Content = ReturnType<typeof reportContent>;

function partReport(measured: MeasuredWindow, part: MonitoredPart, place: Place) {
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
