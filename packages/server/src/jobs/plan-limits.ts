// SPDX-License-Identifier: Apache-2.0
import type { TestPlanContent } from '@countersign/kernel';

/** Bounds by metric, as plans write them. */
export type PlanLimits = Readonly<
  Record<string, { readonly min?: string | undefined; readonly max?: string | undefined }>
>;

/** The parts of a testing plan that set limits. */
export interface LimitedPlan {
  readonly metrics?: PlanLimits | undefined;
  readonly fairness?: { readonly limits?: PlanLimits | undefined } | undefined;
  readonly sensitivity?: { readonly limits?: PlanLimits | undefined } | undefined;
  readonly slices?: { readonly limits?: PlanLimits | undefined } | undefined;
  readonly insurance?:
    | {
        readonly limits?: PlanLimits | undefined;
        readonly price?: { readonly limits?: PlanLimits | undefined } | undefined;
      }
    | undefined;
  readonly clinical?: { readonly limits?: PlanLimits | undefined } | undefined;
  readonly stability?: { readonly limits?: PlanLimits | undefined } | undefined;
  readonly selective_labels?: { readonly limits?: PlanLimits | undefined } | undefined;
  readonly backtest?:
    | { readonly limits?: PlanLimits | undefined }
    | { readonly gap: string }
    | undefined;
}

/**
 * Every bound of a plan, one entry each: what the threshold floors of model risk are held against. Bounds of the whole come
 * first, since a floor looks for the first of its metric.
 */
export function limitsOfPlan(plan: LimitedPlan | undefined): TestPlanContent['limits'] {
  const backtest = plan?.backtest;
  return [
    ...[
      plan?.metrics,
      plan?.fairness?.limits,
      plan?.sensitivity?.limits,
      plan?.slices?.limits,
      plan?.insurance?.limits,
      plan?.insurance?.price?.limits,
      plan?.clinical?.limits,
      plan?.stability?.limits,
    ].flatMap((limits) => bounds(limits)),
    ...bounds(plan?.selective_labels?.limits, 'everyone'),
    ...(backtest === undefined || 'gap' in backtest ? [] : bounds(backtest.limits, 'each period')),
  ];
}

function bounds(limits: PlanLimits | undefined, group?: string): TestPlanContent['limits'] {
  const of = group === undefined ? {} : { group };
  return Object.entries(limits ?? {}).flatMap(([metric, { min, max }]) => [
    ...(min === undefined ? [] : [{ metric, op: '>=', value: min, ...of }]),
    ...(max === undefined ? [] : [{ metric, op: '<=', value: max, ...of }]),
  ]);
}
