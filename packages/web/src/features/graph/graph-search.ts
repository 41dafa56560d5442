// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

const text = z
  .union([z.string(), z.number().transform(String)])
  .optional()
  .catch(undefined);

/** What the picture of the inventory shows, as its address says it. */
export const GraphSearch = z.object({
  q: text,
  tier: text,
  owner: text,
  /** Kind of link. */
  link: text,
  /** `source:bureau-file` or `assumption:…`, as the list of shared risk names them. */
  shared: text,
  /** With models that no link joins to another. */
  alone: z.literal(true).optional().catch(undefined),
  /** Of the table below the picture. */
  sort: text,
});
export type GraphSearch = z.infer<typeof GraphSearch>;
