// SPDX-License-Identifier: Apache-2.0
import type { DecimalText } from '../plan/measurement.ts';

/** Plain JSON: counts are integers, figures canonical decimals of 12 significant digits. */
export interface DataDiff {
  readonly v: 1;
  readonly rows: RowDiff & { readonly first: number; readonly second: number };
  readonly schema: SchemaDiff;
  /** Columns of both tables, the most changed first. */
  readonly columns: readonly (ColumnDiff & {
    /** Rows of both tables whose value differs; null where no key names rows. */
    readonly changedRows: number | null;
  })[];
}

export interface RowDiff {
  /** `key`: rows are told apart by it. `rows`: whole rows are counted, each as often as it occurs. */
  readonly by: 'key' | 'rows';
  readonly key: string | null;
  readonly added: number;
  readonly removed: number;
  /** Rows of both whose values differ somewhere; null where rows are compared as wholes. */
  readonly changed: number | null;
  readonly equal: number;
  /** Where a key has several rows each: how many of its values are in one table only. */
  readonly keys: { readonly added: number; readonly removed: number } | null;
  readonly changedByColumn: readonly { readonly column: string; readonly rows: number }[];
}

export interface SchemaDiff {
  readonly added: readonly { readonly column: string; readonly type: string }[];
  readonly removed: readonly { readonly column: string; readonly type: string }[];
  /** Columns of both whose type or roles differ. */
  readonly changed: readonly {
    readonly column: string;
    readonly what: 'type' | 'roles';
    readonly first: string;
    readonly second: string;
  }[];
}

export interface ColumnDiff {
  readonly column: string;
  /** As compared: `number` (also dates, by their time) or `category`. */
  readonly kind: 'number' | 'category';
  readonly distinct: { readonly first: number; readonly second: number };
  /** Shares of rows without a value. */
  readonly missing: { readonly first: DecimalText; readonly second: DecimalText };
  /** Stability index over bins frozen on the first table; null where a side has no rows. */
  readonly psi: {
    readonly value: DecimalText;
    readonly pValue: DecimalText;
    readonly bins: number;
  } | null;
  /** Present values compared: Kolmogorov and Smirnov of numbers, chi-squared of categories; null without values. */
  readonly test: DistributionTest | null;
  /** Of numbers: sum over all rows, the control total of the column; null for others. */
  readonly total: { readonly first: DecimalText; readonly second: DecimalText } | null;
  readonly mean: { readonly first: DecimalText; readonly second: DecimalText } | null;
  /** Of categories: values of one table only, with their rows, the commonest first; at most 20 each. */
  readonly newCategories: CategoryList;
  readonly lostCategories: CategoryList;
}

export interface CategoryList {
  readonly count: number;
  readonly shown: readonly { readonly value: string; readonly rows: number }[];
}

export interface DistributionTest {
  readonly name: 'kolmogorov-smirnov' | 'chi-squared';
  readonly statistic: DecimalText;
  readonly pValue: DecimalText;
  /** 0 to 1: the Kolmogorov–Smirnov distance itself; Cramér's V of a chi-squared. */
  readonly effect: DecimalText;
  readonly degrees: number | null;
}
