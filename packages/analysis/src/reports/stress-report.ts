// SPDX-License-Identifier: Apache-2.0
import type { Cutoff } from '../binary/cutoff.ts';
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Measurement } from '../plan/measurement.ts';
import {
  CONFIDENCE_DEFAULT,
  type Judges,
  type Limits,
  levelOf,
  refuseUnknownMetrics,
} from '../plan/testing-plan.ts';
import { answersOf } from '../scorer/answered-rows.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import { readInputs, scoreRows } from '../scorer/score-table.ts';
import { type PairedShift, pairedShift } from '../sensitivity/paired-shift.ts';
import { refuseBlank, SENSITIVITY_ROWS_MAX } from '../sensitivity/sampled-rows.ts';
import { type InputChange, type Scenario, scenarioChange } from '../sensitivity/scenarios.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

const STRESS_METRICS = [
  'scenario_mean_score',
  'scenario_mean_change',
  'scenario_adverse_change',
  'scenario_flip_share',
] as const;

export interface StressInput {
  readonly scenarios: readonly (Scenario & { readonly limits?: Limits | undefined })[];
  readonly cutoff?: Cutoff | undefined;
  readonly confidence?: string | undefined;
  readonly judges?: Judges | undefined;
  /** Rows scored again, taken evenly from the rows ordered by value; 500 without it. */
  readonly rowsMax?: number | undefined;
}

export interface ScenarioResult {
  readonly name: string;
  readonly why: string;
  /** Each changed input with the change in words. */
  readonly changes: readonly { readonly input: string; readonly change: string }[];
  readonly rows: number;
  /** Rows whose changed inputs the scorer refuses. */
  readonly refused: number;
  readonly mean_before: DecimalText | null;
  readonly mean_after: DecimalText | null;
  readonly to_adverse: number;
  readonly to_favourable: number;
}

export interface StressReport extends Report {
  readonly kind: 'stress';
  readonly scenarios: readonly ScenarioResult[];
}

/**
 * Scores the same rows with and without each declared scenario: expected event rate, adverse decisions and flips. Throws
 * `plan_invalid` for an unknown input or metric, or a change that does not fit its input.
 */
export async function stressReport(
  table: Table,
  scorer: Scorer,
  input: StressInput,
): Promise<StressReport> {
  refuseBlank(table);
  const level = levelOf(input.confidence);
  const rowsMax = input.rowsMax ?? SENSITIVITY_ROWS_MAX;
  const rows = await readInputs(table, scorer.spec, { order: 'value', rowsMax });
  const before = (await scoreRows(scorer, rows)).map(({ score }) => score);
  const scenarios: ScenarioResult[] = [];
  const measurements: Measurement[] = [];
  for (const scenario of input.scenarios) {
    const { name } = scenario;
    refuseUnknownMetrics(scenario.limits, STRESS_METRICS, `sensitivity.scenarios.${name}.limits`);
    const change = await scenarioChange(table, scorer.spec, scenario);
    const after = await answersOf(scorer, rows.map(change.apply));
    const shift = pairedShift({ before, after }, { cutoff: input.cutoff, level });
    scenarios.push(resultOf(scenario, shift));
    measurements.push(...judged(scenario, shift, input));
  }
  return {
    kind: 'stress',
    confidence: input.confidence ?? CONFIDENCE_DEFAULT,
    rows: rows.length,
    scenarios,
    measurements,
    verdict: worstVerdict(measurements),
    caveats: caveatsOf(table.rowCount, rows.length, scenarios),
  };
}

function judged(
  { name, limits }: StressInput['scenarios'][number],
  shift: PairedShift,
  { cutoff, judges }: StressInput,
): readonly Measurement[] {
  const estimates = {
    scenario_mean_score: shift.meanAfter,
    scenario_mean_change: shift.meanChange,
    scenario_adverse_change: shift.adverseChange,
    scenario_flip_share: shift.flipShare,
  };
  const needsCutoff = ['scenario_adverse_change', 'scenario_flip_share'];
  return STRESS_METRICS.filter(
    (metric) =>
      cutoff !== undefined || limits?.[metric] !== undefined || !needsCutoff.includes(metric),
  ).map((metric) =>
    judgeFinding(
      {
        metric,
        estimate: estimates[metric],
        n: shift.rows,
        group: { by: 'scenario', value: name },
        source: FORMULA_SOURCES[metric],
      },
      limits?.[metric],
      { judge: judges?.[metric] },
    ),
  );
}

function resultOf(scenario: Scenario, shift: PairedShift): ScenarioResult {
  return {
    name: scenario.name,
    why: scenario.why,
    changes: Object.entries(scenario.changes).map(([input, change]) => ({
      input,
      change: changeText(change),
    })),
    rows: shift.rows,
    refused: shift.refused,
    mean_before: shift.meanBefore === undefined ? null : decimal(shift.meanBefore),
    mean_after: shift.meanAfter === undefined ? null : decimal(shift.meanAfter.value),
    to_adverse: shift.toAdverse,
    to_favourable: shift.toFavourable,
  };
}

function changeText(change: InputChange): string {
  if ('missing' in change) return 'missing';
  if ('set' in change) return `set to ${change.set}`;
  if ('add' in change) return `plus ${change.add}`;
  if ('multiply' in change) return `times ${change.multiply}`;
  return `set to its ${change.quantile} quantile`;
}

function caveatsOf(
  all: number,
  rows: number,
  scenarios: readonly ScenarioResult[],
): readonly string[] {
  const refused = scenarios.filter((one) => one.refused > 0);
  return [
    ...(rows < all ? [`${rows} of ${all} rows were scored again, taken evenly by value.`] : []),
    ...refused.map(
      (one) =>
        `Scenario ${one.name}: ${one.refused} rows get an input that the model refuses; they would go to the fallback and are in no figure.`,
    ),
  ];
}
