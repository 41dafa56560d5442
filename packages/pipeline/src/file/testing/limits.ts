// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { limit } from '../common-values.ts';

export const metricName = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, 'expected a metric id such as `auc`');

/** Limits by metric id. */
export const limits = z.record(metricName, limit);

export const windowText = z
  .string()
  .regex(/^\d{1,4}[dwmy]$/, 'expected a window such as `30d` or `3m`');

/** Where random draws start: the same seed gives the same figures. */
export const drawSeed = z.number().int().min(0).max(4_294_967_295);
