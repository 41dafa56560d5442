// SPDX-License-Identifier: Apache-2.0
import type { EvidenceStatus } from '@countersign/kernel';
import type { GapBlock } from './document.ts';

const HEADINGS: Readonly<Record<EvidenceStatus, string>> = {
  met: 'Nothing to print:',
  carried: 'Nothing to print:',
  stale: 'Gap, stale:',
  expired: 'Gap, expired:',
  missing: 'Gap:',
  waived: 'Waived:',
  'not yet due': 'Not yet due:',
  'not applicable': 'Not applicable:',
};

/** The word that stands before the evidence id of a gap, the same in every edition. */
export function gapHeading(gap: Pick<GapBlock, 'status'>): string {
  return HEADINGS[gap.status];
}
