// SPDX-License-Identifier: Apache-2.0
import type { Grouping, InsurancePlan } from '@countersign/pipeline';
import { MINIMUM_DEFAULT } from '../binary/performance-findings.ts';
import { AnalysisError } from '../errors.ts';
import { tooFewRows } from '../estimate/estimate-findings.ts';
import { weightedMean } from '../estimate/influence.ts';
import { numberSql, readColumns, refuseBadNumbers } from '../estimate/read-columns.ts';
import { unitSql, weightSql } from '../estimate/read-estimates.ts';
import { exposureSql } from '../insurance/policy-rows.ts';
import { type PricedRows, priceDisparity } from '../insurance/price-disparity.ts';
import { FORMULA_SOURCES, type MetricId } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Measurement } from '../plan/measurement.ts';
import {
  CONFIDENCE_DEFAULT,
  type Judges,
  levelOf,
  refuseUnknownMetrics,
} from '../plan/testing-plan.ts';
import { isUndeclared } from '../table/grouping.ts';
import type { Roles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

/** What `insurance.price` may set limits on: each of a group against its reference. */
export const PRICE_METRICS = [
  'price_ratio',
  'price_to_loss_ratio',
  'price_ratio_at_equal_loss',
] as const satisfies readonly MetricId[];

export interface PriceInput {
  readonly roles: Roles;
  readonly plan: InsurancePlan;
  /** Protected groupings of the data section; each needs a reference. */
  readonly protected: readonly Grouping[];
  readonly confidence?: string | undefined;
  readonly judges?: Judges | undefined;
}

export interface PricedGroup {
  readonly group: string;
  readonly n: number;
  /** Means per unit of exposure. */
  readonly mean_price: DecimalText | null;
  readonly mean_expected_loss: DecimalText | null;
}

export interface PriceReport extends Report {
  readonly kind: 'price';
  readonly price: string;
  /** Column of the declared expected loss; without it the prediction stands for it. */
  readonly expected_loss?: string;
  readonly why: string;
  readonly attributes: readonly {
    readonly name: string;
    readonly reference: string;
    readonly groups: readonly PricedGroup[];
  }[];
}

/** Mean price by protected group, raw and at equal declared expected loss, each against its reference. */
export async function priceReport(table: Table, input: PriceInput): Promise<PriceReport> {
  const price = input.plan.price!; // the caller asks for a price report where the plan has one
  refuseUnknownMetrics(price.limits, PRICE_METRICS, 'insurance.price.limits');
  await refuseBadNumbers(table, [
    { name: price.column, needs: 'positive' },
    { name: price.expected_loss ?? input.roles.score, needs: 'positive' },
    ...(input.plan.exposure === undefined
      ? []
      : [{ name: input.plan.exposure, needs: 'positive' as const }]),
  ]);
  const found: Attribute[] = [];
  for (const grouping of attributesOf(input)) found.push(await attribute(table, input, grouping));
  const measurements = found.flatMap((one) => one.measurements);
  return {
    kind: 'price',
    confidence: input.confidence ?? CONFIDENCE_DEFAULT,
    rows: table.rowCount,
    price: price.column,
    ...(price.expected_loss === undefined ? {} : { expected_loss: price.expected_loss }),
    why: price.why,
    attributes: found.map(({ name, reference, groups }) => ({ name, reference, groups })),
    measurements,
    verdict: worstVerdict(measurements),
    caveats:
      price.expected_loss === undefined
        ? [
            'Expected loss is the model’s own prediction: an error of it that differs by group is not seen here.',
          ]
        : [],
  };
}

interface Attribute {
  readonly name: string;
  readonly reference: string;
  readonly groups: readonly PricedGroup[];
  readonly measurements: readonly Measurement[];
}

function attributesOf({ plan, protected: declared }: PriceInput): readonly Grouping[] {
  const names = plan.price?.attributes;
  return (
    names?.map((name) => {
      const grouping = declared.find((one) => one.name === name);
      if (grouping !== undefined) return grouping;
      throw new AnalysisError(
        'plan_invalid',
        `\`insurance.price.attributes\` names \`${name}\`; expected one of ${declared.map((one) => one.name).join(', ')}`,
        { details: { field: 'insurance.price.attributes' } },
      );
    }) ?? declared
  );
}

async function attribute(table: Table, input: PriceInput, grouping: Grouping): Promise<Attribute> {
  const { name } = grouping;
  const groups = await readPrices(table, input, grouping);
  const reference = referenceRows(groups, grouping);
  const level = levelOf(input.confidence);
  const others = [...groups].filter(
    ([value]) => value !== grouping.reference && !isUndeclared(value, [grouping]),
  );
  return {
    name,
    reference: grouping.reference!,
    groups: [...groups].map(([value, rows]) => pricedGroup(value, rows)),
    measurements: others.flatMap(([value, rows]) =>
      compared({ value, rows, reference, grouping }, input, level),
    ),
  };
}

function referenceRows(groups: ReadonlyMap<string, PricedRows>, grouping: Grouping): PricedRows {
  const { name, reference } = grouping;
  if (reference === undefined) {
    throw new AnalysisError(
      'plan_invalid',
      `grouping \`${name}\` names no reference group; declare one`,
      { details: { grouping: name } },
    );
  }
  const rows = groups.get(reference);
  if (rows !== undefined) return rows;
  throw new AnalysisError(
    'group_missing',
    `no row belongs to reference group \`${reference}\` of \`${name}\``,
    { details: { grouping: name, group: reference } },
  );
}

function compared(
  at: { value: string; rows: PricedRows; reference: PricedRows; grouping: Grouping },
  { plan, judges }: PriceInput,
  level: number,
): readonly Measurement[] {
  const { value, rows, reference, grouping } = at;
  const smaller = Math.min(rows.price.length, reference.price.length);
  const tooFew = tooFewRows(smaller, MINIMUM_DEFAULT);
  const ratios = tooFew === undefined ? priceDisparity(rows, reference, level) : undefined;
  const estimates = {
    price_ratio: ratios?.raw,
    price_to_loss_ratio: ratios?.perLoss,
    price_ratio_at_equal_loss: ratios?.atEqualLoss,
  };
  return PRICE_METRICS.map((metric) =>
    judgeFinding(
      {
        metric,
        estimate: estimates[metric],
        n: rows.price.length,
        group: { by: grouping.name, value, reference: grouping.reference! },
        ...(tooFew === undefined ? {} : { tooFew }),
        source: FORMULA_SOURCES[metric],
      },
      plan.price?.limits?.[metric],
      { judge: judges?.[metric] },
    ),
  );
}

async function readPrices(
  table: Table,
  { roles, plan }: PriceInput,
  grouping: Grouping,
): Promise<ReadonlyMap<string, PricedRows>> {
  const exposure = exposureSql(table, plan);
  const declared = plan.price?.expected_loss;
  const isRate = declared === undefined && plan.prediction === 'rate';
  const expected = numberSql(table, declared ?? roles.score);
  const groups = await readColumns(
    table,
    {
      expected: isRate ? expected : `${expected} / ${exposure}`,
      price: `${numberSql(table, plan.price!.column)} / ${exposure}`,
      exposure: `${weightSql(table, roles)} * ${exposure}`,
      units: unitSql(table, roles),
    },
    { by: [grouping] },
  );
  if (roles.unit !== undefined) return groups;
  return new Map([...groups].map(([name, { units: _none, ...rows }]) => [name, rows]));
}

function pricedGroup(group: string, rows: PricedRows): PricedGroup {
  const mean = (column: Float64Array) =>
    decimal(weightedMean(rows.exposure, (row) => column[row]!).value);
  return {
    group,
    n: rows.price.length,
    mean_price: mean(rows.price),
    mean_expected_loss: mean(rows.expected),
  };
}
