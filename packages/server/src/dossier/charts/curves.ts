// SPDX-License-Identifier: Apache-2.0
import type { CalibrationChart, CourseChart, HistogramChart, RocChart } from './spec.ts';
import { BASE, legend, MUTED, PRIMARY, SECONDARY, TEXT_STYLE, valueAxis } from './theme.ts';
import { whiskers } from './whiskers.ts';

const UNIT_GRID = { left: 62, right: 18, top: 16, bottom: 50 };
const UNIT_RANGE = { min: 0, max: 1, interval: 0.2 };

/** The diagonal: chance in a ROC plot, perfect calibration in a calibration plot. */
const DIAGONAL = {
  type: 'line' as const,
  data: [
    [0, 0],
    [1, 1],
  ],
  showSymbol: false,
  silent: true,
  lineStyle: { color: MUTED, width: 1, type: 'dashed' as const },
};

export function rocOption(chart: RocChart) {
  return {
    ...BASE,
    grid: UNIT_GRID,
    xAxis: { ...valueAxis({ name: 'False positive rate', gap: 30 }), ...UNIT_RANGE },
    yAxis: { ...valueAxis({ name: 'True positive rate', gap: 40 }), ...UNIT_RANGE },
    series: [
      DIAGONAL,
      {
        type: 'line',
        data: chart.points.map(({ fpr, tpr }) => [fpr, tpr]),
        showSymbol: false,
        lineStyle: { color: PRIMARY, width: 2.2 },
      },
    ],
    title: {
      text: chart.label,
      right: 28,
      bottom: 72,
      textStyle: { ...TEXT_STYLE, fontWeight: 600 },
    },
  };
}

export function calibrationOption(chart: CalibrationChart) {
  const bins = [...chart.bins].sort((a, b) => a.predicted - b.predicted);
  return {
    ...BASE,
    grid: UNIT_GRID,
    xAxis: { ...valueAxis({ name: 'Mean predicted probability', gap: 30 }), ...UNIT_RANGE },
    yAxis: { ...valueAxis({ name: 'Observed rate', gap: 40 }), ...UNIT_RANGE },
    series: [
      DIAGONAL,
      whiskers(
        bins.map(({ predicted, low, high }) => ({ at: predicted, low, high })),
        'vertical',
      ),
      {
        type: 'line',
        data: bins.map(({ predicted, observed }) => [predicted, observed]),
        symbol: 'circle',
        symbolSize: 7,
        itemStyle: { color: PRIMARY },
        lineStyle: { color: PRIMARY, width: 1.6 },
      },
    ],
  };
}

export function courseOption(chart: CourseChart) {
  const points = (list: CourseChart['best']) => list.map(({ trial, score }) => [trial, score]);
  return {
    ...BASE,
    legend: legend(),
    grid: { left: 76, right: 18, top: 36, bottom: 50 },
    xAxis: { ...valueAxis({ name: 'Trial', gap: 30 }), minInterval: 1, splitLine: { show: false } },
    yAxis: { ...valueAxis({ name: chart.axis, gap: 56 }), scale: true },
    series: [
      {
        name: 'each trial',
        type: 'scatter',
        data: points(chart.trials),
        symbolSize: 5,
        itemStyle: { color: SECONDARY },
      },
      {
        name: 'best so far',
        type: 'line',
        step: 'end',
        showSymbol: false,
        data: points(chart.best),
        itemStyle: { color: PRIMARY },
        lineStyle: { color: PRIMARY, width: 2 },
      },
    ],
  };
}

export function histogramOption(chart: HistogramChart) {
  const isOne = chart.series.length === 1;
  const totals = chart.series.map(({ counts }) => counts.reduce((sum, count) => sum + count, 0));
  return {
    ...BASE,
    ...(isOne ? {} : { legend: legend() }),
    grid: { left: 62, right: 18, top: isOne ? 16 : 36, bottom: 50 },
    xAxis: {
      ...valueAxis({ name: chart.axis, gap: 30 }),
      min: chart.edges[0],
      max: chart.edges.at(-1),
      splitLine: { show: false },
    },
    yAxis: valueAxis({ name: `Share of ${isOne ? 'rows' : 'class'} in bin (%)`, gap: 42 }),
    series: chart.series.map((series, index) => ({
      name: series.name,
      type: 'line',
      step: 'end',
      showSymbol: false,
      data: steps(chart.edges, series.counts, totals[index] ?? 0),
      itemStyle: { color: index === 0 ? PRIMARY : SECONDARY },
      lineStyle: {
        color: index === 0 ? PRIMARY : SECONDARY,
        width: 1.8,
        type: index === 0 ? 'solid' : 'dashed',
      },
      areaStyle: { color: index === 0 ? PRIMARY : SECONDARY, opacity: index === 0 ? 0.16 : 0.22 },
    })),
  };
}

// The last edge repeats the last share, so that the last bin has its width.
function steps(edges: readonly number[], counts: readonly number[], total: number) {
  const share = (index: number) => (total === 0 ? 0 : (100 * (counts[index] ?? 0)) / total);
  return edges.map((edge, index) => [edge, share(Math.min(index, counts.length - 1))]);
}
