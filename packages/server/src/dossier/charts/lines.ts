// SPDX-License-Identifier: Apache-2.0
import { shownNumber } from '../shown-number.ts';
import type { LineSeries, LinesChart, ReferenceLine, ScatterChart } from './spec.ts';
import {
  BASE,
  HAIRLINE,
  INK,
  LIMIT,
  legend,
  MUTED,
  SERIES_COLOURS,
  TEXT_STYLE,
  TICK_LABEL,
  valueAxis,
} from './theme.ts';
import { whiskers } from './whiskers.ts';

const GRID = { left: 76, right: 26, bottom: 54 };
/** Room above the plot for one row of names. */
const TOP = { withLegend: 38, without: 16 };
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond', 'emptyCircle', 'emptyRect'];
const DASHES = ['solid', 'dashed', 'dotted'] as const;
/** Beyond this many points a mark on each would hide the line. */
const MARKED_POINTS_MAX = 24;

/** Several series over categories or numbers, with intervals, limits and bands. */
export function linesOption(chart: LinesChart) {
  const named = chart.series.length > 1;
  const range = heightOf(chart);
  return {
    ...BASE,
    ...(named && { legend: seriesLegend() }),
    grid: { ...GRID, top: named ? TOP.withLegend : TOP.without },
    xAxis: xAxisOf(chart),
    yAxis: { ...valueAxis({ name: chart.y.title, gap: 56 }), ...range },
    series: [
      marksSeries(chart, range),
      ...(chart.diagonal === true ? [diagonalOf(chart)] : []),
      ...chart.series.flatMap((series, index) => seriesOptions(series, index, chart)),
    ],
  };
}

