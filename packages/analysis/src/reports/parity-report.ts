// SPDX-License-Identifier: Apache-2.0
import { type Cutoff, isAdverse } from '../binary/cutoff.ts';
import { AnalysisError } from '../errors.ts';
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import {
  type DecimalText,
  decimal,
  type Finding,
  type Limit,
  type Measurement,
} from '../plan/measurement.ts';
import { CONFIDENCE_DEFAULT } from '../plan/testing-plan.ts';
import type { Score, Scorer } from '../scorer/open-scorer.ts';
import { attemptRows, readInputs } from '../scorer/score-table.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

const WORST_SHOWN = 5;
// float32 arithmetic on logits below 20 stays well within this.
const TOLERANCE_DEFAULT = '0.00001';

export interface ParityInput {
  /** Column of the scores that the training runtime gave. */
  readonly recorded: string;
  /** Column that says what kind of case a row is, such as `development`, `extreme`, `missing`. */
  readonly kind?: string | undefined;
  readonly cutoff?: Cutoff | undefined;
  /** `answers` (default), or `refusals`: every row must be refused as the declared inputs say. */
  readonly expect?: 'answers' | 'refusals' | undefined;
  /** Largest absolute difference allowed, decimal text. */
  readonly tolerance?: string | undefined;
}

export interface ParityKind {
  readonly kind: string;
  readonly rows: number;
  readonly compared: number;
  /** Rows refused for a missing or undeclared value, as the gateway would. */
  readonly refused: number;
  readonly failed: number;
  readonly flips: number;
  readonly max_abs_difference: DecimalText | null;
}

export interface ParityCase {
  /** Place in the file, from 1. */
  readonly row: number;
  readonly recorded: DecimalText | null;
  readonly served: DecimalText | null;
  readonly code?: string;
}

export interface ParityReport extends Report {
  readonly kind: 'parity';
  readonly kinds: readonly ParityKind[];
  /** Failed rows and flips, then the largest differences. */
  readonly worst: readonly ParityCase[];
}

interface ComparedRow {
  readonly row: number;
  readonly kind: string;
  readonly recorded: number;
  readonly served: Score | AnalysisError;
  readonly difference: number;
  readonly flip: boolean;
}

/**
 * Holds the scorer against scores recorded by the training runtime, row by row: differences within tolerance and not one
 * flipped decision. A refusal for a missing or undeclared value is proper and counted; any other error is a failure.
 */
export async function parityReport(
  table: Table,
  scorer: Scorer,
  input: ParityInput,
): Promise<ParityReport> {
  if (table.rowCount === 0) throw new AnalysisError('table_empty', 'there are no parity cases');
  const rows = await compareRows(table, scorer, input);
  const measurements = judgeParity(rows, input);
  const names = [...new Set(rows.map((row) => row.kind))];
  return {
    kind: 'parity',
    confidence: CONFIDENCE_DEFAULT,
    rows: rows.length,
    measurements,
    kinds: names.map((name) =>
      kindOf(
        name,
        rows.filter((row) => row.kind === name),
      ),
    ),
    worst: worstOf(rows),
    verdict: worstVerdict(measurements),
    caveats: [],
  };
}

function judgeParity(rows: readonly ComparedRow[], input: ParityInput): readonly Measurement[] {
  const totals = kindOf('all', rows);
  const counted = (metric: 'flips' | 'failures' | 'refusals', value: number, limit?: Limit) =>
    judgeFinding(
      { metric, estimate: { value }, n: rows.length, source: FORMULA_SOURCES[metric] },
      limit,
    );
  const failures = counted('failures', totals.failed, { max: '0' });
  if (input.expect === 'refusals') {
    return [counted('refusals', totals.refused, { min: String(rows.length) }), failures];
  }
  const difference: Finding = {
    metric: 'max_abs_difference',
    estimate: totals.compared === 0 ? undefined : { value: largestDifference(rows) },
    n: totals.compared,
    source: FORMULA_SOURCES.max_abs_difference,
  };
  return [
    judgeFinding(difference, { max: input.tolerance ?? TOLERANCE_DEFAULT }),
    ...(input.cutoff === undefined ? [] : [counted('flips', totals.flips, { max: '0' })]),
    failures,
    counted('refusals', totals.refused),
  ];
}

async function compareRows(
  table: Table,
  scorer: Scorer,
  { recorded, kind, cutoff }: ParityInput,
): Promise<readonly ComparedRow[]> {
  const kinds =
    kind === undefined ? "'all'" : `coalesce(CAST(${table.column(kind)} AS VARCHAR), '')`;
  const [scores, names] = await table.select(
    `SELECT CAST(${table.column(recorded)} AS DOUBLE), ${kinds} FROM ${table.relation} ORDER BY rowid`,
  );
  const missing = scores!.indexOf(null);
  if (missing >= 0) {
    throw new AnalysisError(
      'value_missing',
      `row ${missing + 1}, column \`${recorded}\`: has no recorded score`,
      {
        details: { column: recorded, row: missing + 1 },
      },
    );
  }
  const served = await attemptRows(scorer, await readInputs(table, scorer.spec));
  return served.map((answer, index) => {
    const before = Number(scores![index]);
    const after = answer instanceof AnalysisError ? before : answer.score;
    return {
      row: index + 1,
      kind: String(names![index]),
      recorded: before,
      served: answer,
      difference: Math.abs(after - before),
      flip: cutoff !== undefined && isAdverse(before, cutoff) !== isAdverse(after, cutoff),
    };
  });
}

function kindOf(kind: string, rows: readonly ComparedRow[]): ParityKind {
  const refused = rows.filter(
    ({ served }) => served instanceof AnalysisError && isRefusal(served),
  ).length;
  const errors = rows.filter(({ served }) => served instanceof AnalysisError).length;
  const compared = rows.length - errors;
  return {
    kind,
    rows: rows.length,
    compared,
    refused,
    failed: errors - refused,
    flips: rows.filter((row) => row.flip).length,
    max_abs_difference: compared === 0 ? null : decimal(largestDifference(rows)),
  };
}

function isRefusal(error: AnalysisError): boolean {
  return error.code === 'input_missing' || error.code === 'input_out_of_range';
}

function largestDifference(rows: readonly ComparedRow[]): number {
  return rows.reduce((most, row) => Math.max(most, row.difference), 0);
}

function worstOf(rows: readonly ComparedRow[]): readonly ParityCase[] {
  const weight = (row: ComparedRow) => {
    if (row.served instanceof AnalysisError) return isRefusal(row.served) ? -1 : 3;
    return row.flip ? 2 : row.difference;
  };
  return [...rows]
    .filter((row) => weight(row) > 0)
    .sort((first, second) => weight(second) - weight(first) || first.row - second.row)
    .slice(0, WORST_SHOWN)
    .map(({ row, recorded, served }) => ({
      row,
      recorded: decimal(recorded),
      ...(served instanceof AnalysisError
        ? { served: null, code: served.code }
        : { served: decimal(served.score) }),
    }));
}
