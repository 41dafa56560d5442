// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName } from './common-values.ts';
import { columnType, roles } from './data-section.ts';
import { decimalValue } from './decimal-value.ts';
import { artifact } from './step-section.ts';
import { testing } from './testing/testing-section.ts';

/**
 * What is measured on a scored table that no pipeline file describes: roles of its columns, the cutoff, and a `testing` plan
 * as a pipeline file holds it.
 */
export const measurePlanSchema = z.strictObject({
  roles: roles.extend({
    label: columnName,
    /** Column of the score; `score` unless given. */
    score: columnName.default('score'),
  }),
  /** Types of columns where the file does not tell them, or tells another. */
  columns: z.record(columnName, columnType).optional(),
  cutoff: decimalValue.optional(),
  /** On which side of the cutoff a decision is adverse. */
  adverse_when: z.enum(['at-or-above', 'above', 'below', 'at-or-below']).optional(),
  /** How a model is called that scores the rows; a table that holds its scores needs none. */
  model: artifact.pick({ inputs: true, output: true }).optional(),
  testing,
});

export type MeasurePlan = z.output<typeof measurePlanSchema>;
