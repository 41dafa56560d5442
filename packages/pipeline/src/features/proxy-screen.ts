// SPDX-License-Identifier: Apache-2.0
import { canonicalDecimal } from '@countersign/kernel';
import type { Grouping } from '../file/data-section.ts';
import { groupingSql, NOT_PROVIDED } from '../snapshot/grouping-sql.ts';
import type { SnapshotDatabase } from '../snapshot/open-database.ts';
import { quoteName, quoteText } from '../snapshot/sql-text.ts';
import { binSql } from './distribution.ts';
import type { ScreenResult } from './feature-catalogue.ts';
import { crossFittedAuc, type FoldedCells, normalisedMutualInformation } from './screen-figures.ts';
import { isNumeric, type StepTable } from './step-tables.ts';

const FOLDS = 5;
/** Below this a group's area is a matter of luck. */
const GROUP_ROWS_MIN = 20;
/** Numbers of no more values than this are taken value by value. */
const LEVELS_AS_THEY_ARE_MAX = 10;

/**
 * From here one input alone begins to discriminate acceptably: D. W. Hosmer, S. Lemeshow, R. X. Sturdivant, Applied
 * Logistic Regression, 3rd ed. 2013, 5.2.4 (below 0.7: little better than a coin).
 */
export const AUC_LIMIT_DEFAULT = '0.7';

export const SCREEN_METHOD = `area under the ROC curve of the input's levels (tenths of a number) for each group against the rest, levels scored by the other ${FOLDS - 1} of ${FOLDS} folds of the row id's MD5; normalised mutual information of levels and groups; rows without the attribute left out`;
export const SCREEN_SOURCE =
  'Bamber 1975 (area); Kvålseth 1987 (mutual information); limit by default 0.7: Hosmer, Lemeshow & Sturdivant 2013, 5.2.4';

export interface ScreenQuestion {
  /** Development rows with the attributes. */
  readonly rows: StepTable;
  /** The table that holds the input; the rows themselves where it is a column of theirs. */
  readonly values: StepTable;
  /** Joins both and deals the rows out to folds; the row's content where there is none. */
  readonly id: string | undefined;
  readonly input: string;
  readonly attributes: readonly Grouping[];
  readonly limits: { readonly auc: string; readonly nmi: string | null };
}

/** What one input tells of each protected attribute. */
export async function screenInput(
  database: SnapshotDatabase,
  question: ScreenQuestion,
): Promise<readonly ScreenResult[]> {
  const { values, input } = question;
  const column = values.columns.find(({ name }) => name === input);
  if (column === undefined) return [];
  const isNumber = isNumeric(column.type) && column.distinct > LEVELS_AS_THEY_ARE_MAX;
  const bin = await binSql(database, values, { name: input, isNumber });
  const results: ScreenResult[] = [];
  for (const attribute of question.attributes) {
    const counted = await countCells(database, question, { bin, attribute });
    results.push(judged(attribute.name, counted, question.limits));
  }
  return results;
}

interface Counted {
  readonly groups: readonly string[];
  readonly cells: FoldedCells;
}

async function countCells(
  database: SnapshotDatabase,
  { rows, values, id }: ScreenQuestion,
  { bin, attribute }: { readonly bin: string; readonly attribute: Grouping },
): Promise<Counted> {
  const group = groupingSql(attribute);
  const isApart = values.view !== rows.view;
  const key = id === undefined ? 'CAST(t AS VARCHAR)' : quoteName(id);
  const fold = `CAST(('0x' || substr(md5(${key}), 1, 6)) AS INTEGER) % ${FOLDS}`;
  const source = isApart
    ? `(SELECT fold, grp, bin FROM (SELECT ${key} AS k, ${fold} AS fold, ${group} AS grp FROM ${rows.view} t) d
        JOIN (SELECT ${key} AS k, ${bin} AS bin FROM ${values.view} t) v USING (k))`
    : `(SELECT ${fold} AS fold, ${group} AS grp, ${bin} AS bin FROM ${rows.view} t)`;
  const found = await database.rows(
    `SELECT bin, fold, grp, CAST(count(*) AS DOUBLE) AS n FROM ${source}
     WHERE grp <> ${quoteText(NOT_PROVIDED)} GROUP BY ALL ORDER BY ALL`,
  );
  const groups = [...new Set(found.map(({ grp }) => String(grp)))].sort();
  const bins = [...new Set(found.map((row) => Number(row.bin)))];
  const cells = bins.map(() => Array.from({ length: FOLDS }, () => groups.map(() => 0)));
  for (const row of found) {
    const level = cells[bins.indexOf(Number(row.bin))]?.[Number(row.fold)];
    if (level !== undefined) level[groups.indexOf(String(row.grp))] = Number(row.n);
  }
  return { groups, cells };
}

function judged(
  attribute: string,
  { groups, cells }: Counted,
  limits: ScreenQuestion['limits'],
): ScreenResult {
  const flat = cells.map((folds) =>
    groups.map((_, group) => folds.reduce((sum, counts) => sum + (counts[group] ?? 0), 0)),
  );
  const sizes = groups.map((_, group) => flat.reduce((sum, level) => sum + (level[group] ?? 0), 0));
  const rows = sizes.reduce((sum, size) => sum + size, 0);
  const areas = groups.map((group, at) => {
    const size = sizes[at] ?? 0;
    const enough = size >= GROUP_ROWS_MIN && rows - size >= GROUP_ROWS_MIN;
    const area = enough ? crossFittedAuc(cells, at) : undefined;
    return { group, rows: size, auc: area === undefined ? null : canonicalDecimal(area) };
  });
  const measured = areas.flatMap(({ auc }) => (auc === null ? [] : [Number(auc)]));
  const auc = measured.length === 0 ? null : canonicalDecimal(Math.max(...measured));
  const nmi = canonicalDecimal(normalisedMutualInformation(flat));
  const isAbove =
    (auc !== null && Number(auc) > Number(limits.auc)) ||
    (limits.nmi !== null && Number(nmi) > Number(limits.nmi));
  const verdict = auc === null ? 'too few rows' : isAbove ? 'above' : 'within';
  return { attribute, rows, groups: areas, auc, nmi, limits, verdict };
}
