// SPDX-License-Identifier: Apache-2.0
import { type Cutoff, isAdverse } from '../binary/cutoff.ts';
import type { Estimate } from '../intervals/interval.ts';
import { FORMULA_SOURCES, type MetricId } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Measurement } from '../plan/measurement.ts';
import {
  CONFIDENCE_DEFAULT,
  refuseUnknownMetrics,
  type SensitivityPlan,
} from '../plan/testing-plan.ts';
import { chosenInputs } from '../scorer/answered-rows.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import { inputFields, readInputs, scoreRows } from '../scorer/score-table.ts';
import { type ProbeResult, probeBoundaries, seenRanges } from '../sensitivity/boundary-probes.ts';
import { type PerturbationEffect, perturbScores } from '../sensitivity/perturb-scores.ts';
import { perturbationsOf } from '../sensitivity/perturbations.ts';
import { refuseBlank, SENSITIVITY_ROWS_MAX } from '../sensitivity/sampled-rows.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

const SENSITIVITY_METRICS = [
  'max_abs_change',
  'mean_abs_change',
  'flip_share',
] as const satisfies readonly MetricId[];
const SHIFT_DEFAULT = '1';

export interface RobustnessInput {
  readonly plan: SensitivityPlan;
  readonly cutoff?: Cutoff | undefined;
  /** Rows perturbed, taken evenly from the rows ordered by value; 500 without it. */
  readonly rowsMax?: number | undefined;
  /** Whether a score outside 0 to 1 is a failure; true without it. */
  readonly isProbability?: boolean | undefined;
}

export interface EffectText {
  readonly perturbation: string;
  readonly rows: number;
  readonly refused: number;
  readonly mean_change: DecimalText | null;
  readonly mean_abs_change: DecimalText | null;
  readonly max_abs_change: DecimalText | null;
  readonly flips: number;
}

export interface InputSensitivity {
  readonly input: string;
  readonly effects: readonly EffectText[];
}

export interface RobustnessReport extends Report {
  readonly kind: 'robustness';
  readonly shift: DecimalText;
  readonly inputs: readonly InputSensitivity[];
  readonly boundaries: readonly ProbeResult[];
}

/**
 * How far the score moves when one input at a time does, and what missing, extreme and wrongly typed inputs get. Each
 * figure is the largest over the input's perturbations. Throws `plan_invalid` for an unknown metric or input.
 */
export async function robustnessReport(
  table: Table,
  scorer: Scorer,
  input: RobustnessInput,
): Promise<RobustnessReport> {
  refuseUnknownMetrics(input.plan.limits, SENSITIVITY_METRICS, 'sensitivity.limits');
  refuseBlank(table);
  const rows = await readInputs(table, scorer.spec, {
    order: 'value',
    rowsMax: input.rowsMax ?? input.plan.rows ?? SENSITIVITY_ROWS_MAX,
  });
  const base = (await scoreRows(scorer, rows)).map(({ score }) => score);
  const shift = Number(input.plan.shift ?? SHIFT_DEFAULT);
  const about = { rows, base, cutoff: input.cutoff };
  const inputs: InputSensitivity[] = [];
  const measurements: Measurement[] = [];
  const fields = inputFields(scorer.spec);
  for (const field of chosenInputs(fields, input.plan.inputs, 'sensitivity.inputs')) {
    const effects: PerturbationEffect[] = [];
    for (const perturbation of await perturbationsOf(table, field, shift)) {
      effects.push(await perturbScores(scorer, perturbation, about));
    }
    inputs.push({ input: field.name, effects: effects.map(effectText) });
    measurements.push(...judgeEffects(field.name, effects, input));
  }
  const boundaries = await probeBoundaries(scorer, rows[Math.floor(rows.length / 2)]!, {
    seen: await seenRanges(table, scorer.spec),
    isProbability: input.isProbability ?? true,
  });
  measurements.push(judgeBoundaries(boundaries));
  return {
    kind: 'robustness',
    confidence: CONFIDENCE_DEFAULT,
    rows: rows.length,
    shift: input.plan.shift ?? SHIFT_DEFAULT,
    inputs,
    boundaries,
    measurements,
    verdict: worstVerdict(measurements),
    caveats: caveatsOf(table.rowCount, base, input.cutoff),
  };
}

function judgeEffects(
  name: string,
  effects: readonly PerturbationEffect[],
  { plan, cutoff }: RobustnessInput,
): readonly Measurement[] {
  const answered = effects.filter((effect) => effect.rows > 0);
  const largest = (figure: (effect: PerturbationEffect) => number): Estimate | undefined =>
    answered.length === 0 ? undefined : { value: Math.max(...answered.map(figure)) };
  const estimates = {
    max_abs_change: largest((effect) => effect.maxAbsChange),
    mean_abs_change: largest((effect) => effect.meanAbsChange),
    flip_share: largest((effect) => effect.flips / effect.rows),
  };
  return SENSITIVITY_METRICS.filter(
    (metric) => cutoff !== undefined || metric !== 'flip_share',
  ).map((metric) =>
    judgeFinding(
      {
        metric,
        estimate: estimates[metric],
        n: Math.max(0, ...answered.map((effect) => effect.rows)),
        group: { by: 'input', value: name },
        source: FORMULA_SOURCES[metric],
      },
      plan.limits?.[metric],
    ),
  );
}

function judgeBoundaries(boundaries: readonly ProbeResult[]): Measurement {
  const failures = boundaries.filter((probe) => probe.outcome === 'failed').length;
  return judgeFinding(
    {
      metric: 'boundary_failures',
      estimate: { value: failures },
      n: boundaries.length,
      source: FORMULA_SOURCES.boundary_failures,
    },
    { max: '0' },
  );
}

function effectText(effect: PerturbationEffect): EffectText {
  return {
    perturbation: effect.name,
    rows: effect.rows,
    refused: effect.refused,
    mean_change: decimal(effect.meanChange),
    mean_abs_change: decimal(effect.meanAbsChange),
    max_abs_change: decimal(effect.maxAbsChange),
    flips: effect.flips,
  };
}

function caveatsOf(
  rows: number,
  base: readonly number[],
  cutoff: Cutoff | undefined,
): readonly string[] {
  const caveats: string[] = [];
  if (base.length < rows)
    caveats.push(`${base.length} of ${rows} rows were perturbed, evenly by value.`);
  if (cutoff !== undefined) {
    const adverse = base.filter((score) => isAdverse(score, cutoff)).length;
    caveats.push(`${adverse} of ${base.length} unperturbed rows are adverse at the cutoff.`);
  }
  return caveats;
}
