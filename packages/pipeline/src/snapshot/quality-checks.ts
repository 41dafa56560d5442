// SPDX-License-Identifier: Apache-2.0
import { canonicalDecimal } from '@countersign/kernel';
import type { QualityCheck } from '../file/data-section.ts';
import type { SnapshotPlace } from './columns.ts';
import type { QualityResult } from './dataset-snapshot.ts';
import { type LoadedTable, lineOfRow } from './load-table.ts';
import type { SnapshotDatabase } from './open-database.ts';
import { checkRowCondition } from './row-condition.ts';
import { quoteName, quoteText, ROW_NUMBER } from './sql-text.ts';

/** A check as one question to the table `t`: which rows break it, and how many may. */
interface RowCheck {
  readonly subject: string;
  readonly breaks: string;
  readonly threshold: string;
  /** The greatest number of breaking rows, given the number of rows. */
  readonly allowed: (rows: number) => number;
}

interface TableFacts {
  readonly rows: number;
  readonly duplicates: number;
  readonly table: LoadedTable;
  readonly place: SnapshotPlace;
}

/** Runs the declared checks on the rows that exclusions left; results keep the order of the file. */
export async function runQualityChecks(
  database: SnapshotDatabase,
  checks: readonly QualityCheck[],
  facts: TableFacts,
): Promise<readonly QualityResult[]> {
  const results: QualityResult[] = [];
  for (const [index, check] of checks.entries()) {
    if (check.check === 'rows')
      results.push(boundedFigure(check, facts.rows, `rows ${boundsText(check)}`));
    else if (check.check === 'duplicates') {
      results.push(boundedFigure(check, facts.duplicates, 'rows equal to an earlier one'));
    } else {
      if (check.check === 'holds') {
        await checkRowCondition(database, check.where, facts.place.locate(['quality', index]));
      }
      results.push(await runRowCheck(database, check, facts));
    }
  }
  return results;
}

function boundedFigure(
  check: {
    check: string;
    severity?: 'error' | 'warning' | undefined;
    min?: number | undefined;
    max?: number | undefined;
  },
  measured: number,
  subject: string,
): QualityResult {
  const passed = measured >= (check.min ?? 0) && measured <= (check.max ?? Number.MAX_SAFE_INTEGER);
  return {
    check: check.check,
    subject,
    severity: check.severity ?? 'error',
    passed,
    measured: String(measured),
    threshold: boundsText(check),
    firstLine: null,
  };
}

function boundsText({ min, max }: { min?: unknown; max?: unknown }): string {
  if (min !== undefined && max !== undefined) return `${min} to ${max}`;
  if (min !== undefined) return `at least ${min}`;
  return max === undefined ? 'any' : `at most ${max}`;
}

async function runRowCheck(
  database: SnapshotDatabase,
  check: Exclude<QualityCheck, { check: 'rows' | 'duplicates' }>,
  facts: TableFacts,
): Promise<QualityResult> {
  const row = rowCheck(check);
  const [found] = await database.rows(
    `SELECT count(*) FILTER (WHERE breaks) AS broken,
            min(${ROW_NUMBER}) FILTER (WHERE breaks) AS first
     FROM (SELECT ${ROW_NUMBER}, (${row.breaks}) AS breaks FROM t)`,
  );
  const broken = Number(found?.broken ?? 0);
  const first = found?.first;
  const passed = broken <= row.allowed(facts.rows);
  const share = facts.rows === 0 ? '0' : canonicalDecimal(broken / facts.rows);
  return {
    check: check.check,
    subject: row.subject,
    severity: check.severity ?? 'error',
    passed,
    measured: check.check === 'not_missing' ? share : String(broken),
    threshold: row.threshold,
    firstLine: broken > 0 ? await lineOfRow(facts.table, facts.place.path, Number(first)) : null,
  };
}

function rowCheck(check: Exclude<QualityCheck, { check: 'rows' | 'duplicates' }>): RowCheck {
  const none = { threshold: '0 rows', allowed: () => 0 };
  switch (check.check) {
    case 'not_missing': {
      const share = check.max_missing ?? '0';
      return {
        subject: `${check.column} is present`,
        breaks: `${quoteName(check.column)} IS NULL`,
        threshold: `share missing at most ${share}`,
        allowed: (rows) => Math.floor(rows * Number(share)),
      };
    }
    case 'unique': {
      const columns = check.columns.map(quoteName).join(', ');
      const breaks = `row_number() OVER (PARTITION BY ${columns} ORDER BY ${ROW_NUMBER}) > 1`;
      return { subject: `${check.columns.join(', ')} unique`, breaks, ...none };
    }
    case 'range': {
      const value = quoteName(check.column);
      const low = check.min === undefined ? 'false' : `${value} < ${check.min}`;
      const high = check.max === undefined ? 'false' : `${value} > ${check.max}`;
      return {
        subject: `${check.column} ${boundsText(check)}`,
        breaks: `coalesce(${low} OR ${high}, false)`,
        ...none,
      };
    }
    case 'values': {
      const list = check.allowed.map(quoteText).join(', ');
      const breaks = `coalesce(CAST(${quoteName(check.column)} AS VARCHAR) NOT IN (${list}), false)`;
      return { subject: `${check.column} in ${check.allowed.join(', ')}`, breaks, ...none };
    }
    case 'pattern': {
      const text = `CAST(${quoteName(check.column)} AS VARCHAR)`;
      const breaks = `coalesce(NOT regexp_full_match(${text}, ${quoteText(check.pattern)}), false)`;
      return { subject: `${check.column} matches ${check.pattern}`, breaks, ...none };
    }
    case 'holds':
      return { subject: check.where, breaks: `NOT coalesce((${check.where}), false)`, ...none };
  }
}
