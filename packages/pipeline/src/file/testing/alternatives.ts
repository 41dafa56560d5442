// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName, nameText, relativePath } from '../common-values.ts';
import { decimalValue, shareValue } from '../decimal-value.ts';

const SCORE_METRICS = ['auc', 'brier'] as const;
const DECISION_METRICS = ['accuracy', 'balanced_accuracy', 'decision_cost'] as const;

const score = z.strictObject({
  name: nameText,
  /** Left behind by a step, as the predictions are; the predictions' own file without it. */
  file: relativePath.optional(),
  column: columnName.optional(),
});

/** The search for less discriminatory alternatives, or the one that a search elsewhere has chosen. */
export const alternatives = z
  .strictObject({
    performance: z.enum([...SCORE_METRICS, ...DECISION_METRICS]),
    costs: z.strictObject({ wrong_approval: decimalValue, wrong_denial: decimalValue }).optional(),
    /** How much of the performance may be given up, in its own unit. */
    tolerance: decimalValue.refine((text) => Number(text) >= 0, 'expected a number from 0 up'),
    scores: z.array(score).max(50).optional(),
    /** Other cutoffs, each one for everyone. */
    cutoffs: z.array(decimalValue).max(200).optional(),
    /** Share of the development rows, told by a hash of this column, that the search does not see. */
    untouched: z
      .strictObject({
        by: columnName,
        share: shareValue.refine(
          (text) => Number(text) > 0 && Number(text) < 1,
          'expected a share',
        ),
      })
      .optional(),
    confirm: z
      .strictObject({ score: nameText.optional(), cutoff: decimalValue.optional() })
      .optional(),
    tried_before: z.number().int().min(0).optional(),
  })
  .refine(
    ({ performance, cutoffs }) =>
      (cutoffs ?? []).length === 0 || DECISION_METRICS.some((metric) => metric === performance),
    `\`cutoffs\` need a performance that sees the cutoff: ${DECISION_METRICS.join(', ')}`,
  )
  .refine(
    ({ performance, costs }) => (performance === 'decision_cost') === (costs !== undefined),
    '`decision_cost` and `costs` go together',
  )
  .refine(
    ({ confirm, untouched }) => confirm === undefined || untouched === undefined,
    '`confirm` measures on all rows; leave `untouched` out',
  );
