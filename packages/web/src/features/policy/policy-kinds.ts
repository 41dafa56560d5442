// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** What is under dual control, with the words of the page; the first is what it opens with. */
export const POLICY_KINDS = {
  'promotion-policy': 'Promotion',
  questionnaire: 'Tiering',
  committee: 'Committees',
  deputies: 'Deputies',
  retention: 'Retention',
  'notice-channels': 'Notice channels',
} as const;
export type PolicyKind = keyof typeof POLICY_KINDS;
/** Those of the policy's own route; channels take effect after a delay and have theirs. */
export type HistoryKind = Exclude<PolicyKind, 'notice-channels'>;

export const POLICY_KIND_NAMES = Object.keys(POLICY_KINDS) as readonly PolicyKind[]; // its own keys

/** A kind that is none is kept: the page says so. */
export const PolicySearch = z.object({
  kind: z.string().optional().catch(undefined),
});
