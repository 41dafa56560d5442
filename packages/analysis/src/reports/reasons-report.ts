// SPDX-License-Identifier: Apache-2.0
import { type Cutoff, isAdverse } from '../binary/cutoff.ts';
import type { Background } from '../explainability/background.ts';
import { type ReasonRank, testReasons } from '../explainability/reason-tests.ts';
import type { ModelValues, ShapleyValues } from '../explainability/shapley.ts';
import { wilson } from '../intervals/wilson.ts';
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import type { Measurement } from '../plan/measurement.ts';
import {
  CONFIDENCE_DEFAULT,
  type Judges,
  type Limits,
  levelOf,
  refuseUnknownMetrics,
} from '../plan/testing-plan.ts';
import type { InputRow } from '../scorer/input-values.ts';
import type { Report } from './report.ts';

const REASON_METRICS = ['reason_best_value_improves', 'reason_removal_improves'] as const;
// 12 CFR 1002 supplement I, 9(b)(2)-1: more than four reasons is not likely to be helpful.
const COUNT_DEFAULT = 4;

export interface ReasonsInput {
  readonly inputs: readonly string[];
  readonly background: Background;
  readonly cutoff: Cutoff;
  readonly plan: { readonly count?: number | undefined; readonly limits?: Limits | undefined };
  readonly confidence?: string | undefined;
  readonly judges?: Judges | undefined;
}

export interface ReasonsReport extends Report {
  readonly kind: 'reasons';
  /** Adverse rows among those explained. */
  readonly declined: number;
  /** Adverse rows in which no input speaks against the applicant. */
  readonly without_reason: number;
  readonly ranks: readonly ReasonRank[];
}

/** Reasons stated from Shapley values, tested by improving the input that each cites; see `testReasons`. */
export async function reasonsReport(
  model: ModelValues,
  explained: readonly (ShapleyValues & { readonly row: InputRow; readonly score: number })[],
  input: ReasonsInput,
): Promise<ReasonsReport> {
  refuseUnknownMetrics(input.plan.limits, REASON_METRICS, 'explanations.shapley.reasons.limits');
  const { cutoff, background } = input;
  const declined = explained
    .filter(({ score }) => isAdverse(score, cutoff))
    .map(({ row, value, values }) => ({
      row,
      value,
      contributions: input.inputs.map((name, at) => ({ input: name, value: values[at]! })),
    }));
  const { ranks, withoutReason } = await testReasons(model, declined, {
    background,
    count: Math.min(input.plan.count ?? COUNT_DEFAULT, input.inputs.length),
    adverse: cutoff.adverseWhen.endsWith('above') ? 1 : -1,
  });
  const measurements = ranks.flatMap((rank) => judged(rank, input));
  return {
    kind: 'reasons',
    confidence: input.confidence ?? CONFIDENCE_DEFAULT,
    rows: explained.length,
    declined: declined.length,
    without_reason: withoutReason,
    ranks,
    measurements,
    verdict: worstVerdict(measurements),
    caveats: [
      `Reasons are the largest Shapley values against the applicant in ${declined.length} adverse rows of ${explained.length} explained.`,
    ],
  };
}

/** The first reason must be improvable in every row unless the plan says otherwise; the others are held to its limits alone. */
function judged(
  rank: ReasonRank,
  { plan, judges, confidence }: ReasonsInput,
): readonly Measurement[] {
  const { n } = rank;
  const about = { n, group: { by: 'reason', value: String(rank.rank) } };
  const best = 'reason_best_value_improves';
  const removal = 'reason_removal_improves';
  return [
    judgeFinding(
      {
        ...about,
        metric: best,
        estimate: n === 0 ? undefined : { value: rank.improvable / n },
        source: FORMULA_SOURCES[best],
      },
      plan.limits?.[best] ?? (rank.rank === 1 && n > 0 ? { min: '1' } : undefined),
    ),
    judgeFinding(
      {
        ...about,
        metric: removal,
        estimate: wilson(rank.removed, n, levelOf(confidence)),
        source: FORMULA_SOURCES[removal],
      },
      plan.limits?.[removal],
      { judge: judges?.[removal] },
    ),
  ];
}
