// SPDX-License-Identifier: Apache-2.0
import type { BlobRef } from '../blobs/blob-store.ts';
import type { SnapshotOrigin } from '../extract/snapshot-origin.ts';
import type { SplitAccess } from '../file/split-parts.ts';
import type { DataMeasures } from './data-measures.ts';

export type ColumnType = 'integer' | 'number' | 'text' | 'boolean' | 'date' | 'timestamp';
export type ColumnRole = 'feature' | 'label' | 'protected' | 'unit' | 'time' | 'weight' | 'id';

export interface SnapshotColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** In the order of ColumnRole; `feature` alone when the file gives it no other role and does not withhold it. */
  readonly roles: readonly ColumnRole[];
  /** Why no step may read the column; null when steps may. */
  readonly withheld: string | null;
}

/** Figures are integers or canonical decimals (12 significant digits); values of a column are its text. */
export interface ColumnProfile {
  readonly name: string;
  readonly count: number;
  readonly missing: number;
  readonly distinct: number;
  readonly mean: string | null;
  readonly standardDeviation: string | null;
  /** Σwx / Σw over rows with a value; only where a column has the weight role. */
  readonly weightedMean?: string;
  /** Values of the column at p (nearest rank), for orderable types. */
  readonly quantiles: readonly { readonly p: string; readonly value: string }[];
  /** Equal-width bins, closed below, the last one closed above too; numbers only. */
  readonly histogram: readonly {
    readonly from: string;
    readonly to: string;
    readonly count: number;
  }[];
  /** The commonest values, for text, booleans and numbers with few values. */
  readonly top: readonly { readonly value: string; readonly count: number }[];
}

export interface QualityResult {
  readonly check: string;
  /** The check as declared, in words: `range age 18..100`. */
  readonly subject: string;
  readonly severity: 'error' | 'warning';
  readonly passed: boolean;
  /** What was measured: rows that break the check, or the figure it bounds. */
  readonly measured: string;
  readonly threshold: string;
  /** Line of the file that first breaks it, when a row does. */
  readonly firstLine: number | null;
}

export interface ExclusionResult {
  readonly where: string;
  readonly reason: string;
  readonly clause: string | null;
  readonly before: number;
  readonly excluded: number;
  readonly after: number;
  /** The source's declared sums, before the rule and after it. */
  readonly totals?: readonly {
    readonly what: string;
    readonly before: string;
    readonly after: string;
  }[];
}

export interface ControlTotal {
  readonly what: string;
  readonly declared: string;
  readonly found: string;
  readonly agrees: boolean;
}

export interface GroupShare {
  readonly group: string;
  readonly rows: number;
  readonly share: string;
  readonly declared: string | null;
}

export interface Representativeness {
  readonly attribute: string;
  readonly warning: string | null;
  readonly groups: readonly GroupShare[];
  /** Half the sum of absolute differences of shares (total variation); null without declared shares. */
  readonly distance: string | null;
}

export interface SplitSnapshot {
  readonly split: string;
  readonly access: SplitAccess;
  readonly rule: string;
  readonly rows: number;
  readonly content: BlobRef;
  /** What a step sees: without withheld columns; null where no step may read. */
  readonly mounted: BlobRef | null;
  readonly labels: readonly { readonly value: string; readonly count: number }[];
  /** Per column; null for a sealed or served split, whose figures are nobody's to see yet. */
  readonly profile: readonly ColumnProfile[] | null;
}

/** One reading of a dataset: the bytes as read, what was found in them, and the splits that were cut from them. */
export interface DatasetSnapshot {
  readonly dataset: string;
  readonly format: 'csv' | 'parquet';
  readonly origin: SnapshotOrigin;
  /** As read, sealed rows included: what a rebuild starts from. */
  readonly content: BlobRef;
  /** SHA-256 over names, types and roles of the columns, in order. */
  readonly schemaDigest: string;
  readonly columns: readonly SnapshotColumn[];
  readonly rowsRead: number;
  readonly rows: number;
  /** First and last value of the time column; null without one. */
  readonly period: { readonly from: string; readonly to: string } | null;
  /** Rows beyond the first of each set of rows that are equal in everything but the id. */
  readonly duplicates: number;
  readonly exclusions: readonly ExclusionResult[];
  readonly withheldColumns: readonly {
    readonly column: string;
    readonly reason: string;
    readonly clause: string | null;
  }[];
  readonly quality: readonly QualityResult[];
  readonly controlTotals: readonly ControlTotal[];
  readonly representativeness: readonly Representativeness[];
  readonly splits: readonly SplitSnapshot[];
  /** Absent from snapshots of earlier releases. */
  readonly measures?: DataMeasures;
}
