// SPDX-License-Identifier: Apache-2.0
import { logit } from '../binary/calibration.ts';
import type { Cutoff } from '../binary/cutoff.ts';
import { AnalysisError } from '../errors.ts';
import { type Background, readBackground } from '../explainability/background.ts';
import {
  EXACT_INPUTS_MAX,
  exactShapley,
  type ModelValues,
  type ShapleyValues,
  sampledShapley,
} from '../explainability/shapley.ts';
import { meanOf } from '../numeric/student.ts';
import { sumOver } from '../numeric/sum.ts';
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Finding, type Measurement } from '../plan/measurement.ts';
import {
  CONFIDENCE_DEFAULT,
  type Judges,
  type Limits,
  levelOf,
  refuseUnknownMetrics,
} from '../plan/testing-plan.ts';
import type { InputRow } from '../scorer/input-values.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import { inputFields, readInputs, scoreRows } from '../scorer/score-table.ts';
import { refuseBlank } from '../sensitivity/sampled-rows.ts';
import type { Table } from '../table/table.ts';
import { type ReasonsReport, reasonsReport } from './reasons-report.ts';
import type { Report } from './report.ts';

const SHAPLEY_METRICS = [
  'mean_abs_shapley',
  'shapley_share',
  'shapley_efficiency_error',
  'shapley_standard_error',
] as const;
const ROWS_DEFAULT = 30;
const BACKGROUND_DEFAULT = 30;
const ORDERS_DEFAULT = 20;
/** Enumeration is taken up to this many scorings; beyond, orders are drawn. */
const EXACT_SCORINGS_MAX = 300_000;
const SCORINGS_MAX = 5_000_000;
// Sums of doubles over a few hundred terms of size one stay far below.
const EFFICIENCY_LIMIT = '0.000001';

export interface ShapleyInput {
  readonly plan: {
    readonly rows?: number | undefined;
    readonly background?: number | undefined;
    readonly orders?: number | undefined;
    readonly scale?: 'score' | 'logit' | undefined;
    readonly limits?: Limits | undefined;
    readonly reasons?:
      | { readonly count?: number | undefined; readonly limits?: Limits | undefined }
      | undefined;
  };
  readonly seed: number;
  readonly cutoff?: Cutoff | undefined;
  readonly confidence?: string | undefined;
  readonly judges?: Judges | undefined;
}

export interface ShapleyImportance {
  readonly input: string;
  readonly mean_abs: DecimalText | null;
  /** With its sign: which way the input moves scores of these rows on average. */
  readonly mean: DecimalText | null;
  readonly share: DecimalText | null;
  readonly standard_error: DecimalText | null;
}

export interface BackgroundText {
  readonly rows: number;
  readonly of: number;
  readonly every: number;
  readonly digest: string;
}

export interface ShapleyReport extends Report {
  readonly kind: 'shapley';
  readonly scale: 'score' | 'logit';
  readonly method: 'enumeration' | 'sampled orders';
  /** Pairs of orders drawn for each row; null where every coalition was enumerated. */
  readonly orders: number | null;
  readonly seed: number | null;
  readonly base: DecimalText | null;
  readonly background: BackgroundText;
  /** Largest first. */
  readonly importance: readonly ShapleyImportance[];
}

/** A row as it was explained; for reasons, and for whoever wants the values themselves. */
export interface ExplainedRow extends ShapleyValues {
  readonly row: InputRow;
  /** The scorer's own score, whatever the scale of the values. */
  readonly score: number;
}

export interface ShapleyResult {
  readonly report: ShapleyReport;
  readonly reasons?: ReasonsReport;
  readonly explained: readonly ExplainedRow[];
}

/**
 * Interventional Shapley values of rows taken evenly by content against a background taken in the same way, and the reasons
 * stated from them tested. Throws `plan_invalid` for an unknown metric or more than five million scorings.
 */
export async function shapleyReport(
  table: Table,
  scorer: Scorer,
  input: ShapleyInput,
): Promise<ShapleyResult> {
  const { plan } = input;
  refuseUnknownMetrics(plan.limits, SHAPLEY_METRICS, 'explanations.shapley.limits');
  refuseBlank(table);
  const rowsMax = plan.rows ?? ROWS_DEFAULT;
  // Other rows than the background: against itself every mean contribution would be zero.
  const rows = await readInputs(table, scorer.spec, { order: 'value', rowsMax, take: 'middle' });
  const background = await readBackground(
    table,
    scorer.spec,
    plan.background ?? BACKGROUND_DEFAULT,
  );
  const inputs = inputFields(scorer.spec).map(({ name }) => name);
  const isLogit = plan.scale === 'logit';
  const model: ModelValues = async (asked) =>
    (await scoreRows(scorer, asked)).map(({ score }) => (isLogit ? logit(score) : score));
  const method = methodOf({ rows: rows.length, background, inputs: inputs.length, plan });
  const ground = { inputs, background: background.rows, model };
  const scores = await scoreRows(scorer, rows);
  const explained: ExplainedRow[] = [];
  for (const [index, row] of rows.entries()) {
    const values =
      method.orders === null
        ? await exactShapley(ground, row)
        : await sampledShapley(ground, row, { orders: method.orders, key: [input.seed, index] });
    explained.push({ ...values, row, score: scores[index]!.score });
  }
  const report = reportOf(explained, inputs, { input, background, method, all: table.rowCount });
  const reasons =
    plan.reasons === undefined || input.cutoff === undefined
      ? undefined
      : await reasonsReport(model, explained, {
          inputs,
          background,
          cutoff: input.cutoff,
          plan: plan.reasons,
          confidence: input.confidence,
          judges: input.judges,
        });
  return { report, explained, ...(reasons === undefined ? {} : { reasons }) };
}

