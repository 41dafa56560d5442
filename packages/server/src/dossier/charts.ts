// SPDX-License-Identifier: Apache-2.0

import { ServerError } from '../errors.ts';
import { barOption, intervalOption, tornadoOption } from './charts/bars.ts';
import { calibrationOption, courseOption, histogramOption, rocOption } from './charts/curves.ts';
import { linesAlt, linesOption, scatterAlt, scatterOption } from './charts/lines.ts';
import type { ChartSpec } from './charts/spec.ts';
import { optionSvg } from './charts/svg.ts';

export type { ChartSpec } from './charts/spec.ts';

/**
 * Draws a chart as SVG text, without a browser: the same chart gives the same bytes.
 * @throws ServerError `chart_malformed` for a chart without points or with a number that is not finite
 */
export function chartSvg(chart: ChartSpec): string {
  const key = JSON.stringify(chart);
  const known = DRAWN.get(key);
  if (known !== undefined) return known;
  assertDrawable(chart);
  const svg = optionSvg(optionOf(chart), sizeOf(chart));
  if (DRAWN.size >= DRAWN_MAX) DRAWN.clear();
  DRAWN.set(key, svg);
  return svg;
}

/** Every edition of a document draws the same charts; about ten kilobytes each. */
const DRAWN = new Map<string, string>();
const DRAWN_MAX = 300;

/** What the figure shows, for a reader who cannot see it. */
export function chartAlt(chart: ChartSpec): string {
  switch (chart.kind) {
    case 'roc':
      return `ROC curve: true positive rate against false positive rate, ${chart.label}.`;
    case 'calibration':
      return `Calibration plot: observed rate with interval against mean predicted probability in ${chart.bins.length} bins.`;
    case 'histogram':
      return `Histogram of ${chart.axis}, by ${chart.series.map(({ name }) => name).join(' and ')}.`;
    case 'ratios':
      return `${chart.axis} with interval for ${chart.items.map(({ label }) => label).join(', ')}; limit ${chart.limit}.`;
    case 'bars':
      return `Bars of ${chart.axis} for ${chart.items.map(({ label }) => label).join(', ')}.`;
    case 'course':
      return `${chart.axis} of ${chart.trials.length} trials in order, with the best so far.`;
    case 'tornado':
      return `Tornado chart: ${chart.axis} for ${chart.items.map(({ label }) => label).join(', ')}.`;
    case 'lines':
      return linesAlt(chart);
    case 'scatter':
      return scatterAlt(chart);
  }
}

function optionOf(chart: ChartSpec) {
  switch (chart.kind) {
    case 'roc':
      return rocOption(chart);
    case 'calibration':
      return calibrationOption(chart);
    case 'histogram':
      return histogramOption(chart);
    case 'ratios':
      return intervalOption(chart);
    case 'bars':
      return barOption(chart);
    case 'tornado':
      return tornadoOption(chart);
    case 'course':
      return courseOption(chart);
    case 'lines':
      return linesOption(chart);
    case 'scatter':
      return scatterOption(chart);
  }
}

// Pixels; documents scale the picture to the measure, so this fixes proportions and type size.
const WIDE = 640;
const SQUARE = { width: 420, height: 420 };
const ROW_HEIGHT = 34;

/** True for a chart whose axes share a scale, so that it is as high as it is wide. */
export function isSquareChart(chart: ChartSpec): boolean {
  return chart.kind === 'lines'
    ? chart.diagonal === true
    : chart.kind === 'roc' || chart.kind === 'calibration';
}

function sizeOf(chart: ChartSpec): { readonly width: number; readonly height: number } {
  switch (chart.kind) {
    case 'roc':
    case 'calibration':
      return SQUARE;
    case 'histogram':
    case 'course':
      return { width: WIDE, height: 320 };
    case 'lines':
      return chart.diagonal === true ? SQUARE : { width: WIDE, height: 340 };
    case 'scatter':
      return { width: WIDE, height: 360 };
    case 'ratios':
    case 'bars':
    case 'tornado':
      return { width: WIDE, height: 84 + ROW_HEIGHT * chart.items.length };
  }
}

function assertDrawable(chart: ChartSpec): void {
  const numbers = numbersOf(chart);
  const bad = numbers.find((value) => !Number.isFinite(value));
  if (numbers.length === 0 || bad !== undefined) {
    const why = bad === undefined ? 'has no points' : `holds the number \`${bad}\``;
    throw new ServerError('chart_malformed', `chart of kind \`${chart.kind}\` ${why}`, {
      details: { kind: chart.kind },
    });
  }
}

function numbersOf(chart: ChartSpec): readonly number[] {
  switch (chart.kind) {
    case 'roc':
      return chart.points.flatMap(({ fpr, tpr }) => [fpr, tpr]);
    case 'calibration':
      return chart.bins.flatMap(({ predicted, observed, low, high }) => [
        predicted,
        observed,
        low,
        high,
      ]);
    case 'histogram':
      return [...chart.edges, ...chart.series.flatMap(({ counts }) => counts)];
    case 'ratios':
      return [chart.limit, ...chart.items.flatMap(({ value, low, high }) => [value, low, high])];
    case 'bars':
      return chart.items.map(({ value }) => value);
    case 'tornado':
      return chart.items.flatMap(({ low, high }) => [low, high]);
    case 'course':
      return [...chart.trials, ...chart.best].flatMap(({ trial, score }) => [trial, score]);
    case 'lines':
      return chart.series.flatMap(({ points }) =>
        points.flatMap(({ x, y, low, high }) => [x, y ?? [], low ?? [], high ?? []].flat()),
      );
    case 'scatter':
      return chart.groups.flatMap(({ points }) => points.flatMap(({ x, y }) => [x, y]));
  }
}
