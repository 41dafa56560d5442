// SPDX-License-Identifier: Apache-2.0
import type { Roles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';

/** Rows from after the development rows, scored: what back-test and stability of a plan are measured on. */
export interface LaterRows {
  readonly table: Table;
  /** `score` is the column of the model's own score. */
  readonly roles: Roles;
  /** What the rows are, for a record. */
  readonly data: { readonly description: string; readonly digest: string; readonly rows: number };
  /** Columns of the scores of a rolling origin. */
  readonly rolling?: { readonly score: string; readonly trainedUntil: string } | undefined;
}
