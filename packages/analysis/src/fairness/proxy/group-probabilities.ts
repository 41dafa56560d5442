// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../../errors.ts';
import { CompensatedSum } from '../../numeric/sum.ts';
import { doubleLiteral, identifier } from '../../table/column-type.ts';
import { type TableSource, withRelation } from '../../table/load-table.ts';
import type { Table } from '../../table/table.ts';
import type { ProxyPlan, ProxyTable } from './proxy-plan.ts';

/** The firm's tables, as bytes or paths. */
export interface ProxySources {
  readonly surname?: TableSource | undefined;
  readonly geography?: TableSource | undefined;
}

/** SQL of each group's probability for a row, in the plan's order; null for a row that nothing is known of. */
export interface ProbabilitySql {
  /** `bisg`, `surname alone`, `area alone` or `stated`. */
  readonly name: string;
  readonly columns: readonly string[];
}

export interface ProxyRelation {
  /** What follows FROM. */
  readonly from: string;
  readonly variants: readonly ProbabilitySql[];
}

const SURNAMES = 'proxy_surnames';
const AREAS = 'proxy_areas';

/**
 * Group probabilities of every row by the method of the plan. BISG (Elliott, Morrison, Fremont, McCaffrey, Pantoja & Lurie
 * 2009; CFPB 2014): P(r | surname, area) ∝ P(r | surname) · P(area | r), where P(area | r) is the share of group r's
 * population that lives there. Throws AnalysisError for a table that lacks a column, repeats a key or holds no number.
 */
export async function groupProbabilities(
  table: Table,
  plan: ProxyPlan,
  sources: ProxySources,
): Promise<ProxyRelation> {
  if (plan.method === 'stated') return statedProbabilities(table, plan);
  const { surname, geography } = plan;
  if (surname === undefined || geography === undefined) {
    throw invalid('`bisg` needs a surname and a geography table', 'fairness.proxy');
  }
  await loadProxyTable(table, SURNAMES, { plan, part: surname, source: sources.surname });
  await loadProxyTable(table, AREAS, { plan, part: geography, source: sources.geography });
  const totals = await groupTotals(table, plan);
  const shares = plan.groups.map((_, index) => `s.${weight(index)}`);
  const counts = plan.groups.map((_, index) => `a.${weight(index)}`);
  const joint = shares.map(
    (share, index) => `${share} * ${counts[index]} / ${doubleLiteral(totals[index]!)}`,
  );
  return {
    from: joined(table, surname, geography),
    variants: [
      { name: 'bisg', columns: normalised(joint) },
      { name: 'surname alone', columns: normalised(shares) },
      { name: 'area alone', columns: normalised(counts) },
    ],
  };
}

/** Upper case, without accents and without all but letters: how surnames are matched (CFPB 2014, section 3). */
function nameKey(sql: string): string {
  return `regexp_replace(upper(strip_accents(CAST(${sql} AS VARCHAR))), '[^A-Z]', '', 'g')`;
}

function areaKey(sql: string): string {
  return `trim(CAST(${sql} AS VARCHAR))`;
}

// A double name that is not listed whole is looked up by its first part.
function joined(table: Table, surname: ProxyTable, geography: ProxyTable): string {
  const name = table.column(surname.column);
  const first = `string_split_regex(trim(CAST(${name} AS VARCHAR)), '[\\s-]+')[1]`;
  const key = `CASE WHEN ${nameKey(name)} IN (SELECT key FROM ${SURNAMES}) THEN ${nameKey(name)} ELSE ${nameKey(first)} END`;
  return `${table.relation} r
    LEFT JOIN ${SURNAMES} s ON s.key = ${key}
    LEFT JOIN ${AREAS} a ON a.key = ${areaKey(table.column(geography.column))}`;
}

// nullif: a row whose groups all have weight 0 tells nothing.
function normalised(weights: readonly string[]): readonly string[] {
  const total = weights.map((one) => `(${one})`).join(' + ');
  return weights.map((one) => `(${one}) / nullif(${total}, 0)`);
}

function weight(index: number): string {
  return identifier(`w${index}`);
}

