// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

const text = z
  .union([z.string(), z.number().transform(String)])
  .optional()
  .catch(undefined);

/** What the page of a dataset shows, as its address says it; a member that is unreadable counts as absent. */
export const DatasetSearch = z.object({
  dataset: text,
  split: text,
  /** Words that a column's line must hold. */
  q: text,
  show: z.enum(['all', 'questions', 'features', 'withheld']).optional().catch(undefined),
  /** A column of the table, with `-` before it for the other way round. */
  sort: text,
});
export type DatasetSearch = z.infer<typeof DatasetSearch>;
