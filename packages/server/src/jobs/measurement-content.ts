// SPDX-License-Identifier: Apache-2.0
import type { Measurement, Report } from '@countersign/analysis';
import type { Json, MeasurementContent, MeasurementReportContent } from '@countersign/kernel';
import { toRecordJson } from '@countersign/pipeline';

export interface ReportPlace {
  readonly phase: MeasurementReportContent['phase'];
  readonly data: MeasurementReportContent['data'];
  /** Digest of the test-plan record. */
  readonly plan?: string;
}

/** What a measured report says in a record, from what the analysis found. */
export function reportContent(
  report: Report,
  place: ReportPlace,
  options: { readonly governing?: string; readonly measurements?: readonly Measurement[] } = {},
): MeasurementReportContent {
  const { measurements: all, ...detail } = report;
  const measurements = (options.measurements ?? all).map((one) =>
    measurementContent(one, options.governing),
  );
  return {
    phase: place.phase,
    data: place.data,
    ...(place.plan === undefined ? {} : { plan: place.plan }),
    measurements,
    detail: toRecordJson(detail),
    conclusion: worstOf(measurements),
  };
}

/**
 * One figure as gates read it. A group with a reference is a comparison; one without restricts the figure. In a fairness
 * report the governing criterion alone decides: another one that breaks its limit is reported, with the fact in words.
 */
export function measurementContent(one: Measurement, governing?: string): MeasurementContent {
  const { group, interval, limit } = one;
  const place = group === undefined ? undefined : `${group.by}=${group.value}`;
  const decides = governing === undefined || one.metric === governing;
  const reason = one.reason === undefined ? '' : `; ${one.reason}`;
  const aside =
    decides || limit === undefined ? '' : `; reported, does not govern (${one.verdict})`;
  return {
    metric: one.weighted === true ? `${one.metric}_weighted` : one.metric,
    ...(place === undefined || group?.reference !== undefined ? {} : { segment: place }),
    ...(place === undefined || group?.reference === undefined
      ? {}
      : { group: place, reference: group.reference }),
    value: one.value ?? 'not defined',
    ...(interval === undefined
      ? {}
      : {
          interval: {
            low: interval.low ?? 'unbounded',
            high: interval.high ?? 'unbounded',
            level: interval.level,
            method: interval.method,
          },
        }),
    n: one.n,
    ...(one.events === undefined ? {} : { events: wholeEvents(one.events) }),
    ...(limit === undefined ? {} : { limit: limitText(limit) }),
    ...(one.judge === undefined ? {} : { judge: one.judge }),
    verdict: decides || limit === undefined ? one.verdict : 'informational',
    method: `${one.source}${reason}${aside}`,
  };
}

/** An expected count need not be whole; a record holds the whole events that surely stand behind it. */
function wholeEvents(events: number): number {
  return Math.floor(events);
}

function limitText(limit: NonNullable<Measurement['limit']>): { op: string; value: string } {
  const { min, max } = limit;
  if (min !== undefined && max !== undefined) return { op: 'within', value: `${min} to ${max}` };
  return min === undefined ? { op: '<=', value: max ?? '' } : { op: '>=', value: min };
}

function worstOf(
  measurements: readonly MeasurementContent[],
): MeasurementReportContent['conclusion'] {
  const judged = measurements.filter(({ limit, verdict }) => {
    return limit !== undefined && verdict !== 'informational';
  });
  const has = (...verdicts: readonly string[]) =>
    judged.some(({ verdict }) => verdicts.includes(verdict));
  if (has('fail')) return 'fail';
  if (has('inconclusive', 'too-few')) return 'inconclusive';
  return judged.length === 0 ? 'informational' : 'pass';
}

/** JSON for a record's `detail`, floats as decimal text. */
export function detailJson(value: unknown): Json {
  return toRecordJson(value);
}
