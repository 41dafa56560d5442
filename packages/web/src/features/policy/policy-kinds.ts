// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** What is under dual control, with the words of the page; the first is what it opens with. */
export const POLICY_KINDS = {
  'promotion-policy': 'Promotion',
  questionnaire: 'Tiering',
  committee: 'Committees',
  deputies: 'Deputies',
} as const;
export type PolicyKind = keyof typeof POLICY_KINDS;

export const PolicySearch = z.object({
  kind: z.enum(['questionnaire', 'committee', 'deputies']).optional().catch(undefined),
});
