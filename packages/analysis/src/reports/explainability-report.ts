// SPDX-License-Identifier: Apache-2.0
import { logit } from '../binary/calibration.ts';
import { type Cutoff, isAdverse } from '../binary/cutoff.ts';
import { AnalysisError } from '../errors.ts';
import {
  contributionsOf,
  promisedLogit,
  type ReasonFeature,
  type ReasonTable,
} from '../explainability/reason-table.ts';
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import type { Limit } from '../plan/measurement.ts';
import { CONFIDENCE_DEFAULT } from '../plan/testing-plan.ts';
import type { InputRow } from '../scorer/input-values.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import { inputFields, readInputs, scoreRows } from '../scorer/score-table.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

const ROWS_MAX_DEFAULT = 1000;
// A float32 score carries a relative error of 6e-8 and its arithmetic a few times that; 1e-4 on the logit is far
// above rounding for scores between 0.001 and 0.999, and far below anything that could reorder reasons.
const LOGIT_LIMIT_DEFAULT = '0.0001';

export interface ExplainabilityInput {
  readonly reasons: ReasonTable;
  /** With a cutoff, reasons are checked on adverse rows alone: those that get a notice. */
  readonly cutoff?: Cutoff | undefined;
  readonly limits?:
    | { readonly max_logit_error?: Limit; readonly reason_accuracy?: Limit }
    | undefined;
  readonly rowsMax?: number | undefined;
}

export interface ExplainabilityReport extends Report {
  readonly kind: 'explainability';
  /** How often each input was the first reason, by input. */
  readonly first_reasons: Readonly<Record<string, number>>;
  /** Rows checked for which no input speaks against the applicant. */
  readonly without_reason: number;
}

/**
 * Checks a table of additive contributions against the model itself: the sum of terms must be the logit of the score,
 * and taking the first reason away (its input set to the reference, or to its best level) must improve the score.
 */
export async function explainabilityReport(
  table: Table,
  scorer: Scorer,
  input: ExplainabilityInput,
): Promise<ExplainabilityReport> {
  refuseUncovered(scorer, input.reasons);
  const rowsMax = input.rowsMax ?? ROWS_MAX_DEFAULT;
  const rows = await readInputs(table, scorer.spec, { order: 'value', rowsMax });
  const scores = (await scoreRows(scorer, rows)).map(({ score }) => score);
  const errors = rows.map((row, index) =>
    Math.abs(promisedLogit(input.reasons, row) - logit(scores[index]!)),
  );
  const { cutoff } = input;
  const judged = rows
    .map((row, index) => ({ row, score: scores[index]! }))
    .filter(({ score }) => cutoff === undefined || isAdverse(score, cutoff));
  const removed = await removeFirstReasons(scorer, input.reasons, judged);
  const measurements = [
    judgeFinding(
      {
        metric: 'max_logit_error',
        estimate: { value: errors.reduce((most, error) => Math.max(most, error), 0) },
        n: rows.length,
        source: FORMULA_SOURCES.max_logit_error,
      },
      input.limits?.max_logit_error ?? { max: LOGIT_LIMIT_DEFAULT },
    ),
    judgeFinding(
      {
        metric: 'reason_accuracy',
        estimate: removed.n === 0 ? undefined : { value: removed.improved / removed.n },
        n: removed.n,
        source: FORMULA_SOURCES.reason_accuracy,
      },
      input.limits?.reason_accuracy ?? { min: '1' },
    ),
  ];
  return {
    kind: 'explainability',
    confidence: CONFIDENCE_DEFAULT,
    rows: rows.length,
    measurements,
    first_reasons: removed.first,
    without_reason: judged.length - removed.n,
    verdict: worstVerdict(measurements),
    caveats: [],
  };
}

interface RemovedReasons {
  readonly n: number;
  readonly improved: number;
  readonly first: Readonly<Record<string, number>>;
}

async function removeFirstReasons(
  scorer: Scorer,
  reasons: ReasonTable,
  rows: readonly { readonly row: InputRow; readonly score: number }[],
): Promise<RemovedReasons> {
  const sign = reasons.adverse === 'positive' ? 1 : -1;
  const first = new Map<string, number>();
  const changed: { readonly row: InputRow; readonly score: number }[] = [];
  for (const { row, score } of rows) {
    const top = contributionsOf(reasons, row)[0];
    if (top === undefined || sign * top.value <= 0) continue;
    first.set(top.input, (first.get(top.input) ?? 0) + 1);
    const feature = reasons.features.find((entry) => entry.input === top.input)!;
    changed.push({ row: { ...row, [top.input]: neutral(feature, row[top.input], sign) }, score });
  }
  const after = await scoreRows(
    scorer,
    changed.map(({ row }) => row),
  );
  const improved = after.filter(({ score }, index) => sign * (score - changed[index]!.score) < 0);
  return {
    n: changed.length,
    improved: improved.length,
    first: Object.fromEntries([...first].sort()),
  };
}

// The value that takes a reason away: the reference, rounded for whole numbers, or the level that speaks least against.
function neutral(feature: ReasonFeature, value: unknown, sign: number): unknown {
  if (feature.kind === 'category') {
    const best = [...feature.points].reduce((least, entry) =>
      sign * entry[1] < sign * least[1] ? entry : least,
    );
    return best[0];
  }
  return typeof value === 'bigint' ? BigInt(Math.round(feature.reference)) : feature.reference;
}

function refuseUncovered(scorer: Scorer, reasons: ReasonTable): void {
  const inputs = new Set(inputFields(scorer.spec).map((field) => field.name));
  const stray = reasons.features.find((feature) => !inputs.delete(feature.input));
  const uncovered = stray?.input ?? [...inputs][0];
  if (uncovered === undefined) return;
  const what = stray === undefined ? 'has no term' : 'is no input of the model, or is named twice';
  throw new AnalysisError('reasons_invalid', `reason table: \`${uncovered}\` ${what}; correct it`, {
    details: { field: uncovered },
  });
}