/** The mark and the dash of each series, where a plain square would show its colour alone. */
function seriesLegend() {
  const { icon: _, ...rest } = legend();
  return { ...rest, itemWidth: 34 };
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Everything that is drawn is inside, limits and the bounds of bands too; the ends are round. */
function heightOf({ y, series, limits = [], bands = [] }: LinesChart): Range {
  const drawn = [
    ...series.flatMap(({ points }) =>
      points.flatMap((point) => [point.y, point.low, point.high].filter(isNumber)),
    ),
    ...limits.map(({ value }) => value),
    ...bands.flatMap(({ from, to }) => [from, to].filter(isNumber)),
  ];
  const [low, high] = extent(drawn);
  const unit = 10 ** Math.floor(Math.log10(Math.max(high - low, Math.abs(high) * 1e-6, 1e-12))) / 2;
  const room = (high - low) * 0.04;
  const round = (value: number) => Number((value * unit).toPrecision(12));
  const min = low >= 0 && low - room < 0 ? 0 : round(Math.floor((low - room) / unit));
  return { min: y.min ?? min, max: y.max ?? round(Math.ceil((high + room) / unit)) };
}

function isNumber(value: number | null | undefined): value is number {
  return typeof value === 'number';
}

function xAxisOf({ x }: LinesChart) {
  if (!('categories' in x)) {
    const { title } = x;
    return { ...valueAxis({ name: title, gap: 30 }), ...rangeOf(x), scale: true };
  }
  return {
    type: 'category' as const,
    data: [...x.categories],
    name: x.title,
    nameLocation: 'middle' as const,
    nameGap: 32,
    nameTextStyle: TEXT_STYLE,
    axisLabel: { ...TICK_LABEL, hideOverlap: true },
    axisLine: { lineStyle: { color: MUTED } },
    axisTick: { alignWithLabel: true, lineStyle: { color: MUTED } },
    splitLine: { show: false, lineStyle: { color: HAIRLINE } },
  };
}

function rangeOf({ min, max }: { readonly min?: number; readonly max?: number }) {
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}

function colourOf(index: number): string {
  return SERIES_COLOURS[index % SERIES_COLOURS.length] ?? INK;
}

function seriesOptions(series: LineSeries, index: number, chart: LinesChart) {
  const color = colourOf(index);
  const intervals = series.points.flatMap(({ x, low, high }) =>
    low === undefined || high === undefined ? [] : [{ at: x, low, high }],
  );
  const isMarked = series.points.length <= MARKED_POINTS_MAX;
  return [
    ...(intervals.length === 0 ? [] : [whiskers(intervals, 'vertical', color)]),
    {
      name: series.name,
      type: 'line' as const,
      data: series.points.map(({ x, y }) => [x, y]),
      connectNulls: false,
      ...(chart.steps === true && { step: 'end' as const }),
      showSymbol: isMarked || series.isPointsOnly === true,
      // Else a category axis marks only the places that it has room to name.
      showAllSymbol: true,
      symbol: SYMBOLS[index % SYMBOLS.length],
      symbolSize: 7,
      itemStyle: { color },
      lineStyle: {
        color,
        width: series.isPointsOnly === true ? 0 : 2,
        type: DASHES[index % DASHES.length],
      },
    },
  ];
}

// Limits and bands belong to no series: one without points carries them, behind all others.
function marksSeries({ limits = [], bands = [] }: LinesChart, { min, max }: Range) {
  return {
    type: 'line' as const,
    data: [],
    silent: true,
    markLine: {
      silent: true,
      symbol: 'none',
      data: limits.map((line) => ({ yAxis: line.value, ...lineStyleOf(line) })),
    },
    markArea: {
      silent: true,
      data: bands.map(({ label, from, to, tone }) => [
        {
          yAxis: Math.min(max, to ?? max),
          itemStyle: { color: BAND_COLOURS[tone] },
          label: {
            ...TICK_LABEL,
            show: true,
            position: 'insideTopLeft' as const,
            formatter: () => label,
          },
        },
        { yAxis: Math.max(min, from ?? min) },
      ]),
    },
  };
}

/** Pale enough for the lines on them, and of falling lightness where colour is lost. */
const BAND_COLOURS = { good: '#e4efe6', watch: '#f7ecd2', bad: '#eed3d0' } as const;

function lineStyleOf({ label }: ReferenceLine, position: 'end' | 'insideEndTop' = 'insideEndTop') {
  return {
    lineStyle: { color: LIMIT, width: 1.6, type: 'solid' as const },
    label: {
      ...TEXT_STYLE,
      color: LIMIT,
      position,
      rotate: 0,
      formatter: () => label,
    },
  };
}

function diagonalOf({ x, y }: LinesChart) {
  const low = Math.max('min' in x ? (x.min ?? 0) : 0, y.min ?? 0);
  const high = Math.min('max' in x ? (x.max ?? 1) : 1, y.max ?? 1);
  return {
    type: 'line' as const,
    data: [
      [low, low],
      [high, high],
    ],
    showSymbol: false,
    silent: true,
    lineStyle: { color: MUTED, width: 1, type: 'dashed' as const },
  };
}

/** Points of several groups, some joined or named, with limits on either axis. */
export function scatterOption(chart: ScatterChart) {
  const named = chart.groups.length > 1;
  return {
    ...BASE,
    ...(named && { legend: seriesLegend() }),
    grid: { ...GRID, top: named ? TOP.withLegend + TOP.without : 2 * TOP.without },
    xAxis: { ...valueAxis({ name: chart.x.title, gap: 30 }), ...rangeOf(chart.x), scale: true },
    yAxis: { ...valueAxis({ name: chart.y.title, gap: 56 }), ...rangeOf(chart.y), scale: true },
    series: [
      ...chart.groups.map((group, index) => ({
        name: group.name,
        type: group.isJoined === true ? ('line' as const) : ('scatter' as const),
        data: group.points.map(({ x, y, label }) => ({
          value: [x, y],
          label: {
            ...TEXT_STYLE,
            show: label !== undefined,
            position: 'right' as const,
            formatter: () => label ?? '',
          },
        })),
        symbol: SYMBOLS[index % SYMBOLS.length],
        symbolSize: group.points.length > 200 ? 3 : 8,
        itemStyle: { color: colourOf(index) },
        lineStyle: { color: colourOf(index), width: 1.6 },
      })),
      {
        type: 'scatter' as const,
        data: [],
        silent: true,
        markLine: {
          silent: true,
          symbol: 'none',
          data: (chart.limits ?? []).map((line) => ({
            [line.axis === 'x' ? 'xAxis' : 'yAxis']: line.value,
            ...lineStyleOf(line, line.axis === 'x' ? 'end' : 'insideEndTop'),
          })),
        },
      },
    ],
  };
}

/** Range and ends of each series, so that the words say what the eye would see first. */
export function linesAlt(chart: LinesChart): string {
  const { x } = chart;
  const place = (at: number) =>
    'categories' in x ? (x.categories[at] ?? String(at)) : shownNumber(at);
  const series = chart.series.map(({ name, points }) => {
    const drawn = points.flatMap(({ x: at, y }) => (y === null ? [] : [{ at, y }]));
    const [first, last] = [drawn.at(0), drawn.at(-1)];
    if (first === undefined || last === undefined) return `${name} has no point`;
    const [low, high] = extent(drawn.map(({ y }) => y));
    return `${name} from ${shownNumber(first.y)} at ${place(first.at)} to ${shownNumber(last.y)} at ${place(last.at)}, between ${shownNumber(low)} and ${shownNumber(high)}`;
  });
  const limits = (chart.limits ?? []).map(
    ({ label, value }) => `${label} at ${shownNumber(value)}`,
  );
  return `${chart.y.title} against ${x.title}: ${[...series, ...limits].join('; ')}.`;
}

export function scatterAlt(chart: ScatterChart): string {
  const groups = chart.groups.map(({ name, points }) => {
    const [left, right] = extent(points.map(({ x }) => x));
    const [low, high] = extent(points.map(({ y }) => y));
    const what = points.length === 1 ? 'one point' : `${points.length} points`;
    return `${name}, ${what} from ${shownNumber(left)} to ${shownNumber(right)} across and ${shownNumber(low)} to ${shownNumber(high)} up`;
  });
  return `${chart.y.title} against ${chart.x.title}: ${groups.join('; ')}.`;
}

// Series run to thousands of points, which is more than a call takes as arguments.
function extent(values: readonly number[]): readonly [number, number] {
  return values.reduce<readonly [number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity],
  );
}
