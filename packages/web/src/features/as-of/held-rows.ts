// SPDX-License-Identifier: Apache-2.0
import type { AsOfReply } from '@countersign/contract';

export type AsOfWarrant = AsOfReply['warrants'][number];

/** A warrant that lived on the date, with how it is told now beside how it was told then. */
export interface HeldRow {
  readonly warrant: AsOfWarrant;
  /** In words, of what is asked about; empty where both tell the same. */
  readonly differs: string;
}

/**
 * Every warrant of an answer, with what a later answer about the same date tells otherwise. The later one knows more: what
 * ended a warrant with effect from before the date, and what replaced a record of its chain.
 */
export function heldRows(told: AsOfReply, then: AsOfReply): readonly HeldRow[] {
  const known = new Map(then.warrants.map((one) => [one.digest, one]));
  return told.warrants.map((warrant) => ({
    warrant,
    differs: differenceOf(warrant, known.get(warrant.digest)),
  }));
}

function differenceOf(now: AsOfWarrant, then: AsOfWarrant | undefined): string {
  if (then === undefined) return 'not known then';
  if (then.inEffect && !now.inEffect) return 'known since to have ended before';
  if (now.corrections.length > then.corrections.length) return 'corrected since';
  return '';
}
