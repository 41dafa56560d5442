// SPDX-License-Identifier: Apache-2.0
import {
  type ImportanceMetric,
  type LabelledInputs,
  metricOf,
  permutationImportance,
} from '../explainability/permutation-importance.ts';
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
import { chosenInputs } from '../scorer/answered-rows.ts';
import { labelledRows } from '../scorer/labelled-rows.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import { inputFields, scoreRows } from '../scorer/score-table.ts';
import { refuseBlank } from '../sensitivity/sampled-rows.ts';
import type { Roles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

const PERMUTATION_METRICS = ['permutation_importance', 'permutation_baseline'] as const;
const REPEATS_DEFAULT = 10;
const ROWS_DEFAULT = 1000;

export interface PermutationInput {
  readonly plan: {
    readonly inputs?: 'all' | readonly string[] | undefined;
    readonly metric?: ImportanceMetric | undefined;
    readonly repeats?: number | undefined;
    readonly rows?: number | undefined;
    readonly limits?: Limits | undefined;
  };
  readonly seed: number;
  readonly roles: Roles;
  readonly confidence?: string | undefined;
  readonly judges?: Judges | undefined;
}

export interface PermutationReport extends Report {
  readonly kind: 'permutation';
  readonly metric: ImportanceMetric;
  readonly repeats: number;
  readonly seed: number;
  /** Largest first. */
  readonly importance: readonly {
    readonly input: string;
    readonly mean: DecimalText | null;
    readonly lowest: DecimalText | null;
    readonly highest: DecimalText | null;
  }[];
}

/** How much the model's own metric suffers with each input shuffled among the rows. Throws `plan_invalid`. */
export async function permutationReport(
  table: Table,
  scorer: Scorer,
  input: PermutationInput,
): Promise<PermutationReport> {
  const { plan } = input;
  refuseUnknownMetrics(plan.limits, PERMUTATION_METRICS, 'explanations.permutation.limits');
  refuseBlank(table);
  const metric = plan.metric ?? 'auc';
  const repeats = plan.repeats ?? REPEATS_DEFAULT;
  const data = await labelledRows(table, scorer.spec, {
    roles: input.roles,
    rowsMax: plan.rows ?? ROWS_DEFAULT,
  });
  const scores = (await scoreRows(scorer, data.rows)).map(({ score }) => score);
  const before = metricOf(metric, data, scores);
  const fields = chosenInputs(
    inputFields(scorer.spec),
    plan.inputs,
    'explanations.permutation.inputs',
  );
  const judge = judgeOf(data, input);
  const measurements: Measurement[] = [
    judge('permutation_baseline', before === undefined ? undefined : { value: before }, {
      by: 'metric',
      value: metric,
    }),
  ];
  const importance: PermutationReport['importance'][number][] = [];
  for (const { name } of before === undefined ? [] : fields) {
    const about = { input: name, metric, before: before!, repeats, seed: input.seed };
    const level = levelOf(input.confidence);
    const found = await permutationImportance(scorer, data, { ...about, level });
    measurements.push(
      judge('permutation_importance', found.estimate, { by: 'input', value: name }),
    );
    importance.push({
      input: name,
      mean: found.estimate === undefined ? null : decimal(found.estimate.value),
      lowest: decimal(found.lowest),
      highest: decimal(found.highest),
    });
  }
  return {
    kind: 'permutation',
    confidence: input.confidence ?? CONFIDENCE_DEFAULT,
    rows: data.rows.length,
    metric,
    repeats,
    seed: input.seed,
    importance: importance.sort(
      (a, b) => Number(b.mean) - Number(a.mean) || (a.input < b.input ? -1 : 1),
    ),
    measurements,
    verdict: worstVerdict(measurements),
    caveats: caveatsOf(data, table.rowCount),
  };
}

function judgeOf(data: LabelledInputs, { plan, judges }: PermutationInput) {
  const positives = data.labels.filter((label) => label === 1).length;
  return (
    metric: (typeof PERMUTATION_METRICS)[number],
    estimate: Parameters<typeof judgeFinding>[0]['estimate'],
    group: { readonly by: string; readonly value: string },
  ) =>
    judgeFinding(
      {
        metric,
        estimate,
        n: data.rows.length,
        events: Math.min(positives, data.labels.length - positives),
        group,
        source: FORMULA_SOURCES[metric],
      },
      plan.limits?.[metric],
      { judge: judges?.[metric] },
    );
}

function caveatsOf(data: LabelledInputs, all: number): readonly string[] {
  return [
    ...(data.rows.length < all
      ? [`${data.rows.length} of ${all} rows were shuffled, taken evenly by value.`]
      : []),
    'The artefact scores these rows; where it was fitted on them, importance is that of the fit and not of new rows.',
    'Inputs that go together share what they tell: shuffled alone, each may look as if it mattered little.',
  ];
}