async function loadProxyTable(
  table: Table,
  name: string,
  at: {
    readonly plan: ProxyPlan;
    readonly part: ProxyTable;
    readonly source: TableSource | undefined;
  },
): Promise<void> {
  const { plan, part, source } = at;
  if (source === undefined) {
    throw new AnalysisError(
      'file_missing',
      `\`${part.table}\` is not at hand; have a step of the run leave it behind`,
      { details: { file: part.table } },
    );
  }
  const columns = plan.groups.map((group) => part.groups?.[group] ?? group);
  const declared = Object.fromEntries(columns.map((column) => [column, 'number' as const]));
  const key = (name === SURNAMES ? nameKey : areaKey)(identifier(part.key));
  const schema = {
    columns: { ...declared, [part.key]: 'text' as const },
    others: 'ignore' as const,
  };
  await withRelation(table, source, schema, async ({ select }) => {
    const weights = columns.map(
      (column, index) => `CAST(${identifier(column)} AS DOUBLE) AS ${weight(index)}`,
    );
    await table.run(
      `CREATE OR REPLACE TEMP TABLE ${name} AS
         SELECT ${key} AS key, ${weights.join(', ')} FROM (${select})`,
    );
  });
  await refuseBadWeights(table, name, { plan, part });
}

async function refuseBadWeights(
  table: Table,
  name: string,
  { plan, part }: { readonly plan: ProxyPlan; readonly part: ProxyTable },
): Promise<void> {
  const bad = plan.groups.map((_, index) => `NOT coalesce(${weight(index)} >= 0, false)`);
  const [keys, repeats, fails] = await table.select(
    `SELECT key, count(*) AS n, bool_or(${bad.join(' OR ')}) AS f FROM ${name}
     GROUP BY key HAVING n > 1 OR f OR key IS NULL OR key = '' ORDER BY key LIMIT 1`,
  );
  // A result without rows has no columns either.
  if (keys === undefined) return;
  const why =
    Number(repeats![0]) > 1
      ? 'stands in more than one row'
      : fails![0] === true
        ? 'has a weight that is missing or below 0; fill in suppressed cells first'
        : 'is empty';
  throw new AnalysisError('value_invalid', `\`${part.table}\`: key \`${keys[0]}\` ${why}`, {
    details: { file: part.table, column: part.key },
  });
}

async function groupTotals(table: Table, plan: ProxyPlan): Promise<readonly number[]> {
  const columns = await table.select(
    `SELECT ${plan.groups.map((_, index) => weight(index)).join(', ')} FROM ${AREAS} ORDER BY key`,
  );
  return plan.groups.map((group, index) => {
    const stated = plan.totals?.[group];
    const sum = new CompensatedSum();
    for (const value of columns[index] ?? []) sum.add(Number(value));
    const total = stated === undefined ? sum.value : Number(stated);
    if (total > 0) return total;
    throw invalid(
      `group \`${group}\` has nobody in the geography table`,
      'fairness.proxy.geography',
    );
  });
}

// Probabilities that were rounded for storing still add up to one within this.
const SUM_SLACK = 0.005;

async function statedProbabilities(table: Table, plan: ProxyPlan): Promise<ProxyRelation> {
  const columns = plan.groups.map((group) => {
    const name = plan.probabilities?.[group];
    if (name !== undefined) return `CAST(r.${table.column(name)} AS DOUBLE)`;
    throw invalid(
      `group \`${group}\` has no column of probabilities`,
      'fairness.proxy.probabilities',
    );
  });
  const sum = columns.join(' + ');
  const bad = `${columns.map((one) => `${one} < 0`).join(' OR ')} OR abs(${sum} - 1) > ${SUM_SLACK}`;
  const [rows] = await table.select(`SELECT min(r.rowid) FROM ${table.relation} r WHERE ${bad}`);
  if (rows![0] !== null && rows![0] !== undefined) {
    const row = Number(rows![0]) + 1;
    throw new AnalysisError(
      'value_invalid',
      `row ${row}: the group probabilities do not lie between 0 and 1 and add up to 1`,
      { details: { row } },
    );
  }
  return {
    from: `${table.relation} r`,
    variants: [{ name: 'stated', columns: normalised(columns) }],
  };
}

function invalid(message: string, field: string): AnalysisError {
  return new AnalysisError('plan_invalid', message, { details: { field } });
}
