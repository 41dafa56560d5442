// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { decimalValue } from './decimal-value.ts';

/** Lower-case words joined by hyphens or underscores: names of models, datasets, steps, splits and groupings. */
export const nameText = z
  .string()
  .regex(/^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/, 'expected lower-case words joined by `-` or `_`')
  .max(64);

/** A file below the checkout, with forward slashes and no way out of it. */
export const relativePath = z
  .string()
  .min(1)
  .max(255)
  .refine(staysBelow, 'expected a relative path such as `data/loans.csv`, without `..`');

export const sentence = z.string().trim().min(1).max(4000);
export const columnName = z.string().min(1).max(200);

/** A boolean DuckDB SQL expression over the columns of one row; it can reach no file and no other table. */
export const rowCondition = z.string().trim().min(1).max(2000);

/** Bounds on one figure; at least one of them. */
export const limit = z
  .strictObject({ min: decimalValue.optional(), max: decimalValue.optional() })
  .refine(
    ({ min, max }) => min !== undefined || max !== undefined,
    'expected `min`, `max` or both',
  );

/**
 * How rows fall into named groups: by the values of a column, by mapped values, or by bands of a number.
 * `bands: [25, 40]` gives `under 25`, `25 to under 40`, `40 and over`.
 */
export const groupingObject = z.strictObject({
  name: nameText.optional(),
  column: columnName,
  groups: z
    .record(z.string().min(1).max(100), z.array(z.union([z.string(), z.number().int()])).min(1))
    .optional(),
  bands: z.array(decimalValue).min(1).max(50).optional(),
  reference: z.string().min(1).optional(),
  warning: sentence.optional(),
});

export const grouping = z.union([columnName, groupingObject]).transform((value) => {
  const given = typeof value === 'string' ? { column: value } : value;
  return { ...given, name: given.name ?? given.column };
});

function staysBelow(path: string): boolean {
  const parts = path.split('/');
  return (
    !path.startsWith('/') &&
    !path.includes('\\') &&
    !path.includes('\0') &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..')
  );
}
