// SPDX-License-Identifier: Apache-2.0

import { exactDecimal } from '@countersign/kernel';
import { z } from 'zod';

const DECIMAL_TEXT = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/**
 * A threshold, share or probability of the pipeline file: a YAML number or a quoted decimal, held as its shortest
 * round-trip decimal text from the first moment, because no binary float may reach a record.
 */
export const decimalValue = z
  .union([z.number(), z.string().regex(DECIMAL_TEXT, 'expected a decimal number such as 0.7')])
  .transform((value) => exactDecimal(typeof value === 'number' ? value : Number(value)));

/** A decimal between 0 and 1, both included. */
export const shareValue = decimalValue.refine(
  (text) => Number(text) >= 0 && Number(text) <= 1,
  'expected a number between 0 and 1',
);
