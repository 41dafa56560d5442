// SPDX-License-Identifier: Apache-2.0
import type { ColumnProfile } from './dataset-snapshot.ts';

/**
 * What is measured of every snapshot without being asked. Profiles, columns and the label are measured on the rows
 * that steps may read; of sealed and served rows only counts that two splits share are told. Figures are integers or
 * canonical decimals of 12 significant digits.
 */
export interface DataMeasures {
  readonly v: 1;
  /** Splits whose rows the figures are from, in order. */
  readonly readable: readonly string[];
  readonly readableRows: number;
  /** Columns over all readable splits together; null when one split is all there is, whose own profile it would be. */
  readonly profile: readonly ColumnProfile[] | null;
  /** Every pair of splits, in the order of the pipeline file. */
  readonly splitPairs: readonly SplitPair[];
  readonly columns: readonly ColumnFinding[];
  readonly label: LabelDetermination | null;
}

/** What two splits share. `first` is the one that the pipeline file names first: usually the one trained on. */
export interface SplitPair {
  readonly first: string;
  readonly second: string;
  /** Rows equal in every feature to a row of the other split; null where no column is a feature. */
  readonly equalFeatures: SharedRows | null;
  /** Units (or ids, where no unit is declared) with rows in both; null without such a role. */
  readonly unit: (SharedRows & { readonly column: string }) | null;
  /** Rows of `first` later than the earliest row of `second`; null without a time role. */
  readonly time: {
    readonly column: string;
    readonly laterRows: number;
    readonly share: string;
  } | null;
  /** What a reviewer should ask about, in words; empty when nothing was found. */
  readonly warnings: readonly string[];
}

export interface SharedRows {
  /** Contents or units found on both sides. */
  readonly shared: number;
  readonly firstRows: number;
  readonly secondRows: number;
  /** Rows of `second` concerned, of all its rows. */
  readonly share: string;
}

export type ColumnFindingKind = 'constant' | 'copy' | 'empty' | 'identifier' | 'mixed-type';

export interface ColumnFinding {
  readonly finding: ColumnFindingKind;
  readonly column: string;
  /** The finding in a sentence, with its figure. */
  readonly said: string;
  /** Of a copy: the earlier column that it repeats. */
  readonly other: string | null;
  /** Of a mixed type: the first value that is not of the common type, and its line (CSV) or row (Parquet). */
  readonly value: string | null;
  readonly line: number | null;
  readonly row: number | null;
}

export interface LabelDetermination {
  readonly label: string;
  readonly rows: number;
  /** Classes of the label; a number with more than 20 values is cut at its quantiles. */
  readonly classes: number;
  readonly thresholds: { readonly theilsU: string; readonly auc: string };
  /** One entry per column and signal, strongest first. */
  readonly columns: readonly LabelFigure[];
}

export interface LabelFigure {
  readonly column: string;
  /** The value itself, or only whether there is one. */
  readonly signal: 'value' | 'missing';
  readonly rows: number;
  /** Levels or bins compared, after rare ones were put together. */
  readonly levels: number;
  /** Share of the label's entropy that the column takes away, 0 to 1. */
  readonly theilsU: string;
  /** Goodman and Kruskal's λ: share of wrong guesses of the label that knowing the column saves. */
  readonly lambda: string;
  /** AUC of the column alone, on whichever side of 0.5 it falls counted upwards; null where it has no order. */
  readonly auc: string | null;
  readonly warned: boolean;
}
