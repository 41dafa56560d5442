// SPDX-License-Identifier: Apache-2.0
import { dependence, gridOf } from '../explainability/partial-dependence.ts';
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Measurement } from '../plan/measurement.ts';
import { CONFIDENCE_DEFAULT, type Limits, refuseUnknownMetrics } from '../plan/testing-plan.ts';
import { chosenInputs } from '../scorer/answered-rows.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import { inputFields, readInputs } from '../scorer/score-table.ts';
import { refuseBlank } from '../sensitivity/sampled-rows.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

const DEPENDENCE_METRICS = ['dependence_range', 'dependence_spread'] as const;
const GRID_DEFAULT = 10;
const ROWS_DEFAULT = 200;

export interface DependenceInput {
  readonly plan: {
    readonly inputs?: 'all' | readonly string[] | undefined;
    readonly grid?: number | undefined;
    readonly rows?: number | undefined;
    readonly limits?: Limits | undefined;
  };
}

export interface DependenceCurve {
  readonly input: string;
  /** `number`: values are decimals in rising order; `category`: texts or truths. */
  readonly axis: 'number' | 'category';
  readonly points: readonly {
    readonly value: string;
    readonly rows: number;
    readonly mean: DecimalText | null;
    /** 10 % and 90 % of the rows' own scores at this value. */
    readonly low: DecimalText | null;
    readonly high: DecimalText | null;
  }[];
}

export interface DependenceReport extends Report {
  readonly kind: 'partial-dependence';
  readonly curves: readonly DependenceCurve[];
}

/** Partial dependence of the score on each input, with the spread of individual curves. Throws `plan_invalid`. */
export async function dependenceReport(
  table: Table,
  scorer: Scorer,
  { plan }: DependenceInput,
): Promise<DependenceReport> {
  refuseUnknownMetrics(plan.limits, DEPENDENCE_METRICS, 'explanations.partial_dependence.limits');
  refuseBlank(table);
  const rowsMax = plan.rows ?? ROWS_DEFAULT;
  const rows = await readInputs(table, scorer.spec, { order: 'value', rowsMax });
  const place = 'explanations.partial_dependence.inputs';
  const curves: DependenceCurve[] = [];
  const measurements: Measurement[] = [];
  for (const field of chosenInputs(inputFields(scorer.spec), plan.inputs, place)) {
    const grid = await gridOf(table, field, plan.grid ?? GRID_DEFAULT);
    const found = await dependence(scorer, rows, { input: field.name, grid });
    const isCategory = field.type === 'string' || field.type === 'bool';
    curves.push({
      input: field.name,
      axis: isCategory ? 'category' : 'number',
      points: found.points.map((point) => ({
        value: typeof point.value === 'number' ? (decimal(point.value) ?? '') : String(point.value),
        rows: point.rows,
        mean: decimal(point.mean),
        low: decimal(point.low),
        high: decimal(point.high),
      })),
    });
    const estimates = { dependence_range: found.range, dependence_spread: found.spread };
    for (const metric of DEPENDENCE_METRICS) {
      const finding = {
        metric,
        estimate: found.points.length === 0 ? undefined : { value: estimates[metric] },
        n: rows.length,
        group: { by: 'input', value: field.name },
        source: FORMULA_SOURCES[metric],
      };
      measurements.push(judgeFinding(finding, plan.limits?.[metric]));
    }
  }
  return {
    kind: 'partial-dependence',
    confidence: CONFIDENCE_DEFAULT,
    rows: rows.length,
    curves,
    measurements,
    verdict: worstVerdict(measurements),
    caveats:
      rows.length < table.rowCount
        ? [`Curves are of ${rows.length} of ${table.rowCount} rows, taken evenly by value.`]
        : [],
  };
}
