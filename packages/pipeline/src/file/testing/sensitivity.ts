// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName, nameText, sentence } from '../common-values.ts';
import { decimalValue, shareValue } from '../decimal-value.ts';
import { drawSeed, limits } from './limits.ts';

/** What a scenario does to one input. Missing values stay missing under `add` and `multiply`. */
const change = z.union([
  z.strictObject({ set: z.union([decimalValue, z.boolean(), z.string().max(1000)]) }),
  z.strictObject({ add: decimalValue }),
  z.strictObject({ multiply: decimalValue }),
  /** To this quantile of the measured rows: a value that occurs in them. */
  z.strictObject({ quantile: shareValue }),
  z.strictObject({ missing: z.literal(true) }),
]);

const scenario = z.strictObject({
  name: nameText,
  why: sentence,
  /** By input; all of them together are the scenario. */
  changes: z
    .record(columnName, change)
    .refine(
      (changes) => Object.keys(changes).length > 0,
      'expected a change of at least one input',
    ),
  limits: limits.optional(),
});

const noise = z.strictObject({
  /** Standard deviation of the noise relative to the value: 0.05 multiplies by 1 + 0.05·z, z standard normal. */
  relative: decimalValue.refine((text) => Number(text) > 0, 'expected a number above 0'),
  /** Numeric inputs; all of them without it. */
  inputs: z.union([z.literal('all'), z.array(columnName).min(1)]).optional(),
  repeats: z.number().int().min(1).max(100).optional(),
  seed: drawSeed.optional(),
  limits: limits.optional(),
});

export const sensitivity = z.strictObject({
  inputs: z.union([z.literal('all'), z.array(columnName).min(1)]).optional(),
  /** Shift of a numeric input in its standard deviations. */
  shift: decimalValue.optional(),
  limits: limits.optional(),
  /** At most this many rows are changed and scored again, taken evenly. */
  rows: z.number().int().min(10).max(100_000).optional(),
  scenarios: z
    .array(scenario)
    .min(1)
    .max(100)
    .refine(
      (all) => new Set(all.map(({ name }) => name)).size === all.length,
      'expected names of scenarios to differ',
    )
    .optional(),
  noise: noise.optional(),
});
