// SPDX-License-Identifier: Apache-2.0

/** A chart as data: finite numbers and labels, with no drawing in it. */
export type ChartSpec =
  | RocChart
  | CalibrationChart
  | HistogramChart
  | RatiosChart
  | BarsChart
  | TornadoChart
  | CourseChart;

/** Rates from 0 to 1, in order of falling threshold. `label` states the area with its interval. */
export interface RocChart {
  readonly kind: 'roc';
  readonly label: string;
  readonly points: readonly { readonly fpr: number; readonly tpr: number }[];
}

/** Mean predicted probability and observed rate per bin, with the interval of the observed rate. */
export interface CalibrationChart {
  readonly kind: 'calibration';
  readonly bins: readonly {
    readonly predicted: number;
    readonly observed: number;
    readonly low: number;
    readonly high: number;
  }[];
}

/** `edges` has one more entry than each `counts`. */
export interface HistogramChart {
  readonly kind: 'histogram';
  /** Quantity on the horizontal axis, with its unit. */
  readonly axis: string;
  readonly edges: readonly number[];
  readonly series: readonly { readonly name: string; readonly counts: readonly number[] }[];
}

/** Ratios with intervals beside a limit, one row a group. */
export interface RatiosChart {
  readonly kind: 'ratios';
  readonly axis: string;
  readonly limit: number;
  readonly limitLabel: string;
  readonly items: readonly {
    readonly label: string;
    readonly value: number;
    readonly low: number;
    readonly high: number;
  }[];
}

/** One bar a label, such as the contribution of each bin to PSI. */
export interface BarsChart {
  readonly kind: 'bars';
  readonly axis: string;
  readonly items: readonly { readonly label: string; readonly value: number }[];
}

/** A score over the trials of a search: each trial, and the best one so far. */
export interface CourseChart {
  readonly kind: 'course';
  readonly axis: string;
  readonly trials: readonly { readonly trial: number; readonly score: number }[];
  readonly best: readonly { readonly trial: number; readonly score: number }[];
}

/** How far an output falls (`low`, at most 0) and rises (`high`, at least 0) as each input moves. */
export interface TornadoChart {
  readonly kind: 'tornado';
  readonly axis: string;
  readonly items: readonly {
    readonly label: string;
    readonly low: number;
    readonly high: number;
  }[];
}
