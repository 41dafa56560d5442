// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { grouping } from '../common-values.ts';
import { shareValue } from '../decimal-value.ts';
import { backtest } from './backtest.ts';
import { fairness } from './fairness.ts';
import { limits } from './limits.ts';
import { predictions } from './predictions.ts';
import { sensitivity } from './sensitivity.ts';

export const testing = z.strictObject({
  predictions: predictions.optional(),
  confidence: shareValue.optional(),
  metrics: limits.optional(),
  segments: z.array(grouping).max(100).optional(),
  fairness: fairness.optional(),
  sensitivity: sensitivity.optional(),
  backtest: backtest.optional(),
});

export type TestingPlan = z.output<typeof testing>;
