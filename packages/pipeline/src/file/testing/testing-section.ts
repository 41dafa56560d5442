// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { grouping } from '../common-values.ts';
import { shareValue } from '../decimal-value.ts';
import { backtest } from './backtest.ts';
import { benchmark } from './benchmark.ts';
import { bands, bootstrap, costs, cutoffs } from './binary.ts';
import { clinical } from './clinical.ts';
import { conceptual } from './conceptual.ts';
import { estimate } from './estimate.ts';
import { explanations } from './explanations.ts';
import { testedFairness } from './fairness.ts';
import { insurance } from './insurance.ts';
import { limits } from './limits.ts';
import { marketRisk } from './market-risk.ts';
import { predictions } from './predictions.ts';
import { selectiveLabels } from './selective-labels.ts';
import { sensitivity } from './sensitivity.ts';
import { slices } from './slices.ts';
import { stability } from './stability.ts';
import { task, taskProblems } from './task.ts';

const parts = z.strictObject({
  /** `binary` (default): the score is a probability; `estimate`: a predicted number; `market-risk`: a VaR forecast. */
  task: task.optional(),
  predictions: predictions.optional(),
  confidence: shareValue.optional(),
  metrics: limits.optional(),
  segments: z.array(grouping).max(100).optional(),
  cutoffs: cutoffs.optional(),
  bands: bands.optional(),
  costs: costs.optional(),
  bootstrap: bootstrap.optional(),
  fairness: testedFairness.optional(),
  sensitivity: sensitivity.optional(),
  slices: slices.optional(),
  explanations: explanations.optional(),
  conceptual: conceptual.optional(),
  benchmark: benchmark.optional(),
  /** `dataset.split` of rows after the development rows: what back-test and stability are measured on. */
  later: z.string().min(1).max(130).optional(),
  backtest: backtest.optional(),
  selective_labels: selectiveLabels.optional(),
  stability: stability.optional(),
  estimate: estimate.optional(),
  insurance: insurance.optional(),
  market_risk: marketRisk.optional(),
  clinical: clinical.optional(),
});

/** A plan whose parts fit its task. */
export const testing = parts.superRefine((plan, issues) => {
  for (const { path, message } of taskProblems(plan)) {
    issues.addIssue({ code: 'custom', path: [...path], message });
  }
});

export type TestingPlan = z.output<typeof testing>;
