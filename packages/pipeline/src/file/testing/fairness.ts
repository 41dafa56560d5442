// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName, nameText, sentence } from '../common-values.ts';
import { alternatives } from './alternatives.ts';
import { limits, metricName } from './limits.ts';
import { proxy } from './proxy.ts';

const governing = metricName.refine(
  (name) => !name.startsWith('proxy_'),
  'groups guessed from names and places never decide; govern by stated groups',
);

/** Criteria for decisions and outcomes, before and after deployment alike. */
export const fairness = z.strictObject({
  /** The one criterion that decides; the others are reported. */
  governing,
  why: sentence,
  attributes: z.array(nameText).optional(),
  limits: limits.optional(),
  conditional_on: z.array(columnName).optional(),
  events_min: z.number().int().min(1).optional(),
  /** Attributes to cross, reported and not judged: `[[sex, age-band]]`. */
  intersections: z.array(z.array(nameText).min(2).max(3)).max(20).optional(),
  /** Outcomes of declined cases come in too, so that a missing one is late and not hidden. */
  declined_outcomes: z.literal('observed').optional(),
});

/** What is searched and estimated when a model is tested, and never in production. */
export const testedFairness = fairness.extend({
  alternatives: alternatives.optional(),
  proxy: proxy.optional(),
});
