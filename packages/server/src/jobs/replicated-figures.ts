// SPDX-License-Identifier: Apache-2.0
import {
  type CountedRecord,
  canonicalDecimal,
  type Json,
  type MeasurementContent,
  type MeasurementReportContent,
} from '@countersign/kernel';
import type { TestDraft } from './record-tests.ts';
import type { Tolerances } from './validation-plan.ts';

/** One number of the developer's beside the same one measured again. */
export interface ReplicatedFigure {
  /** `performance-test`, `robustness-test/design`. */
  readonly report: string;
  /** Metric, then segment or group: `auc/region=north`. */
  readonly figure: string;
  readonly developer: string;
  /** Absent where it could not be measured again. */
  readonly replicated?: string;
  /** Absent unless both are numbers. */
  readonly difference?: string;
  readonly tolerance: string;
  readonly agrees: boolean;
  /** What else of it differs: `interval`, `rows`, `events`. */
  readonly differs?: readonly string[];
}

/** A report of the developer's and how its figures fared. */
export interface ReplicatedReport {
  readonly report: string;
  /** Digest of the developer's record. */
  readonly record: string;
  readonly figures: number;
  readonly mismatches: number;
  /** Why its figures were not measured again; its figures are then no mismatches, and count as not replicated. */
  readonly notReplicated?: string;
}

export interface Replication {
  readonly reports: readonly ReplicatedReport[];
  readonly figures: readonly ReplicatedFigure[];
}

/** Each number of each report against the new one, at the tolerance of its metric. */
export function replicate(
  developer: readonly CountedRecord[],
  again: readonly TestDraft[],
  tolerances: Tolerances,
): Replication {
  const compared = developer.map((record) => {
    const { type, kind, content } = record.statement.predicate;
    const name = reportName(type, kind);
    const found = again.find((draft) => draft.type === type && draft.kind === kind);
    const why = notComparable(content, found);
    const figures = why === undefined ? compareReport(name, { record, found, tolerances }) : [];
    const report: ReplicatedReport = {
      report: name,
      record: record.digest,
      figures: measurementsOf(content).length,
      mismatches: figures.filter(({ agrees }) => !agrees).length,
      ...(why === undefined ? {} : { notReplicated: why }),
    };
    return { report, figures };
  });
  return {
    reports: compared.map(({ report }) => report),
    figures: compared.flatMap(({ figures }) => figures),
  };
}

export function reportName(type: string, kind: string | undefined): string {
  return kind === undefined ? type : `${type}/${kind}`;
}

/** A comparison with a version that is no longer in production cannot be measured again as it was. */
function notComparable(content: Json, found: TestDraft | undefined): string | undefined {
  const before = membersOf(membersOf(membersOf(content).detail).production).warrant;
  if (before === undefined) return undefined;
  const now = membersOf(membersOf(found?.content.detail).production).warrant;
  return now === before
    ? undefined
    : 'it compares with the version that was in production then, which another has replaced';
}

function compareReport(
  report: string,
  at: {
    readonly record: CountedRecord;
    readonly found: TestDraft | undefined;
    readonly tolerances: Tolerances;
  },
): readonly ReplicatedFigure[] {
  // Figures of one name stand in order: a report may hold the same metric of a group against several references.
  const again = new Map<string, MeasurementContent[]>();
  for (const one of at.found?.content.measurements ?? []) {
    again.set(figureName(one), [...(again.get(figureName(one)) ?? []), one]);
  }
  return measurementsOf(at.record.statement.predicate.content).map((one) => {
    const figure = figureName(one);
    const tolerance = at.tolerances.byMetric[one.metric] ?? at.tolerances.figures;
    return compareFigure({ report, figure, tolerance }, one, again.get(figure)?.shift());
  });
}

function compareFigure(
  name: Pick<ReplicatedFigure, 'report' | 'figure' | 'tolerance'>,
  developer: MeasurementContent,
  again: MeasurementContent | undefined,
): ReplicatedFigure {
  if (again === undefined) return { ...name, developer: developer.value, agrees: false };
  const differs = [
    ...(sameInterval(developer, again, name.tolerance) ? [] : ['interval']),
    ...(developer.n === again.n ? [] : ['rows']),
    ...(developer.events === again.events ? [] : ['events']),
  ];
  const difference = differenceOf(developer.value, again.value);
  return {
    ...name,
    developer: developer.value,
    replicated: again.value,
    ...(difference === undefined ? {} : { difference }),
    agrees: same(developer.value, again.value, name.tolerance) && differs.length === 0,
    ...(differs.length === 0 ? {} : { differs }),
  };
}

function sameInterval(a: MeasurementContent, b: MeasurementContent, tolerance: string): boolean {
  if (a.interval === undefined || b.interval === undefined) return a.interval === b.interval;
  return (
    same(a.interval.low, b.interval.low, tolerance) &&
    same(a.interval.high, b.interval.high, tolerance)
  );
}

function same(a: string, b: string, tolerance: string): boolean {
  if (a === b) return true;
  const difference = Math.abs(Number(a) - Number(b));
  return Number.isFinite(difference) && difference <= Number(tolerance);
}

// Of two figures with twelve digits, what binary subtraction adds stands behind the sixth of a difference that matters.
const DIFFERENCE_DIGITS = 6;

function differenceOf(developer: string, again: string): string | undefined {
  const difference = Number(again) - Number(developer);
  return Number.isFinite(difference) ? canonicalDecimal(difference, DIFFERENCE_DIGITS) : undefined;
}

export function figureName(one: MeasurementContent): string {
  return [one.metric, one.segment, one.group].filter((part) => part !== undefined).join('/');
}

function measurementsOf(content: Json): readonly MeasurementContent[] {
  // A platform record of this type; its shape was made by testReports.
  return (content as unknown as MeasurementReportContent).measurements;
}

function membersOf(json: Json | undefined): { readonly [name: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as { readonly [name: string]: Json }) // arrays were told apart, which TypeScript loses for readonly ones
    : {};
}
