// SPDX-License-Identifier: Apache-2.0
import { LABEL_THRESHOLDS } from '@countersign/pipeline';
import { worstVerdict } from '../plan/judge-finding.ts';
import { decimal, type Measurement, type Verdict } from '../plan/measurement.ts';
import type { Collinearity } from './collinearity.ts';
import type { DesignMatrix } from './design-matrix.ts';
import type { OverfitGap } from './overfit-gap.ts';
import type { SingleInput } from './single-input.ts';

/** Kutner, Nachtsheim, Neter & Li, Applied Linear Statistical Models, 5th ed. 2005, 10.5. */
const INFLATION_NOTED = 10;
/** Belsley, Kuh & Welsch 1980, 3.2: moderate to strong dependencies from 30. */
const CONDITION_NOTED = 30;

/** One question with its answer. `noted` is by custom and asks for an explanation; `verdict` is by the limits of the plan. */
export interface ConceptualCheck {
  readonly check: 'collinearity' | 'separation' | 'overfitting' | 'leakage' | 'direction';
  readonly state: 'clear' | 'noted' | 'not measured';
  readonly found: string;
  /** What `noted` goes by. */
  readonly custom: string;
  readonly verdict: Verdict;
}

export interface CheckedFigures {
  readonly collinear: Collinearity | undefined;
  readonly matrix: DesignMatrix;
  readonly singles: readonly SingleInput[];
  readonly overfit: OverfitGap | undefined;
  readonly directions: readonly { readonly input: string; readonly direction: string }[];
  readonly measurements: readonly Measurement[];
}

export function checksOf(figures: CheckedFigures): readonly ConceptualCheck[] {
  const verdict = (...metrics: readonly string[]) =>
    worstVerdict(figures.measurements.filter(({ metric }) => metrics.includes(metric)));
  return [
    { ...collinearityCheck(figures), verdict: verdict('variance_inflation', 'condition_number') },
    { ...separationCheck(figures), verdict: verdict('separated_inputs', 'quasi_separated_inputs') },
    { ...overfitCheck(figures), verdict: verdict('overfit_auc_gap', 'overfit_brier_gap') },
    { ...leakageCheck(figures), verdict: verdict('single_input_auc', 'single_input_uncertainty') },
    { ...directionCheck(figures), verdict: verdict('reversed_inputs') },
  ];
}

type Answer = Omit<ConceptualCheck, 'verdict'>;

function collinearityCheck({ collinear, matrix }: CheckedFigures): Answer {
  const custom = `variance inflation of ${INFLATION_NOTED} or a condition number of ${CONDITION_NOTED}`;
  const check = 'collinearity' as const;
  if (collinear === undefined) {
    const found = `${matrix.columns.length} columns and ${matrix.kept.length} complete rows: too many columns or too few rows`;
    return { check, state: 'not measured', found, custom };
  }
  const strong = collinear.inputs.filter(({ factor }) => factor >= INFLATION_NOTED);
  const worst = collinear.inputs.reduce((most, one) => (one.factor > most.factor ? one : most));
  const shown = strong.map(({ input, factor }) => `${input} ${numberText(factor)}`);
  const inflation =
    strong.length === 0
      ? `largest variance inflation ${numberText(worst.factor)} (${worst.input})`
      : `variance inflation of ${shown.join(', ')}`;
  const isNoted = strong.length > 0 || collinear.conditionNumber >= CONDITION_NOTED;
  return {
    check,
    state: isNoted ? 'noted' : 'clear',
    found: `${inflation}; condition number ${numberText(collinear.conditionNumber)}`,
    custom,
  };
}

function separationCheck({ singles }: CheckedFigures): Answer {
  const separated = singles.filter(({ separation }) => separation !== 'none');
  const shown = separated.map(
    ({ input, separation, found }) => `${input}: ${separation}, ${found}`,
  );
  return {
    check: 'separation',
    state: separated.length === 0 ? 'clear' : 'noted',
    found: separated.length === 0 ? 'no input by itself separates the outcomes' : shown.join('; '),
    custom: 'any input that separates the outcomes completely or nearly',
  };
}

function overfitCheck({ overfit }: CheckedFigures): Answer {
  const custom = 'an interval of the AUC gap that lies above zero';
  const check = 'overfitting' as const;
  const gap = overfit?.auc;
  if (gap === undefined) {
    const found =
      'the scores of these rows are the artefact’s own; there is no second score to compare';
    return { check, state: 'not measured', found, custom };
  }
  const isNoted = (gap.interval?.low ?? gap.value) > 0;
  const found = `the artefact’s AUC on these rows is ${numberText(Math.abs(gap.value))} ${gap.value < 0 ? 'lower' : 'higher'} than that of the scores tested`;
  return { check, state: isNoted ? 'noted' : 'clear', found, custom };
}

function leakageCheck({ singles }: CheckedFigures): Answer {
  const area = ({ auc }: SingleInput) =>
    auc === undefined ? 0 : Math.max(auc.value, 1 - auc.value);
  const suspects = singles.filter(
    (one) =>
      area(one) >= LABEL_THRESHOLDS.auc || (one.uncertainty ?? 0) >= LABEL_THRESHOLDS.theilsU,
  );
  const shown = (one: SingleInput) =>
    one.uncertainty === undefined
      ? `${one.input}: AUC ${numberText(area(one))}`
      : `${one.input}: Theil’s U ${numberText(one.uncertainty)}`;
  const strongest = singles.reduce<SingleInput | undefined>(
    (most, one) =>
      one.auc !== undefined && (most === undefined || area(one) > area(most)) ? one : most,
    undefined,
  );
  const clear =
    strongest === undefined
      ? 'no text tells the outcome'
      : `strongest number by itself ${shown(strongest)}`;
  return {
    check: 'leakage',
    state: suspects.length === 0 ? 'clear' : 'noted',
    found:
      suspects.length === 0
        ? clear
        : `nearly the outcome itself: ${suspects.map(shown).join(', ')}`,
    custom: `one input alone with AUC of ${LABEL_THRESHOLDS.auc} or Theil’s U of ${LABEL_THRESHOLDS.theilsU}, as for the columns of the data`,
  };
}

function directionCheck({ directions }: CheckedFigures): Answer {
  const reversed = directions.filter(({ direction }) => direction === 'reversed');
  const judged = directions.filter(
    ({ direction }) => direction === 'agrees' || direction === 'reversed',
  );
  const check = 'direction' as const;
  const custom = 'any number whose direction in the model is not the one it has by itself';
  if (judged.length === 0) {
    const found = 'no number goes with the outcome clearly enough by itself';
    return { check, state: 'not measured', found, custom };
  }
  const names = reversed.map(({ input }) => input).join(', ');
  const found =
    reversed.length === 0
      ? `in the model as by themselves: ${judged.map(({ input }) => input).join(', ')}`
      : `other way in the model than by itself: ${names}; say which other input explains it`;
  return { check, state: reversed.length === 0 ? 'clear' : 'noted', found, custom };
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) return 'infinite';
  return decimal(Number(value.toPrecision(3))) ?? '';
}
