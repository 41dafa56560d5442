// SPDX-License-Identifier: Apache-2.0
import { BENCHMARK_FORMULAS } from './formulas/benchmark.ts';
import { BINARY_FORMULAS } from './formulas/binary.ts';
import { DESIGN_FORMULAS } from './formulas/design.ts';
import { EXPLAINABILITY_FORMULAS } from './formulas/explainability.ts';
import { FAIRNESS_FORMULAS } from './formulas/fairness.ts';
import { SENSITIVITY_FORMULAS } from './formulas/sensitivity.ts';
import { STABILITY_FORMULAS } from './formulas/stability.ts';

/** Where each figure's formula comes from; the key is the metric id used in plans and reports. */
export const FORMULA_SOURCES = {
  ...BINARY_FORMULAS,
  ...FAIRNESS_FORMULAS,
  ...STABILITY_FORMULAS,
  ...SENSITIVITY_FORMULAS,
  ...BENCHMARK_FORMULAS,
  ...EXPLAINABILITY_FORMULAS,
  ...DESIGN_FORMULAS,
} as const;

export type MetricId = keyof typeof FORMULA_SOURCES;

export function isMetricId(name: string): name is MetricId {
  return Object.hasOwn(FORMULA_SOURCES, name);
}
