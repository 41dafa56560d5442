// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** What the list of change requests shows, as its address says it. */
export const ChangesSearch = z.object({
  state: z.enum(['open', 'ready', 'rejected', 'promoted', 'replaced']).optional().catch(undefined),
  model: z.string().optional().catch(undefined),
});
export type ChangesSearch = z.infer<typeof ChangesSearch>;
