// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName, grouping, sentence } from '../common-values.ts';
import { decimalValue, shareValue } from '../decimal-value.ts';
import { limits, windowText } from './limits.ts';

/** What is known of the outcome of a row: the first two count, `proxy` and `human-decision` where the plan says so. */
export const OUTCOME_STATES = [
  'realised',
  'matured',
  'proxy',
  'human-decision',
  'pending',
  'indeterminate',
  'censored',
  'unobservable',
] as const;
export type OutcomeState = (typeof OUTCOME_STATES)[number];

const outcomeState = z.enum(OUTCOME_STATES);

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** Rows whose column holds one of the values, or nothing. The first rule that fits a row decides. */
const rule = z
  .strictObject({
    column: columnName,
    values: z.array(text).min(1).max(200).optional(),
    missing: z.literal(true).optional(),
    state: outcomeState,
  })
  .refine(
    ({ values, missing }) => (values === undefined) !== (missing === undefined),
    'expected either `values` or `missing: true`',
  );

const inference = z.discriminatedUnion('method', [
  z.strictObject({
    method: z.literal('inverse-probability'),
    why: sentence,
    /** Column with each row's chance of an observable outcome; else the share observed in score band and group. */
    probability: columnName.optional(),
    bands: z.number().int().min(2).max(50).optional(),
    within: z.array(grouping).max(5).optional(),
    /** Smaller chances are taken as this one; rows so treated are counted. */
    floor: shareValue.optional(),
  }),
  z.strictObject({
    method: z.literal('parcelling'),
    why: sentence,
    bands: z.number().int().min(2).max(50).optional(),
    /** Event rate of unobservable rows over that of observed ones in the same score band. */
    factor: decimalValue,
  }),
  z.strictObject({ method: z.literal('worst-case'), why: sentence }),
]);

export const selectiveLabels = z
  .strictObject({
    rules: z.array(rule).min(1).max(50),
    /** State of a row that no rule fits. */
    otherwise: outcomeState.default('realised'),
    /** States that count as outcomes beside `realised` and `matured`. */
    counts: z.array(z.enum(['proxy', 'human-decision'])).optional(),
    /** A realised outcome counts once this long has passed since `since`, at the date `as_of`. */
    maturation: z
      .strictObject({
        matures_after: windowText,
        since: columnName,
        as_of: z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a date such as `2026-03-31`'),
      })
      .optional(),
    inference: z.array(inference).max(10).optional(),
    /** Figures for everyone who applied, those without observable outcome included. */
    limits: limits.optional(),
    /** The method that is held against `limits` beside the unadjusted figure; with `alone` in its place. */
    decides: z
      .strictObject({
        method: z.enum(['inverse-probability', 'parcelling', 'worst-case']),
        alone: z.boolean().default(false),
        why: sentence,
      })
      .optional(),
  })
  .superRefine(({ decides, inference: methods = [] }, context) => {
    const declared = methods.map(({ method }) => method);
    if (new Set(declared).size !== declared.length) {
      context.addIssue({ code: 'custom', path: ['inference'], message: 'names a method twice' });
    }
    if (decides === undefined || declared.includes(decides.method)) return;
    const message = `\`${decides.method}\` is not declared under \`inference\``;
    context.addIssue({ code: 'custom', path: ['decides', 'method'], message });
  });

export type SelectiveLabelsPlan = z.output<typeof selectiveLabels>;
