// SPDX-License-Identifier: Apache-2.0
import { PipelineError } from '../errors.ts';
import type { Dataset } from '../file/data-section.ts';
import { type NamedSplit, splitParts } from '../file/split-parts.ts';
import { WHOLE_SPLIT } from '../file/step-plan.ts';
import type { SnapshotPlace } from './columns.ts';
import type { QualityResult } from './dataset-snapshot.ts';
import type { SnapshotDatabase } from './open-database.ts';
import { checkRowCondition } from './row-condition.ts';
import { quoteName, quoteText, ROW_NUMBER } from './sql-text.ts';

export interface TakenSplit extends NamedSplit {
  readonly rule: string;
}

/**
 * Fills the table `parts` (row number, part). Rules take their rows first. The rest is cut by the SHA-256 of seed and
 * content: rows equal in everything but the id, and rows of one unit, always fall into one part, so no twin of a
 * sealed row is trained on. Within each stratum parts get their fractions to the row, up to the size of one group.
 */
export async function splitRows(
  database: SnapshotDatabase,
  columns: readonly string[],
  { dataset, place }: { readonly dataset: Dataset; readonly place: SnapshotPlace },
): Promise<readonly TakenSplit[]> {
  const parts = splitParts(dataset);
  if (parts.length === 0) {
    await database.run(
      `CREATE TABLE parts AS SELECT ${ROW_NUMBER}, ${quoteText(WHOLE_SPLIT)} AS part FROM t`,
    );
    return [{ name: WHOLE_SPLIT, access: 'steps', rule: 'every row' }];
  }
  const ruled = parts.filter((part) => part.where !== undefined);
  const drawn = parts.filter((part) => part.fraction !== undefined);
  for (const part of ruled) {
    await checkRowCondition(
      database,
      part.where ?? '',
      place.locate(['splits', part.name, 'where']),
    );
  }
  const cases = ruled.map(
    (part) => `WHEN coalesce((${part.where}), false) THEN ${quoteText(part.name)}`,
  );
  const rule = cases.length === 0 ? 'NULL::VARCHAR' : `CASE ${cases.join(' ')} END`;
  await database.run(`CREATE TABLE ruled AS SELECT ${ROW_NUMBER}, ${rule} AS part FROM t`);
  const bounds = fractionBounds(drawn, place);
  await database.run(drawSql({ columns, dataset, drawn, bounds }));
  await refuseUnassigned(database, place);
  return parts.map((part) => ({ ...part, rule: ruleText(part, dataset) }));
}

interface Bounds {
  readonly scale: bigint;
  /** Upper bound of each part, in units of 1 / scale. */
  readonly upper: readonly bigint[];
}

/** Fractions as integers, because 0.6 + 0.2 + 0.2 is not 1 in binary. */
function fractionBounds(drawn: readonly NamedSplit[], place: SnapshotPlace): Bounds {
  const texts = drawn.map(({ fraction = '0' }) => fraction);
  const digits = Math.max(0, ...texts.map((text) => (text.split('.')[1] ?? '').length));
  const scale = 10n ** BigInt(digits);
  let sum = 0n;
  const upper = texts.map((text) => {
    const [whole = '0', part = ''] = text.split('.');
    sum += BigInt(whole) * scale + BigInt(part.padEnd(digits, '0') || '0');
    return sum;
  });
  if (drawn.length > 0 && sum !== scale) {
    const message = `${place.locate(['splits'])}: the fractions of the splits add up to ${Number(sum) / Number(scale)}, not 1`;
    throw new PipelineError('split_invalid', message);
  }
  return { scale, upper };
}

