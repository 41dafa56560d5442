// SPDX-License-Identifier: Apache-2.0

/** A chart as data: finite numbers and labels, with no drawing in it. */
export type ChartSpec =
  | RocChart
  | CalibrationChart
  | HistogramChart
  | RatiosChart
  | BarsChart
  | TornadoChart
  | CourseChart
  | LinesChart
  | ScatterChart;

/** An axis of numbers; `title` names the quantity and its unit. Bounds follow the data where absent. */
export interface NumberAxis {
  readonly title: string;
  readonly min?: number;
  readonly max?: number;
}

/** A line across the plot, such as a limit of the plan. */
export interface ReferenceLine {
  readonly label: string;
  readonly value: number;
}

export interface LineSeries {
  readonly name: string;
  /**
   * In rising `x`: a number of the axis, or the index of a category. A `y` of null breaks the line, as
   * where a period has too few events; `low` and `high` are the ends of an interval.
   */
  readonly points: readonly {
    readonly x: number;
    readonly y: number | null;
    readonly low?: number;
    readonly high?: number;
  }[];
  /** Marks without a line between them. */
  readonly isPointsOnly?: boolean;
}

/** Series over periods or numbers: predicted and realised, partial dependence, Lorenz. Six are told apart. */
export interface LinesChart {
  readonly kind: 'lines';
  readonly x: NumberAxis | { readonly title: string; readonly categories: readonly string[] };
  readonly y: NumberAxis;
  readonly series: readonly LineSeries[];
  readonly limits?: readonly ReferenceLine[];
  /** Zones between two values of `y`, such as traffic lights; an end that is absent is the edge of the plot. */
  readonly bands?: readonly {
    readonly label: string;
    readonly from?: number;
    readonly to?: number;
    readonly tone: 'good' | 'watch' | 'bad';
  }[];
  /** The line where both axes are equal. */
  readonly diagonal?: boolean;
  /** Values hold until the next point. */
  readonly steps?: boolean;
}

/** Points of several groups, such as a frontier and what was tried beside it. Six groups are told apart. */
export interface ScatterChart {
  readonly kind: 'scatter';
  readonly x: NumberAxis;
  readonly y: NumberAxis;
  readonly groups: readonly {
    readonly name: string;
    readonly points: readonly { readonly x: number; readonly y: number; readonly label?: string }[];
    /** Joined in the order given. */
    readonly isJoined?: boolean;
  }[];
  readonly limits?: readonly (ReferenceLine & { readonly axis: 'x' | 'y' })[];
}

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
