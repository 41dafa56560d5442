// SPDX-License-Identifier: Apache-2.0

import type {
  BacktestSection,
  ClinicalPlan,
  EstimatePlan,
  Grouping,
  InsurancePlan,
  MarketRiskPlan,
  SelectiveLabelsPlan,
  Task,
  TestingPlan as TestingSection,
} from '@countersign/pipeline';
import { AnalysisError } from '../errors.ts';
import type { AlternativesPlan } from '../fairness/alternatives/alternatives-plan.ts';
import type { ProxyPlan } from '../fairness/proxy/proxy-plan.ts';
import type { SlicesPlan } from '../slices/slices-plan.ts';
import { FORMULA_SOURCES, type MetricId } from './formula-source.ts';
import type { Judge, Limit } from './measurement.ts';

/** Limits by metric id. */
export type Limits = Readonly<Record<string, Limit>>;

/** The fairness section of the pipeline file. */
export interface FairnessPlan {
  readonly governing: string;
  readonly why: string;
  /** Names of protected groupings; all of them without it. */
  readonly attributes?: readonly string[] | undefined;
  readonly limits?: Limits | undefined;
  readonly conditional_on?: readonly string[] | undefined;
  /** Smallest expected count of approvals and of denials in either group; 5 without it. */
  readonly events_min?: number | undefined;
  /** Names of protected groupings to cross, reported and not judged: `[['sex', 'age-band']]`. */
  readonly intersections?: readonly (readonly string[])[] | undefined;
  /** Outcomes of declined cases come in as those of approved ones do; without it figures that need them are withheld. */
  readonly declined_outcomes?: 'observed' | undefined;
  readonly alternatives?: AlternativesPlan | undefined;
  readonly proxy?: ProxyPlan | undefined;
}

type DeclaredSensitivity = NonNullable<TestingSection['sensitivity']>;

export interface SensitivityPlan {
  readonly inputs?: 'all' | readonly string[] | undefined;
  readonly shift?: string | undefined;
  readonly limits?: Limits | undefined;
  readonly rows?: number | undefined;
  readonly scenarios?: DeclaredSensitivity['scenarios'];
  readonly noise?: DeclaredSensitivity['noise'];
}

/** The testing section of the pipeline file, as far as it is measured on rows. */
export interface TestingPlan {
  /** What the score is; a probability without it. */
  readonly task?: Task | undefined;
  readonly confidence?: string | undefined;
  readonly metrics?: Limits | undefined;
  readonly segments?: readonly Grouping[] | undefined;
  readonly cutoffs?: TestingSection['cutoffs'];
  readonly bands?: TestingSection['bands'];
  readonly costs?: TestingSection['costs'];
  readonly bootstrap?: TestingSection['bootstrap'];
  readonly fairness?: FairnessPlan | undefined;
  readonly sensitivity?: SensitivityPlan | undefined;
  readonly slices?: SlicesPlan | undefined;
  readonly explanations?: TestingSection['explanations'];
  readonly conceptual?: TestingSection['conceptual'];
  readonly benchmark?: TestingSection['benchmark'];
  /** `dataset.split` of later rows; whoever measures hands them over as `Subject.later`. */
  readonly later?: string | undefined;
  readonly backtest?: BacktestSection | undefined;
  readonly selective_labels?: SelectiveLabelsPlan | undefined;
  readonly stability?: TestingSection['stability'];
  readonly estimate?: EstimatePlan | undefined;
  readonly insurance?: InsurancePlan | undefined;
  readonly market_risk?: MarketRiskPlan | undefined;
  readonly clinical?: ClinicalPlan | undefined;
}

/** How strictly figures are judged; `interval` where a metric is not named. */
export type Judges = Readonly<Record<string, Judge>>;

export const CONFIDENCE_DEFAULT = '0.95';

/** The confidence level as a number strictly between 0 and 1. */
export function levelOf(confidence: string | undefined): number {
  const level = Number(confidence ?? CONFIDENCE_DEFAULT);
  if (level > 0 && level < 1) return level;
  throw new AnalysisError('plan_invalid', `confidence \`${confidence}\` is not between 0 and 1`, {
    details: { field: 'confidence' },
  });
}

/** Throws `plan_invalid` for a limit on a metric that this part of the plan does not measure. */
export function refuseUnknownMetrics(
  limits: Limits | undefined,
  known: readonly MetricId[],
  field: string,
): void {
  for (const name of Object.keys(limits ?? {})) {
    if (known.some((metric) => metric === name)) continue;
    throw new AnalysisError(
      'plan_invalid',
      `\`${field}\` names metric \`${name}\`; expected one of ${known.join(', ')}`,
      { details: { field: `${field}.${name}` } },
    );
  }
}

export function sourceOf(metric: MetricId): string {
  return FORMULA_SOURCES[metric];
}
