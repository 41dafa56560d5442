// SPDX-License-Identifier: Apache-2.0
import type { BarsChart, RatiosChart, TornadoChart } from './spec.ts';
import {
  BASE,
  INK,
  LIMIT,
  legend,
  PRIMARY,
  rowAxis,
  SECONDARY,
  TEXT_STYLE,
  valueAxis,
} from './theme.ts';
import { whiskers } from './whiskers.ts';

const ROW_GRID = {
  left: 12,
  right: 28,
  top: 34,
  bottom: 28,
  outerBoundsMode: 'same',
  outerBoundsContain: 'axisLabel',
};
const BAR_WIDTH = 16;

/** Point and interval of each ratio, with the limit and equality as lines across the rows. */
export function intervalOption(chart: RatiosChart) {
  const labels = chart.items.map(({ label }) => label);
  const all = [1, chart.limit, ...chart.items.flatMap(({ low, high }) => [low, high])];
  const positive = all.filter((value) => value > 0);
  const spread = { min: Math.min(...positive) * 0.92, max: Math.max(...positive) * 1.08 };
  return {
    ...BASE,
    grid: ROW_GRID,
    xAxis: {
      ...valueAxis({ name: chart.axis, gap: 30 }),
      ...niceRange(spread),
    },
    yAxis: rowAxis(labels),
    series: [
      whiskers(
        chart.items.map(({ low, high }, index) => ({ at: index, low, high })),
        'horizontal',
      ),
      {
        type: 'scatter',
        symbol: 'diamond',
        symbolSize: 11,
        itemStyle: { color: PRIMARY },
        data: chart.items.map(({ value }, index) => [value, index]),
        markLine: limitLines(chart),
      },
    ],
  };
}

function niceRange({ min, max }: { readonly min: number; readonly max: number }) {
  const low = Math.max(0, Math.floor(min * 5) / 5);
  return { min: low, max: Math.ceil(max * 5) / 5 };
}

function limitLines(chart: RatiosChart) {
  // The rows run from top to bottom, so the start of a line across them is at the top.
  const label = { ...TEXT_STYLE, position: 'start' as const, rotate: 0 };
  return {
    silent: true,
    symbol: 'none',
    data: [
      {
        xAxis: chart.limit,
        lineStyle: { color: LIMIT, width: 1.6, type: 'solid' },
        label: { ...label, align: 'right', color: LIMIT, formatter: () => chart.limitLabel },
      },
      {
        xAxis: 1,
        lineStyle: { color: INK, width: 1, type: 'dashed' },
        label: { ...label, align: 'left', formatter: () => 'equal' },
      },
    ],
  };
}

export function barOption(chart: BarsChart) {
  return {
    ...BASE,
    grid: { ...ROW_GRID, top: 12 },
    xAxis: valueAxis({ name: chart.axis, gap: 30 }),
    yAxis: rowAxis(chart.items.map(({ label }) => label)),
    series: [
      {
        type: 'bar',
        barWidth: BAR_WIDTH,
        itemStyle: { color: PRIMARY },
        data: chart.items.map(({ value }) => value),
      },
    ],
  };
}

export function tornadoOption(chart: TornadoChart) {
  const side = (name: string, pick: 'low' | 'high', color: string) => ({
    name,
    type: 'bar',
    stack: 'swing',
    barWidth: BAR_WIDTH,
    itemStyle: { color },
    data: chart.items.map((item) => item[pick]),
  });
  return {
    ...BASE,
    legend: legend(),
    grid: ROW_GRID,
    xAxis: valueAxis({ name: chart.axis, gap: 30 }),
    yAxis: rowAxis(chart.items.map(({ label }) => label)),
    series: [
      side('largest mean fall', 'low', SECONDARY),
      side('largest mean rise', 'high', PRIMARY),
    ],
  };
}
