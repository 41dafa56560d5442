// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName, relativePath, sentence } from '../common-values.ts';
import { decimalValue } from '../decimal-value.ts';

const groupText = z.string().min(1).max(100);

const table = z.strictObject({
  column: columnName,
  /** CSV that a step of the run leaves behind. */
  table: relativePath,
  key: columnName,
  groups: z.record(groupText, columnName).optional(),
});

/** Probabilities of belonging to a group, where nobody stated one; informational whatever else the plan says. */
export const proxy = z
  .strictObject({
    method: z.enum(['bisg', 'stated']),
    why: sentence,
    groups: z.array(groupText).min(2).max(20),
    reference: groupText,
    surname: table.optional(),
    geography: table.optional(),
    totals: z.record(groupText, decimalValue).optional(),
    probabilities: z.record(groupText, columnName).optional(),
  })
  .refine(
    ({ groups, reference }) => groups.includes(reference),
    'expected a reference among `groups`',
  )
  .refine(
    ({ method, surname, geography, probabilities }) =>
      method === 'bisg'
        ? surname !== undefined && geography !== undefined && probabilities === undefined
        : probabilities !== undefined && surname === undefined && geography === undefined,
    '`bisg` needs `surname` and `geography`; `stated` needs `probabilities`',
  );
