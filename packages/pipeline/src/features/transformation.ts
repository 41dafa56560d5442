// SPDX-License-Identifier: Apache-2.0
import type { ColumnType } from '../snapshot/dataset-snapshot.ts';

/** A file of the commit that a step ran: named in its command, or a module beside it that one of those imports. */
export interface StepCode {
  readonly path: string;
  /** SHA-256 of its bytes at the run's commit. */
  readonly digest: string;
  /** The object id that git has for them. */
  readonly gitBlob: string;
  readonly because: 'named' | 'imported';
}

/** Values of a column: quantiles of numbers, the commonest values of anything else. Figures are decimal text. */
export type Distribution =
  | {
      readonly kind: 'number';
      readonly mean: string | null;
      readonly quantiles: readonly { readonly p: string; readonly value: string }[];
    }
  | {
      readonly kind: 'category';
      readonly distinct: number;
      readonly top: readonly { readonly value: string; readonly count: number }[];
    }
  /** Of a table that holds sealed or served rows: their figures are nobody's to see yet. */
  | { readonly kind: 'withheld' };

/** What filled values that were missing before, in rows known again by their key. */
export interface Imputation {
  readonly rows: number;
  /** The commonest values put in, most first; none of a table whose values are withheld. */
  readonly values: readonly { readonly value: string; readonly rows: number }[];
  /** The value of nine in ten of these rows or more; null where none is, or where it is withheld. */
  readonly dominant: string | null;
}

/** A column that a table has before and after a step. */
export interface ColumnChange {
  readonly column: string;
  readonly type: { readonly before: ColumnType; readonly after: ColumnType };
  readonly missing: { readonly before: number; readonly after: number };
  readonly imputed: Imputation | null;
  /** Rows of the same key with another value, imputed ones apart; null without a key. */
  readonly changed: number | null;
  readonly before: Distribution;
  readonly after: Distribution;
  /** Population stability index over the bins of `before`; null for a retyped, empty or withheld column. */
  readonly psi: string | null;
}

/** One table that a step read, beside one that it wrote. */
export interface TableSource {
  readonly input: string;
  readonly digest: string;
  /** The column that both share and that tells the rows of the input apart; null where there is none. */
  readonly key: string | null;
  readonly rows: {
    readonly before: number;
    readonly after: number;
    /** Rows of the input whose key is in the output, those whose key is not, and keys of the output that are new. */
    readonly kept: number | null;
    readonly filtered: number | null;
    readonly made: number | null;
  };
  readonly dropped: readonly { readonly column: string; readonly type: ColumnType }[];
  readonly shared: readonly ColumnChange[];
  /** Shared columns beyond the bound of those that are described. */
  readonly notDescribed: number;
}

export interface TableTransformation {
  readonly output: string;
  readonly digest: string;
  readonly rows: number;
  /** Columns of the output that no table before has. */
  readonly added: readonly { readonly column: string; readonly type: ColumnType }[];
  readonly sources: readonly TableSource[];
}

/** What one step did between the tables that it read and those that it wrote, measured on their archived bytes. */
export interface StepTransformation {
  readonly step: string;
  readonly command: string;
  readonly commit: string;
  readonly code: readonly StepCode[];
  readonly tables: readonly TableTransformation[];
  /** Tables that could not be read as such, each with the reason. */
  readonly unread: readonly { readonly file: string; readonly why: string }[];
}
