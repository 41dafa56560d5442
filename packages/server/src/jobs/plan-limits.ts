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
}

/** Every bound of a plan, one entry each: what the threshold floors of model risk are held against. */
export function limitsOfPlan(plan: LimitedPlan | undefined): TestPlanContent['limits'] {
  return [plan?.metrics, plan?.fairness?.limits, plan?.sensitivity?.limits].flatMap((limits) =>
    Object.entries(limits ?? {}).flatMap(([metric, { min, max }]) => [
      ...(min === undefined ? [] : [{ metric, op: '>=', value: min }]),
      ...(max === undefined ? [] : [{ metric, op: '<=', value: max }]),
    ]),
  );
}
