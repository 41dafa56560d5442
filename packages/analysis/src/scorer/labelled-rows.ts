// SPDX-License-Identifier: Apache-2.0
import { labelExpression, type Roles, refuseBadRoles, weightExpression } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { InputRow } from './input-values.ts';
import { readSample } from './score-table.ts';
import type { ScorerSpec } from './scorer-spec.ts';

/** Rows with outcome, the table's own score and weight; rows without outcome are left out. */
export interface LabelledRows {
  readonly rows: readonly InputRow[];
  readonly labels: readonly (0 | 1)[];
  readonly weights: readonly number[];
  /** The score column of the roles: out of fold in development, the artefact's own elsewhere. */
  readonly scores: readonly number[];
  /** Rows of the table without an outcome among those taken. */
  readonly unlabelled: number;
}

/**
 * At most `rowsMax` rows ordered by everything that is read of them, so that the order in the table cannot matter. Throws
 * AnalysisError for a bad label, score or weight.
 */
export async function labelledRows(
  table: Table,
  spec: ScorerSpec,
  at: { readonly roles: Roles; readonly rowsMax: number },
): Promise<LabelledRows> {
  await refuseBadRoles(table, at.roles, 'skip');
  const { rows, beside } = await readSample(table, spec, {
    order: 'value',
    rowsMax: at.rowsMax,
    beside: [
      labelExpression(table, at.roles),
      weightExpression(table, at.roles),
      `CAST(${table.column(at.roles.score)} AS DOUBLE)`,
    ],
  });
  const [labels, weights, scores] = beside;
  const kept = rows.flatMap((_, row) => (labels![row] === null ? [] : [row]));
  return {
    rows: kept.map((row) => rows[row]!),
    labels: kept.map((row) => (Number(labels![row]) === 1 ? 1 : 0)),
    weights: kept.map((row) => Number(weights![row])),
    scores: kept.map((row) => Number(scores![row])),
    unlabelled: rows.length - kept.length,
  };
}
