// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName, relativePath } from '../common-values.ts';

export const predictions = z.union([
  relativePath.transform((file) => ({ file, score: 'score' })),
  z.strictObject({
    /** Out-of-fold predictions on the development rows, written by a step. */
    file: relativePath,
    id: columnName.optional(),
    score: columnName.default('score'),
    fold: columnName.optional(),
  }),
]);
