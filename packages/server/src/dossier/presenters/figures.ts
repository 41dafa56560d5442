// SPDX-License-Identifier: Apache-2.0
import type { ChartSpec } from '../charts.ts';
import type { Block, FigureBlock } from '../document.ts';
import { measuredCell } from '../shown-number.ts';
import {
  type DossierRecord,
  type Fields,
  fieldsOf,
  namedGroup,
  numberOf,
  rowsOf,
  textOf,
} from './content.ts';
import { metricName } from './metric-names.ts';

/*
 * Pictures drawn from the detail of a report. A picture whose numbers are not all there is left out:
 * its table still stands, and half a curve would say something that nobody measured.
 */

// More rows than this would outgrow a page.
const ROWS_MAX = 20;

function rowsNote(all: number, what: string): string {
  return all > ROWS_MAX ? `, the ${ROWS_MAX} ${what} of ${all}` : '';
}

function figure(chart: ChartSpec, caption: string, record: DossierRecord): FigureBlock {
  return { kind: 'figure', chart, caption, cite: record.digest };
}

interface Bin {
  readonly predicted: number;
  readonly observed: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
  readonly positives: number;
}

/** Score bins give three pictures: calibration, distribution by class and the ROC curve at their edges. */
export function calibrationFigures(
  detail: Fields,
  overall: readonly Fields[],
  record: DossierRecord,
): readonly Block[] {
  const bins = binsOf(detail);
  if (bins.length < 2) return [];
  const auc = overall.find((row) => textOf(row.metric) === 'auc');
  return [
    ...rocFigure(rocOf(detail) ?? rocOfBins(bins), auc, record),
    figure(
      { kind: 'calibration', bins },
      `Calibration in ${bins.length} bins of about equal counts, with intervals of the observed rate`,
      record,
    ),
    ...distributionFigure(bins, record),
  ];
}

function binsOf(detail: Fields): readonly Bin[] {
  const rows = rowsOf(detail.calibration);
  const bins = rows.flatMap((row): readonly Bin[] => {
    const [predicted, observed, low, high, n, positives] = [
      row.mean_score,
      row.rate,
      row.rate_low,
      row.rate_high,
      row.n,
      row.positives,
    ].map(numberOf);
    const missing = [predicted, observed, low, high, n, positives].includes(undefined);
    if (missing) return [];
    return [
      {
        predicted: predicted ?? 0,
        observed: observed ?? 0,
        low: low ?? 0,
        high: high ?? 0,
        n: n ?? 0,
        positives: positives ?? 0,
      },
    ];
  });
  return bins.length === rows.length ? [...bins].sort((a, b) => a.predicted - b.predicted) : [];
}

interface Curve {
  readonly points: readonly { readonly fpr: number; readonly tpr: number }[];
  readonly caption: string;
}

function rocOf(detail: Fields): Curve | undefined {
  const rows = rowsOf(detail.roc);
  const points = rows.flatMap((row) => {
    const [fpr, tpr] = [numberOf(row.fpr), numberOf(row.tpr)];
    return fpr === undefined || tpr === undefined ? [] : [{ fpr, tpr }];
  });
  if (points.length < 2 || points.length < rows.length) return undefined;
  return { points, caption: `ROC curve through ${points.length} of its points` };
}

// Equal scores share a bin, so the curve passes exactly through these points.
function rocOfBins(bins: readonly Bin[]): Curve | undefined {
  const positives = bins.reduce((sum, bin) => sum + bin.positives, 0);
  const negatives = bins.reduce((sum, bin) => sum + bin.n - bin.positives, 0);
  if (positives === 0 || negatives === 0) return undefined;
  const points = [{ fpr: 0, tpr: 0 }];
  let [tp, fp] = [0, 0];
  for (const bin of [...bins].reverse()) {
    tp += bin.positives;
    fp += bin.n - bin.positives;
    points.push({ fpr: fp / negatives, tpr: tp / positives });
  }
  return { points, caption: `ROC curve through the edges of ${bins.length} score bins` };
}

function rocFigure(
  curve: Curve | undefined,
  auc: Fields | undefined,
  record: DossierRecord,
): readonly Block[] {
  if (curve === undefined) return [];
  const value = textOf(auc?.value);
  const label = value === undefined ? '' : `AUC ${measuredCell(value).text}`;
  return [figure({ kind: 'roc', label, points: curve.points }, curve.caption, record)];
}

function distributionFigure(bins: readonly Bin[], record: DossierRecord): readonly Block[] {
  const chart: ChartSpec = {
    kind: 'histogram',
    axis: 'Score bin (rising score)',
    edges: Array.from({ length: bins.length + 1 }, (_, index) => index),
    series: [
      { name: 'no event', counts: bins.map((bin) => bin.n - bin.positives) },
      { name: 'event', counts: bins.map((bin) => bin.positives) },
    ],
  };
  return [figure(chart, 'Distribution of each class over the score bins', record)];
}