interface Method {
  readonly name: ShapleyReport['method'];
  readonly orders: number | null;
}

function methodOf(of: {
  readonly rows: number;
  readonly background: Background;
  readonly inputs: number;
  readonly plan: ShapleyInput['plan'];
}): Method {
  const pairs = of.rows * of.background.rows.length;
  const fits = of.inputs <= EXACT_INPUTS_MAX && pairs * 2 ** of.inputs <= EXACT_SCORINGS_MAX;
  if (fits) return { name: 'enumeration', orders: null };
  const orders = of.plan.orders ?? ORDERS_DEFAULT;
  const scorings = pairs * orders * 2 * of.inputs;
  if (scorings <= SCORINGS_MAX) return { name: 'sampled orders', orders };
  throw new AnalysisError(
    'plan_invalid',
    `explanations.shapley would take ${scorings} scorings; ask for fewer rows, background rows or orders`,
    { details: { field: 'explanations.shapley', scorings } },
  );
}

interface Ground {
  readonly input: ShapleyInput;
  readonly background: Background;
  readonly method: Method;
  readonly all: number;
}

function reportOf(
  explained: readonly ExplainedRow[],
  inputs: readonly string[],
  { input, background, method, all }: Ground,
): ShapleyReport {
  const sizes = inputs.map((_, at) => {
    const abs = meanOf(
      explained.map((one) => Math.abs(one.values[at]!)),
      levelOf(input.confidence),
    );
    const mean = meanOf(
      explained.map((one) => one.values[at]!),
      0.5,
    );
    const error = Math.max(0, ...explained.map((one) => one.errors[at]!));
    return { abs, mean, error };
  });
  const total = sumOver(sizes.length, (at) => sizes[at]!.abs?.value ?? 0);
  const shares = sizes.map(({ abs }) => (total === 0 ? 0 : (abs?.value ?? 0) / total));
  const measurements = measured({ explained, inputs, sizes, shares, input });
  const importance = inputs.map((name, at) => ({
    input: name,
    mean_abs: decimal(sizes[at]!.abs?.value ?? 0),
    mean: decimal(sizes[at]!.mean?.value ?? 0),
    share: decimal(shares[at]!),
    standard_error: decimal(sizes[at]!.error),
  }));
  const { rows, of, stride, digest } = background;
  return {
    kind: 'shapley',
    confidence: input.confidence ?? CONFIDENCE_DEFAULT,
    rows: explained.length,
    scale: input.plan.scale ?? 'score',
    method: method.name,
    orders: method.orders,
    seed: method.orders === null ? null : input.seed,
    base: decimal(explained[0]!.base),
    background: { rows: rows.length, of, every: stride, digest },
    importance: [...importance].sort(
      (a, b) => Number(b.mean_abs) - Number(a.mean_abs) || (a.input < b.input ? -1 : 1),
    ),
    measurements,
    verdict: worstVerdict(measurements),
    caveats: [
      ...(explained.length < all
        ? [`${explained.length} of ${all} rows were explained, taken evenly by value.`]
        : []),
      'Interventional values: inputs left out take values that may not occur together with the rest of the row.',
    ],
  };
}

function measured(from: {
  readonly explained: readonly ExplainedRow[];
  readonly inputs: readonly string[];
  readonly sizes: readonly { readonly abs: Finding['estimate']; readonly error: number }[];
  readonly shares: readonly number[];
  readonly input: ShapleyInput;
}): readonly Measurement[] {
  const { explained, inputs, sizes, shares, input } = from;
  const judge = (
    metric: (typeof SHAPLEY_METRICS)[number],
    estimate: Finding['estimate'],
    name?: string,
  ) =>
    judgeFinding(
      {
        metric,
        estimate,
        n: explained.length,
        ...(name === undefined ? {} : { group: { by: 'input', value: name } }),
        source: FORMULA_SOURCES[metric],
      },
      input.plan.limits?.[metric] ??
        (metric === 'shapley_efficiency_error' ? { max: EFFICIENCY_LIMIT } : undefined),
      { judge: input.judges?.[metric] },
    );
  const gap = Math.max(0, ...explained.map((one) => one.gap));
  const error = Math.max(0, ...sizes.map((one) => one.error));
  return [
    judge('shapley_efficiency_error', { value: gap }),
    judge('shapley_standard_error', { value: error }),
    ...inputs.flatMap((name, at) => [
      judge('mean_abs_shapley', sizes[at]!.abs, name),
      judge('shapley_share', { value: shares[at]! }, name),
    ]),
  ];
}
