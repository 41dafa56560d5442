// SPDX-License-Identifier: Apache-2.0
import { pairedCellsOf } from '../benchmark/paired-cells.ts';
import { type ConceptualCheck, checksOf } from '../conceptual/checks.ts';
import { type Collinearity, collinearity } from '../conceptual/collinearity.ts';
import { type DesignMatrix, designMatrix } from '../conceptual/design-matrix.ts';
import { FLAT, modelDirection } from '../conceptual/model-direction.ts';
import { type OverfitGap, overfitGap } from '../conceptual/overfit-gap.ts';
import { type SingleInput, singleInput } from '../conceptual/single-input.ts';
import type { Estimate } from '../intervals/interval.ts';
import { FORMULA_SOURCES, type MetricId } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Measurement } from '../plan/measurement.ts';
import {
  CONFIDENCE_DEFAULT,
  type Judges,
  type Limits,
  levelOf,
  refuseUnknownMetrics,
} from '../plan/testing-plan.ts';
import { type LabelledRows, labelledRows } from '../scorer/labelled-rows.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import { inputFields, scoreRows } from '../scorer/score-table.ts';
import { refuseBlank } from '../sensitivity/sampled-rows.ts';
import type { Roles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

const CONCEPTUAL_METRICS = [
  'variance_inflation',
  'condition_number',
  'separated_inputs',
  'quasi_separated_inputs',
  'overfit_auc_gap',
  'overfit_brier_gap',
  'single_input_auc',
  'single_input_uncertainty',
  'reversed_inputs',
] as const satisfies readonly MetricId[];
const ROWS_DEFAULT = 5000;
/** The inverse and eigenvalues of so many columns are still a matter of a second. */
const COLUMNS_MAX = 200;

export interface ConceptualInput {
  readonly plan: { readonly limits?: Limits | undefined; readonly rows?: number | undefined };
  readonly roles: Roles;
  readonly confidence?: string | undefined;
  readonly judges?: Judges | undefined;
}

/** One input by itself and in the model. */
export interface InputDirection {
  readonly input: string;
  readonly rows: number;
  /** Of the number alone towards the event; null for a text. */
  readonly auc: DecimalText | null;
  /** Mean score at its 95 % quantile less that at its 5 % quantile; null where it is no number. */
  readonly model_change: DecimalText | null;
  readonly direction: 'agrees' | 'reversed' | 'open' | 'none';
  readonly separation: SingleInput['separation'];
}

export interface ConceptualReport extends Report {
  readonly kind: 'conceptual';
  readonly checks: readonly ConceptualCheck[];
  readonly columns: readonly {
    readonly input: string;
    readonly level: string | null;
    /** Null where other columns determine this one. */
    readonly variance_inflation: DecimalText | null;
  }[];
  readonly inputs: readonly InputDirection[];
}

/**
 * Questions about the design that data can answer: collinearity, separation, overfitting, leakage, and whether each number
 * works in the model the way it goes with the outcome by itself. Throws `plan_invalid` for an unknown metric.
 */
export async function conceptualReport(
  table: Table,
  scorer: Scorer,
  input: ConceptualInput,
): Promise<ConceptualReport> {
  const { plan } = input;
  refuseUnknownMetrics(plan.limits, CONCEPTUAL_METRICS, 'conceptual.limits');
  refuseBlank(table);
  const level = levelOf(input.confidence);
  const fields = inputFields(scorer.spec);
  const rowsMax = plan.rows ?? ROWS_DEFAULT;
  const data = await labelledRows(table, scorer.spec, { roles: input.roles, rowsMax });
  const matrix = designMatrix(data.rows, fields);
  const collinear = matrix.columns.length > COLUMNS_MAX ? undefined : collinearity(matrix);
  const singles = fields.map((field) => singleInput(data, field, level));
  const overfit = await measuredGap(scorer, data, level);
  const directions: InputDirection[] = [];
  for (const [at, field] of fields.entries()) {
    const isNumber = field.type !== 'string' && field.type !== 'bool';
    const change = isNumber ? await modelDirection(scorer, data.rows, field.name) : undefined;
    directions.push(directionOf(singles[at]!, change));
  }
  const found = { collinear, singles, overfit, directions };
  const measurements = judged(found, data, input);
  return {
    kind: 'conceptual',
    confidence: input.confidence ?? CONFIDENCE_DEFAULT,
    rows: data.rows.length,
    checks: checksOf({ ...found, matrix, measurements }),
    columns: (collinear?.columns ?? []).map(({ input: name, level: own, factor }) => ({
      input: name,
      level: own,
      variance_inflation: decimal(factor),
    })),
    inputs: directions,
    measurements,
    verdict: worstVerdict(measurements),
    caveats: caveatsOf(data, matrix, table.rowCount),
  };
}

/** In-sample against out-of-fold, where the table's scores are not the artefact's own. */
async function measuredGap(
  scorer: Scorer,
  data: LabelledRows,
  level: number,
): Promise<OverfitGap | undefined> {
  const own = (await scoreRows(scorer, data.rows)).map(({ score }) => score);
  const pairs = own.map((score, row) => ({
    candidate: score,
    challenger: data.scores[row]!,
    label: data.labels[row]!,
    weight: data.weights[row]!,
  }));
  const isOwn = pairs.every(({ candidate, challenger }) => candidate === challenger);
  return isOwn ? undefined : overfitGap(pairedCellsOf(pairs), level);
}

function directionOf(single: SingleInput, change: number | undefined): InputDirection {
  const { input, rows, auc, separation } = single;
  const told = { input, rows, auc: auc === undefined ? null : decimal(auc.value), separation };
  if (change === undefined) return { ...told, model_change: null, direction: 'none' };
  const model_change = decimal(change);
  const { low, high } = auc?.interval ?? { low: 0, high: 1 };
  const alone = low > 0.5 ? 1 : high < 0.5 ? -1 : 0;
  const inModel = Math.abs(change) <= FLAT ? 0 : Math.sign(change);
  const isOpen = alone === 0 || inModel === 0;
  const direction = isOpen ? 'open' : alone === inModel ? 'agrees' : 'reversed';
  return { ...told, model_change, direction };
}

interface Found {
  readonly collinear: Collinearity | undefined;
  readonly singles: readonly SingleInput[];
  readonly overfit: OverfitGap | undefined;
  readonly directions: readonly InputDirection[];
}

function judged(found: Found, data: LabelledRows, input: ConceptualInput): readonly Measurement[] {
  const positives = data.labels.filter((label) => label === 1).length;
  const judge = (
    metric: (typeof CONCEPTUAL_METRICS)[number],
    estimate: Estimate | undefined,
    about: { readonly input?: string; readonly n?: number } = {},
  ) =>
    judgeFinding(
      {
        metric,
        estimate,
        n: about.n ?? data.rows.length,
        events: Math.min(positives, data.labels.length - positives),
        ...(about.input === undefined ? {} : { group: { by: 'input', value: about.input } }),
        source: FORMULA_SOURCES[metric],
      },
      input.plan.limits?.[metric],
      { judge: input.judges?.[metric] },
    );
  const { collinear, singles, overfit, directions } = found;
  const count = (separation: SingleInput['separation']) => ({
    value: singles.filter((one) => one.separation === separation).length,
  });
  return [
    ...(collinear?.inputs ?? []).map((one) =>
      judge('variance_inflation', { value: one.factor }, { input: one.input }),
    ),
    judge(
      'condition_number',
      collinear === undefined ? undefined : { value: collinear.conditionNumber },
    ),
    judge('separated_inputs', count('complete')),
    judge('quasi_separated_inputs', count('quasi')),
    ...(overfit === undefined
      ? []
      : [judge('overfit_auc_gap', overfit.auc), judge('overfit_brier_gap', overfit.brier)]),
    ...singles.flatMap((one) => {
      const about = { input: one.input, n: one.rows };
      if (one.uncertainty !== undefined)
        return [judge('single_input_uncertainty', { value: one.uncertainty }, about)];
      return one.auc === undefined ? [] : [judge('single_input_auc', folded(one.auc), about)];
    }),
    judge('reversed_inputs', {
      value: directions.filter(({ direction }) => direction === 'reversed').length,
    }),
  ];
}

/** An area below one half tells as much as its mirror image. */
function folded(area: Estimate): Estimate {
  if (area.value >= 0.5) return area;
  if (area.interval === undefined) return { value: 1 - area.value };
  const { low, high } = area.interval;
  return { value: 1 - area.value, interval: { ...area.interval, low: 1 - high, high: 1 - low } };
}

function caveatsOf(data: LabelledRows, matrix: DesignMatrix, all: number): readonly string[] {
  const dropped = data.rows.length - matrix.kept.length;
  return [
    ...(data.rows.length + data.unlabelled < all
      ? [`${data.rows.length} of ${all} rows were read, taken evenly by value.`]
      : []),
    ...(dropped === 0
      ? []
      : [`${dropped} rows with a missing number are left out of collinearity.`]),
    ...(matrix.columns.length > COLUMNS_MAX
      ? [
          `The inputs give ${matrix.columns.length} columns; collinearity is measured up to ${COLUMNS_MAX}.`,
        ]
      : []),
    ...(matrix.constant.length === 0
      ? []
      : [`Of one value in these rows, and so in no figure: ${matrix.constant.join(', ')}.`]),
  ];
}
