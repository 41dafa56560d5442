// SPDX-License-Identifier: Apache-2.0
import { BACKTEST_FORMULAS } from './formulas/backtest.ts';
import { BENCHMARK_FORMULAS } from './formulas/benchmark.ts';
import { BINARY_FORMULAS } from './formulas/binary.ts';
import { CLINICAL_FORMULAS } from './formulas/clinical.ts';
import { CONCEPTUAL_FORMULAS } from './formulas/conceptual.ts';
import { DESIGN_FORMULAS } from './formulas/design.ts';
import { ESTIMATE_FORMULAS } from './formulas/estimate.ts';
import { EXPLAINABILITY_FORMULAS } from './formulas/explainability.ts';
import { FAIRNESS_FORMULAS } from './formulas/fairness.ts';
import { INSURANCE_FORMULAS } from './formulas/insurance.ts';
import { MARKET_RISK_FORMULAS } from './formulas/market-risk.ts';
import { SENSITIVITY_FORMULAS } from './formulas/sensitivity.ts';
import { SLICE_FORMULAS } from './formulas/slices.ts';
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
  ...CONCEPTUAL_FORMULAS,
  ...BACKTEST_FORMULAS,
  ...SLICE_FORMULAS,
  ...ESTIMATE_FORMULAS,
  ...INSURANCE_FORMULAS,
  ...MARKET_RISK_FORMULAS,
  ...CLINICAL_FORMULAS,
} as const;

export type MetricId = keyof typeof FORMULA_SOURCES;

export function isMetricId(name: string): name is MetricId {
  return Object.hasOwn(FORMULA_SOURCES, name);
}
