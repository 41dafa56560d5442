// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';
import type { Table } from '../table/table.ts';

/** Rows changed and scored again where the plan does not say: scorers answer row by row. */
export const SENSITIVITY_ROWS_MAX = 500;

/** Throws `table_empty`. */
export function refuseBlank(table: Table): void {
  if (table.rowCount > 0) return;
  throw new AnalysisError('table_empty', 'there are no rows to score again');
}
