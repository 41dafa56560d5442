// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName, relativePath, sentence } from '../common-values.ts';
import { shareValue } from '../decimal-value.ts';
import { limits, windowText } from './limits.ts';

/** Predicted against realised in each period: green, amber and red by the chance of what was seen. */
const lights = z
  .strictObject({
    test: z.enum(['jeffreys', 'binomial']).default('jeffreys'),
    /** What is looked for: more events than predicted, fewer, or either. */
    side: z.enum(['underestimated', 'overestimated', 'either']).default('either'),
    /** Below this p value a period is amber. */
    amber: shareValue,
    /** Below this one it is red. */
    red: shareValue,
    /** A gap of the event rate up to this size is not held against the model. */
    material: shareValue.optional(),
  })
  .refine(({ amber, red }) => Number(red) < Number(amber), 'expected `red` below `amber`');

/** Cumulative event rate of each cohort by its age: cases dated to the event, or one row for each case and age. */
const vintages = z.union([
  z.strictObject({
    origination: columnName,
    event_at: columnName,
    observed_until: columnName,
    cohort: windowText,
    months: z.number().int().min(1).max(600),
  }),
  z.strictObject({ origination: columnName, months_on_book: columnName, cohort: windowText }),
]);

export const backtest = z.union([
  z.strictObject({ gap: sentence }),
  z.strictObject({
    /** A date, a timestamp, or an integer that is a year (2016) or a month (201603). */
    time: columnName,
    /** Length of a period; calendar months, quarters and years where they fit. */
    window: windowText,
    /** Held against each period; `<metric>_trend` against the change from period to period. */
    limits,
    lights: lights.optional(),
    /** Fewer rows of the rarer label say nothing about a period. */
    events_min: z.number().int().min(1).optional(),
    /** Rolling origin: scores that a step wrote, each of a fit that saw earlier periods alone. */
    predictions: z
      .strictObject({
        file: relativePath,
        id: columnName.optional(),
        score: columnName.default('score'),
        /** The last time, as `time` tells it, that the fit behind a score had seen. */
        trained_until: columnName,
      })
      .optional(),
    vintages: vintages.optional(),
  }),
]);

export type BacktestSection = z.output<typeof backtest>;