/** The governing ratio of each group beside its limit; without one declared, the ratio of approvals. */
export function ratioFigure(
  detail: Fields,
  groups: readonly Fields[],
  record: DossierRecord,
): readonly Block[] {
  const metric = textOf(detail.governing) ?? 'approval_ratio';
  if (!metric.endsWith('_ratio')) return [];
  const rows = groups.filter((row) => textOf(row.metric) === metric);
  const items = rows.flatMap((row) => {
    const interval = fieldsOf(row.interval);
    const [value, low, high] = [row.value, interval.low, interval.high].map(numberOf);
    if (value === undefined || low === undefined || high === undefined) return [];
    const { attribute, value: group } = namedGroup(row.group);
    const label = attribute === '' ? group : `${attribute}: ${group}`;
    return [{ label, value, low, high }];
  });
  const limit = rows.map((row) => fieldsOf(row.limit)).find((one) => one.value !== undefined);
  const bound = numberOf(limit?.value);
  if (items.length === 0 || bound === undefined) return [];
  const limitLabel = `limit ${textOf(limit?.value) ?? ''}`;
  const axis = metricName(metric);
  const omitted = rows.length - items.length;
  const note =
    omitted === 0 ? '' : `; ${omitted} without a bounded interval are in the table alone`;
  return [
    figure(
      { kind: 'ratios', axis, limit: bound, limitLabel, items: items.slice(0, ROWS_MAX) },
      `${axis} by group with intervals${rowsNote(items.length, 'first')}${note}`,
      record,
    ),
  ];
}

/** The largest mean fall and rise of the score over the changes tried on each input. */
export function sensitivityFigure(detail: Fields, record: DossierRecord): readonly Block[] {
  const inputs = rowsOf(detail.inputs).map((row) => {
    const changes = rowsOf(row.effects).flatMap((effect) => numberOf(effect.mean_change) ?? []);
    return {
      label: textOf(row.input) ?? '',
      low: Math.min(0, ...changes),
      high: Math.max(0, ...changes),
    };
  });
  const items = [...inputs]
    .sort((a, b) => b.high - b.low - (a.high - a.low) || a.label.localeCompare(b.label, 'en'))
    .slice(0, ROWS_MAX);
  if (items.length === 0) return [];
  return [
    figure(
      { kind: 'tornado', axis: 'Mean change of the score', items },
      `Change of the score as one input at a time is moved${rowsNote(inputs.length, 'largest')}`,
      record,
    ),
  ];
}

export function firstReasonFigure(detail: Fields, record: DossierRecord): readonly Block[] {
  const items = Object.entries(fieldsOf(detail.first_reasons))
    .flatMap(([label, count]) => {
      const value = numberOf(count);
      return value === undefined ? [] : [{ label, value }];
    })
    .sort((a, b) => b.value - a.value || a.label.localeCompare(b.label, 'en'));
  if (items.length === 0) return [];
  const axis = 'Rows with this input as first reason';
  const caption = `How often each input was the first reason${rowsNote(items.length, 'commonest')}`;
  return [figure({ kind: 'bars', axis, items: items.slice(0, ROWS_MAX) }, caption, record)];
}

const SHIFTED_MAX = 3;

/** PSI of every column, and the bins of those that moved most. */
export function stabilityFigures(detail: Fields, record: DossierRecord): readonly Block[] {
  const columns = rowsOf(detail.columns)
    .flatMap((row) => {
      const value = numberOf(fieldsOf(row.measurement).value);
      return value === undefined ? [] : [{ label: textOf(row.column) ?? '', value, row }];
    })
    .sort((a, b) => b.value - a.value || a.label.localeCompare(b.label, 'en'));
  if (columns.length === 0) return [];
  const items = columns.slice(0, ROWS_MAX).map(({ label, value }) => ({ label, value }));
  const caption = `Population stability index by column${rowsNote(columns.length, 'largest')}`;
  return [
    figure({ kind: 'bars', axis: 'PSI', items }, caption, record),
    ...columns.slice(0, SHIFTED_MAX).flatMap(({ label, row }) => binFigure(label, row, record)),
  ];
}

function binFigure(column: string, row: Fields, record: DossierRecord): readonly Block[] {
  const items = rowsOf(row.bins).flatMap((bin) => {
    const value = numberOf(bin.contribution);
    return value === undefined ? [] : [{ label: textOf(bin.bin) ?? '', value }];
  });
  if (items.length === 0) return [];
  const axis = 'Contribution to PSI';
  const caption = `Contribution of each bin of ${column} to PSI${rowsNote(items.length, 'first')}`;
  return [figure({ kind: 'bars', axis, items: items.slice(0, ROWS_MAX) }, caption, record)];
}
