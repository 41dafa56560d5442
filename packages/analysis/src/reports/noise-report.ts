// SPDX-License-Identifier: Apache-2.0
import type { Cutoff } from '../binary/cutoff.ts';
import { AnalysisError } from '../errors.ts';
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import type { DecimalText, Measurement } from '../plan/measurement.ts';
import {
  CONFIDENCE_DEFAULT,
  type Judges,
  type Limits,
  levelOf,
  refuseUnknownMetrics,
} from '../plan/testing-plan.ts';
import { chosenInputs } from '../scorer/answered-rows.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import { inputFields, readInputs, scoreRows } from '../scorer/score-table.ts';
import { type NoiseEffect, type NoisyField, noisyScores } from '../sensitivity/noisy-scores.ts';
import { refuseBlank, SENSITIVITY_ROWS_MAX } from '../sensitivity/sampled-rows.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

const NOISE_METRICS = ['noise_flip_share', 'noise_mean_abs_change'] as const;
const REPEATS_DEFAULT = 5;
const SEED_DEFAULT = 1;
/** Name of the row for all noisy inputs at once. */
export const ALL_INPUTS = 'all inputs together';

export interface NoiseInput {
  readonly plan: {
    readonly relative: string;
    readonly inputs?: 'all' | readonly string[] | undefined;
    readonly repeats?: number | undefined;
    readonly seed?: number | undefined;
    readonly limits?: Limits | undefined;
  };
  readonly cutoff?: Cutoff | undefined;
  readonly confidence?: string | undefined;
  readonly judges?: Judges | undefined;
  readonly rowsMax?: number | undefined;
}

export interface NoiseReport extends Report {
  readonly kind: 'noise';
  readonly relative: DecimalText;
  readonly repeats: number;
  readonly seed: number;
  readonly effects: readonly {
    readonly input: string;
    readonly scorings: number;
    readonly refused: number;
    readonly flips: number;
  }[];
}

/**
 * Scores rows again with relative normal noise on each numeric input, and on all of them at once. Throws `plan_invalid` for
 * an unknown or non-numeric input or metric.
 */
export async function noiseReport(
  table: Table,
  scorer: Scorer,
  input: NoiseInput,
): Promise<NoiseReport> {
  const { plan, cutoff } = input;
  refuseUnknownMetrics(plan.limits, NOISE_METRICS, 'sensitivity.noise.limits');
  refuseBlank(table);
  const level = levelOf(input.confidence);
  const rowsMax = input.rowsMax ?? SENSITIVITY_ROWS_MAX;
  const rows = await readInputs(table, scorer.spec, { order: 'value', rowsMax });
  const base = (await scoreRows(scorer, rows)).map(({ score }) => score);
  const settings = {
    relative: Number(plan.relative),
    repeats: plan.repeats ?? REPEATS_DEFAULT,
    seed: plan.seed ?? SEED_DEFAULT,
  };
  const fields = noisyFields(scorer, plan.inputs);
  const together = fields.length > 1 ? [{ input: ALL_INPUTS, fields }] : [];
  const effects: { readonly input: string; readonly effect: NoiseEffect }[] = [];
  for (const one of [
    ...fields.map((field) => ({ input: field.name, fields: [field] })),
    ...together,
  ]) {
    const about = { rows, base, fields: one.fields, cutoff, level };
    effects.push({ input: one.input, effect: await noisyScores(scorer, about, settings) });
  }
  const measurements = effects.flatMap((one) => judged(one, rows.length, input));
  return {
    kind: 'noise',
    confidence: input.confidence ?? CONFIDENCE_DEFAULT,
    rows: rows.length,
    relative: plan.relative,
    repeats: settings.repeats,
    seed: settings.seed,
    effects: effects.map(({ input: name, effect }) => ({
      input: name,
      scorings: effect.scorings,
      refused: effect.refused,
      flips: effect.flips,
    })),
    measurements,
    verdict: worstVerdict(measurements),
    caveats: caveatsOf(table.rowCount, rows.length, effects),
  };
}

function noisyFields(scorer: Scorer, chosen: NoiseInput['plan']['inputs']): readonly NoisyField[] {
  const isNumber = ({ type }: NoisyField) => type !== 'string' && type !== 'bool';
  const fields = chosenInputs(inputFields(scorer.spec), chosen, 'sensitivity.noise.inputs');
  if (chosen === undefined || chosen === 'all') return fields.filter(isNumber);
  const other = fields.find((field) => !isNumber(field));
  if (other === undefined) return fields;
  throw new AnalysisError(
    'plan_invalid',
    `\`${other.name}\` is \`${other.type}\`, and noise is for numbers; correct sensitivity.noise.inputs`,
    { details: { field: 'sensitivity.noise.inputs', input: other.name } },
  );
}

function judged(
  { input, effect }: { readonly input: string; readonly effect: NoiseEffect },
  rows: number,
  { plan, cutoff, judges }: NoiseInput,
): readonly Measurement[] {
  const estimates = {
    noise_flip_share: effect.flipShare,
    noise_mean_abs_change: effect.meanAbsChange,
  };
  return NOISE_METRICS.filter(
    (metric) => cutoff !== undefined || metric !== 'noise_flip_share',
  ).map((metric) =>
    judgeFinding(
      {
        metric,
        estimate: estimates[metric],
        n: rows,
        group: { by: 'input', value: input },
        source: FORMULA_SOURCES[metric],
      },
      plan.limits?.[metric],
      { judge: judges?.[metric] },
    ),
  );
}

function caveatsOf(
  all: number,
  rows: number,
  effects: readonly { readonly input: string; readonly effect: NoiseEffect }[],
): readonly string[] {
  const refused = effects.filter(({ effect }) => effect.refused > 0);
  return [
    ...(rows < all ? [`${rows} of ${all} rows were scored again, taken evenly by value.`] : []),
    ...(effects.length === 0
      ? ['The model has no numeric input; there is nothing to add noise to.']
      : []),
    ...refused.map(
      ({ input, effect }) =>
        `Noise on ${input}: ${effect.refused} of ${effect.refused + effect.scorings} scorings leave the declared range and are refused; they are in no figure.`,
    ),
  ];
}
