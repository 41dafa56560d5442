// SPDX-License-Identifier: Apache-2.0
import { holmAdjusted } from '../benchmark/holm.ts';
import { pairedCellsOf } from '../benchmark/paired-cells.ts';
import {
  baseRateScores,
  LOGISTIC_COLUMNS_MAX,
  logisticScores,
} from '../benchmark/simple-scores.ts';
import { designMatrix } from '../conceptual/design-matrix.ts';
import { worstVerdict } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Measurement } from '../plan/measurement.ts';
import { CONFIDENCE_DEFAULT } from '../plan/testing-plan.ts';
import { type LabelledRows, labelledRows } from '../scorer/labelled-rows.ts';
import { inputFields } from '../scorer/score-table.ts';
import type { ScorerSpec } from '../scorer/scorer-spec.ts';
import type { Roles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import { type BenchmarkOptions, benchmarkOf, type SwapSet } from './benchmark-report.ts';
import type { Report } from './report.ts';

const ROWS_MAX = 5000;

export type SimpleBenchmark = 'base-rate' | 'logistic';

export interface SimpleBenchmarkInput extends BenchmarkOptions {
  readonly simple: readonly SimpleBenchmark[];
  readonly roles: Roles;
}

/** One challenger with its tests; `adjusted` are Holm's p over the challengers of the report. */
export interface ComparedChallenger {
  readonly name: string;
  readonly p_values: Readonly<Record<string, DecimalText | null>>;
  readonly adjusted: Readonly<Record<string, DecimalText | null>>;
  readonly swap_set?: SwapSet | undefined;
}

export interface ChallengersReport extends Report {
  readonly kind: 'challengers';
  readonly challengers: readonly ComparedChallenger[];
}

/**
 * The table's scores beside benchmarks that anybody could build: the base rate for everybody, and a penalised logistic
 * regression on the same inputs, cross-fitted on these rows. A model that does not beat them earns nothing.
 */
export async function simpleBenchmarkReport(
  table: Table,
  spec: ScorerSpec,
  input: SimpleBenchmarkInput,
): Promise<ChallengersReport> {
  const data = await labelledRows(table, spec, { roles: input.roles, rowsMax: ROWS_MAX });
  const caveats: string[] = [
    ...(data.rows.length < table.rowCount
      ? [`${data.rows.length} of ${table.rowCount} rows were compared, taken evenly by value.`]
      : []),
    ...(input.roles.unit === undefined
      ? []
      : ['Rows are taken as independent here; intervals would be wider with units.']),
  ];
  const compared = input.simple.flatMap((name) => {
    const scores = scoresOf(name, data, spec);
    if (typeof scores === 'string') {
      caveats.push(`${name}: ${scores}`);
      return [];
    }
    const pairs = pairedCellsOf(
      scores.kept.map((row, at) => ({
        candidate: data.scores[row]!,
        challenger: scores.values[at]!,
        label: data.labels[row]!,
        weight: data.weights[row]!,
      })),
    );
    return [{ name, report: benchmarkOf(pairs, input) }];
  });
  return challengersReport(compared, {
    confidence: input.confidence ?? CONFIDENCE_DEFAULT,
    rows: data.rows.length,
    caveats,
  });
}

/** Several comparisons as one report: figures told apart by challenger, p-values adjusted over all of them. */
export function challengersReport(
  compared: readonly { readonly name: string; readonly report: ReturnType<typeof benchmarkOf> }[],
  about: Pick<Report, 'confidence' | 'rows' | 'caveats'>,
): ChallengersReport {
  const measurements = compared.flatMap(({ name, report }, at) =>
    // The candidate's own figures are the same beside each challenger.
    report.measurements
      .filter((one) => at === 0 || one.group?.value !== 'candidate')
      .map((one) => namedMeasurement(one, name)),
  );
  const adjusted = adjustedOf(compared.map(({ report }) => report.p_values));
  const several =
    compared.length < 2
      ? []
      : [
          `p-values are also given adjusted for ${compared.length} challengers by Holm’s method (1979).`,
        ];
  return {
    kind: 'challengers',
    ...about,
    caveats: [...about.caveats, ...several],
    challengers: compared.map(({ name, report }, at) => ({
      name,
      p_values: report.p_values,
      adjusted: adjusted[at]!,
      ...(report.swap_set === undefined ? {} : { swap_set: report.swap_set }),
    })),
    measurements,
    verdict: worstVerdict(measurements),
  };
}

type PValues = Readonly<Record<string, DecimalText | null>>;

function adjustedOf(all: readonly PValues[]): readonly PValues[] {
  const names = new Set(all.flatMap((one) => Object.keys(one)));
  const byMetric = [...names].map((metric) => ({
    metric,
    values: holmAdjusted(
      all.map((one) =>
        one[metric] === null || one[metric] === undefined ? undefined : Number(one[metric]),
      ),
    ),
  }));
  return all.map((_, at) =>
    Object.fromEntries(
      byMetric.map(({ metric, values }) => {
        const value = values[at];
        return [metric, value === undefined ? null : decimal(value)];
      }),
    ),
  );
}

/** `auc` of `challenger` becomes that of its name; a difference says against whom. */
function namedMeasurement(one: Measurement, challenger: string): Measurement {
  if (one.group === undefined) return { ...one, group: { by: 'against', value: challenger } };
  const value = one.group.value === 'challenger' ? challenger : one.group.value;
  return { ...one, group: { ...one.group, value } };
}

interface SimpleScores {
  /** Rows of the data that have a score. */
  readonly kept: readonly number[];
  readonly values: readonly number[];
}

function scoresOf(
  name: SimpleBenchmark,
  data: LabelledRows,
  spec: ScorerSpec,
): SimpleScores | string {
  if (name === 'base-rate') {
    const kept = data.labels.map((_, row) => row);
    return { kept, values: baseRateScores(data.labels, data.weights) };
  }
  const matrix = designMatrix(data.rows, inputFields(spec));
  if (matrix.columns.length > LOGISTIC_COLUMNS_MAX)
    return `the inputs give ${matrix.columns.length} columns, more than ${LOGISTIC_COLUMNS_MAX}; not fitted`;
  const labels = matrix.kept.map((row) => data.labels[row]!);
  const weights = matrix.kept.map((row) => data.weights[row]!);
  const values = logisticScores(matrix, labels, weights);
  return values === undefined
    ? 'the regression could not be fitted on these rows'
    : { kept: matrix.kept, values };
}
