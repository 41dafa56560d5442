// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName, nameText, sentence } from './common-values.ts';
import { columnType, roles } from './data-section.ts';
import { decimalValue, shareValue } from './decimal-value.ts';
import { testing } from './testing/testing-section.ts';

const notNegative = decimalValue.refine((text) => Number(text) >= 0, 'expected 0 or more');

const replication = z.strictObject({
  /** How far a figure may lie from the developer's; 0.000000001 unless given. */
  figures_tolerance: notNegative.optional(),
  /** Another tolerance for single figures, by the metric's name. */
  figures_tolerances: z.record(z.string().min(1), notNegative).optional(),
  scores_tolerance: notNegative.optional(),
  why: sentence.optional(),
});

/** A file of the validator's own: it has the columns and roles of a dataset of the model unless it says otherwise. */
const ownData = z.strictObject({
  like: nameText,
  /** In place of the dataset's own, role by role. */
  roles: roles.optional(),
  /** Types of columns that the dataset does not have, or has as another type. */
  columns: z.record(columnName, columnType).optional(),
  /** What counts as a row that developers had, and the share of such rows above which nothing is measured. */
  overlap: z
    .strictObject({
      by: z.enum(['id', 'unit', 'row']).optional(),
      share_max: shareValue.optional(),
      why: sentence.optional(),
    })
    .optional(),
});

/** A validator's plan: what is measured on which rows, fixed before they are opened. Members for people alone are let through. */
export const validationPlanSchema = z.looseObject({
  /** A sealed split, `dataset.split`; or the dataset that a file of the validator's own is like. */
  data: z.union([z.string().min(1).max(130), ownData]),
  /** Looks at these rows, over all versions and plans, above which nothing is measured any more. */
  looks_max: z.int().min(1).max(1000).optional(),
  replication: replication.optional(),
  testing,
});

export type ValidationPlanFile = z.output<typeof validationPlanSchema>;
