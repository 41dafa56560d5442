// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName, grouping, limit, nameText, relativePath, sentence } from './common-values.ts';
import { decimalValue, shareValue } from './decimal-value.ts';
import { designConstraint } from './design-section.ts';

const metricName = z.string().regex(/^[a-z][a-z0-9_]*$/, 'expected a metric id such as `auc`');
const limits = z.record(metricName, limit);

const predictions = z.union([
  relativePath.transform((file) => ({ file, score: 'score' })),
  z.strictObject({
    /** Out-of-fold predictions on the development rows, written by a step. */
    file: relativePath,
    id: columnName.optional(),
    score: columnName.default('score'),
    fold: columnName.optional(),
  }),
]);

const fairness = z.strictObject({
  /** The one criterion that decides; the others are reported. */
  governing: metricName,
  why: sentence,
  attributes: z.array(nameText).optional(),
  limits: limits.optional(),
  conditional_on: z.array(columnName).optional(),
  events_min: z.number().int().min(1).optional(),
});

const sensitivity = z.strictObject({
  inputs: z.union([z.literal('all'), z.array(columnName).min(1)]).optional(),
  /** Shift of a numeric input in its standard deviations. */
  shift: decimalValue.optional(),
  limits: limits.optional(),
});

const backtest = z.union([
  z.strictObject({ gap: sentence }),
  z.strictObject({
    time: columnName,
    window: z.string().regex(/^\d{1,4}[dwmy]$/, 'expected a window such as `30d` or `3m`'),
    limits,
  }),
]);

export const testing = z.strictObject({
  predictions: predictions.optional(),
  confidence: shareValue.optional(),
  metrics: limits.optional(),
  segments: z.array(grouping).max(100).optional(),
  fairness: fairness.optional(),
  sensitivity: sensitivity.optional(),
  backtest: backtest.optional(),
});

export const monitoring = z.strictObject({
  /** `dataset.split` whose bins are frozen at training. */
  reference: z.string().min(1).max(130),
  window: z
    .string()
    .regex(/^\d{1,4}[dwmy]$/, 'expected a window such as `30d`')
    .optional(),
  zone: z.string().min(1).max(64).optional(),
  stability: z
    .strictObject({
      columns: z.union([z.literal('all'), z.array(columnName).min(1)]).optional(),
      bins: z.number().int().min(2).max(100).optional(),
      limits,
      false_alarms_per_year: decimalValue.optional(),
    })
    .optional(),
  outcomes: z
    .strictObject({
      limits,
      matures_after: z
        .string()
        .regex(/^\d{1,4}[dwmy]$/)
        .optional(),
      events_min: z.number().int().min(1).optional(),
    })
    .optional(),
  fairness: fairness.optional(),
  consequences: z
    .partialRecord(
      z.enum(['stability', 'outcomes', 'fairness']),
      z.array(z.enum(['alert', 'finding', 'review', 'suspend'])).min(1),
    )
    .optional(),
  owner: z.string().min(1).max(200).optional(),
});

export const design = z.strictObject({
  algorithm: sentence,
  theory: sentence.optional(),
  regularisation: sentence.optional(),
  constraints: z.array(designConstraint).max(500).optional(),
  alternatives: z.array(z.strictObject({ what: sentence, why_not: sentence })).optional(),
  judgement: z.array(sentence).optional(),
  assumptions: z
    .array(
      z.strictObject({
        item: sentence,
        sensitivity: sentence.optional(),
        mitigation: sentence.optional(),
        owner: z.string().min(1).optional(),
      }),
    )
    .optional(),
  limitations: z.array(sentence).optional(),
  literature: z.array(sentence).optional(),
});

export type TestingPlan = z.output<typeof testing>;
export type MonitoringPlan = z.output<typeof monitoring>;
export type Design = z.output<typeof design>;