function drawSql(options: {
  readonly columns: readonly string[];
  readonly dataset: Dataset;
  readonly drawn: readonly NamedSplit[];
  readonly bounds: Bounds;
}): string {
  const { columns, dataset, drawn, bounds } = options;
  const unit = dataset.roles?.unit;
  const keyed = unit !== undefined ? [unit] : columns.filter((name) => name !== dataset.roles?.id);
  const seed = quoteText(`${dataset.splits?.seed ?? 0}\n`);
  // Each value carries its length, so that no two different rows give one text.
  const fields = keyed.map((name) => {
    const text = `CAST(${quoteName(name)} AS VARCHAR)`;
    return `CASE WHEN ${quoteName(name)} IS NULL THEN '-' ELSE length(${text}) || ':' || ${text} END`;
  });
  const strata = (dataset.splits?.stratify ?? []).map(
    (name) => `coalesce(CAST(${quoteName(name)} AS VARCHAR), '')`,
  );
  const stratum = strata.length === 0 ? "''" : strata.join(' || chr(31) || ');
  const cases = drawn.map(
    ({ name }, index) =>
      `WHEN ahead * ${bounds.scale} < total * ${bounds.upper[index]} THEN ${quoteText(name)}`,
  );
  const drawnPart = cases.length === 0 ? 'NULL::VARCHAR' : `CASE ${cases.join(' ')} END`;
  return `CREATE TABLE keyed AS
      SELECT ${ROW_NUMBER}, sha256(${seed} || concat_ws(chr(31), ${fields.join(', ')})) AS key, ${stratum} AS stratum
      FROM raw SEMI JOIN t USING (${ROW_NUMBER});
    CREATE TABLE parts AS WITH rest AS (
      SELECT key, min(stratum) AS stratum, count(*) AS size FROM keyed
      SEMI JOIN (SELECT * FROM ruled WHERE part IS NULL) USING (${ROW_NUMBER}) GROUP BY key
    ), placed AS (
      SELECT key, sum(size) OVER (PARTITION BY stratum) AS total,
             sum(size) OVER (PARTITION BY stratum ORDER BY key) - size AS ahead FROM rest
    ), drawn AS (SELECT key, ${drawnPart} AS part FROM placed)
    SELECT ${ROW_NUMBER}, coalesce(ruled.part, drawn.part) AS part
    FROM ruled JOIN keyed USING (${ROW_NUMBER}) LEFT JOIN drawn USING (key)`;
}

/**
 * Independence of the splits, measured on the outcome: how many contents (or units) occur in more than one part. Drawn
 * parts share none by construction; parts cut by a rule can.
 */
export async function checkIndependence(
  database: SnapshotDatabase,
  dataset: Dataset,
): Promise<readonly QualityResult[]> {
  if (splitParts(dataset).length === 0) return [];
  const [row] = await database.rows(
    `SELECT count(*) AS shared FROM (
       SELECT key FROM keyed JOIN parts USING (${ROW_NUMBER}) GROUP BY key HAVING min(part) <> max(part))`,
  );
  const shared = Number(row?.shared);
  const what =
    dataset.roles?.unit === undefined ? 'equal rows' : `rows of one ${dataset.roles.unit}`;
  return [
    {
      check: 'split-independence',
      subject: `${what} in two splits`,
      severity: 'warning',
      passed: shared === 0,
      measured: String(shared),
      threshold: 'at most 0',
      firstLine: null,
    },
  ];
}

async function refuseUnassigned(database: SnapshotDatabase, place: SnapshotPlace): Promise<void> {
  const [row] = await database.rows('SELECT count(*) AS n FROM parts WHERE part IS NULL');
  const count = Number(row?.n);
  if (count === 0) return;
  const message = `${place.locate(['splits'])}: ${count} rows fall into no split; add one with \`fraction: 1\` for the rest`;
  throw new PipelineError('split_invalid', message, { details: { rows: count } });
}

function ruleText(part: NamedSplit, dataset: Dataset): string {
  if (part.where !== undefined) return `rows where ${part.where}`;
  const { seed = 0, stratify = [] } = dataset.splits ?? {};
  const within = stratify.length === 0 ? '' : `, within each value of ${stratify.join(', ')}`;
  const key = dataset.roles?.unit === undefined ? 'row' : dataset.roles.unit;
  return `${part.fraction} of the rows by SHA-256 of seed ${seed} and ${key}${within}`;
}
