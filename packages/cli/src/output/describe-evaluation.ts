// SPDX-License-Identifier: Apache-2.0
import type {
  BandRow,
  Measurement,
  PerformanceReport,
  Report,
  TestingEvaluation,
} from '@countersign/analysis';
import { shortDecimal } from './short-decimal.ts';
import { table } from './table.ts';

/** The reports of a measured plan as tables for people, one after the other. */
export function describeEvaluation(evaluation: TestingEvaluation): readonly string[] {
  const { performance, fairness, robustness, parts } = evaluation;
  return [
    ...describeReport(performance),
    ...(isBinary(performance) ? binaryLines(performance) : []),
    ...segmentLines(performance),
    ...(fairness === undefined ? [] : ['', ...describeReport(fairness)]),
    ...(robustness === undefined ? [] : ['', ...describeReport(robustness)]),
    ...parts.flatMap(({ kind, report }) => ['', ...describeReport(report, kind)]),
  ];
}

function isBinary(report: Report): report is PerformanceReport {
  return report.kind === 'performance';
}

function describeReport(report: Report, name: string = report.kind): readonly string[] {
  return [
    `${name}: ${report.verdict}, ${report.rows} rows, intervals at ${percent(report.confidence)}`,
    ...measurementTable(report.measurements),
    ...report.caveats.map((caveat) => `  note: ${caveat}`),
  ];
}

function measurementTable(measurements: readonly Measurement[]): readonly string[] {
  const isGrouped = measurements.some(({ group }) => group !== undefined);
  const headings = ['  figure', ...(isGrouped ? ['group'] : []), ...COLUMNS];
  return table(
    headings,
    measurements.map((one) => [
      `  ${one.metric}${one.weighted === true ? ', weighted' : ''}`,
      ...(isGrouped ? [groupText(one)] : []),
      ...figureCells(one),
    ]),
  );
}

const COLUMNS = ['value', 'interval', 'rows', 'limit', 'verdict'] as const;

function figureCells(one: Measurement): readonly (string | number)[] {
  const { interval, limit } = one;
  const isTooFew = one.verdict === 'too-few' || (one.value === null && one.reason !== undefined);
  return [
    one.value === null ? (isTooFew ? reasonText(one) : 'not defined') : shortDecimal(one.value),
    interval === undefined ? '' : `${bound(interval.low, '-∞')} to ${bound(interval.high, '∞')}`,
    one.n,
    limit === undefined ? '' : limitText(limit),
    one.verdict,
  ];
}

function reasonText({ verdict, reason }: Measurement): string {
  if (verdict === 'too-few') return 'too few';
  return reason ?? 'not defined';
}

function bound(text: string | null, endless: string): string {
  return text === null ? endless : shortDecimal(text);
}

function limitText({ min, max }: NonNullable<Measurement['limit']>): string {
  if (min === undefined) return `at most ${max}`;
  return max === undefined ? `at least ${min}` : `${min} to ${max}`;
}

function groupText({ group }: Measurement): string {
  if (group === undefined) return '';
  const against = group.reference === undefined ? '' : ` against ${group.reference}`;
  return `${group.by}: ${group.value}${against}`;
}

function segmentLines({ segments }: TestingEvaluation['performance']): readonly string[] {
  return segments.flatMap(({ name, measurements }) => ['', ...groupTable(name, measurements)]);
}

/** What a group is first asked for; the report holds every figure of each. */
const FIRST_ASKED = ['auc', 'brier', 'calibration_slope', 'event_rate', 'adverse_rate'];
const FIGURES_ACROSS = 5;

/** A row a group, a few figures with their intervals side by side. */
function groupTable(by: string, measurements: readonly Measurement[]): readonly string[] {
  const plain = measurements.filter(({ weighted }) => weighted !== true);
  const metrics = [...new Set(plain.map(({ metric }) => metric))];
  const asked = FIRST_ASKED.filter((metric) => metrics.includes(metric));
  const shownMetrics = asked.length > 0 ? asked : metrics.slice(0, FIGURES_ACROSS);
  const groups = [...new Set(plain.map(({ group }) => group?.value ?? ''))];
  return table(
    [`by ${by}`, 'rows', 'events', ...shownMetrics],
    groups.map((value) => {
      const own = plain.filter(({ group }) => group?.value === value);
      const figure = (metric: string) => own.find((one) => one.metric === metric);
      return [
        `  ${value}`,
        own[0]?.n,
        own[0]?.events,
        ...shownMetrics.map((metric) => spanText(figure(metric))),
      ];
    }),
  );
}

function spanText(one: Measurement | undefined): string {
  if (one === undefined) return '';
  const { interval, value } = one;
  if (value === null) return one.verdict === 'too-few' ? 'too few' : 'not defined';
  if (interval === undefined) return shortDecimal(value);
  return `${shortDecimal(value)} (${bound(interval.low, '-∞')} to ${bound(interval.high, '∞')})`;
}

/** A row a cutoff, all its rates across. */
function cutoffTable(measurements: readonly Measurement[]): readonly string[] {
  const plain = measurements.filter(({ weighted }) => weighted !== true);
  const metrics = [...new Set(plain.map(({ metric }) => metric))];
  const cutoffs = [...new Set(plain.map(({ group }) => group?.value ?? ''))];
  return table(
    ['rates at', ...metrics],
    cutoffs.map((value) => [
      `  ${value}`,
      ...metrics.map((metric) =>
        spanText(plain.find((one) => one.metric === metric && one.group?.value === value)),
      ),
    ]),
  );
}

function binaryLines(report: PerformanceReport): readonly string[] {
  const { cutoffs, bands, cost, hosmer_lemeshow: hosmer, clusters } = report;
  return [
    ...(cutoffs.length === 0 ? [] : ['', ...cutoffTable(cutoffs)]),
    ...(bands.length === 0 ? [] : ['', 'score bands, highest first', ...bandTable(bands)]),
    ...(cost?.least == null
      ? []
      : [
          '',
          `least cost per row on these rows: ${shown(cost.least.cost_per_row)}, ${
            cost.least.cutoff === null
              ? 'deciding no row adverse'
              : `at ${shown(cost.least.cutoff)}`
          }; a fact, not a choice`,
        ]),
    ...(hosmer === undefined
      ? []
      : [
          `Hosmer–Lemeshow ${shown(hosmer.statistic)} on ${hosmer.degrees} degrees, p ${shown(hosmer.p_value)}; informational`,
        ]),
    ...(clusters === undefined
      ? []
      : [
          `intervals resample ${clusters.units} values of ${clusters.unit}, ${clusters.replicates} times`,
        ]),
  ];
}

function bandTable(bands: readonly BandRow[]): readonly string[] {
  return table(
    ['  scores', 'rows', 'events', 'rate', 'interval', 'lift', 'rows so far', 'events so far'],
    bands.map((band) => [
      `  ${shown(band.low)} to ${shown(band.high)}`,
      band.n,
      band.events,
      band.too_few === true ? 'too few' : shown(band.rate),
      band.too_few === true ? '' : `${shown(band.rate_low)} to ${shown(band.rate_high)}`,
      shown(band.lift),
      percent(band.reached),
      percent(band.captured),
    ]),
  );
}

function shown(text: string | null): string {
  return text === null ? '' : shortDecimal(text);
}

function percent(text: string | null): string {
  return text === null ? '' : `${Number((Number(text) * 100).toFixed(1))} %`;
}
