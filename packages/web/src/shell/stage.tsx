// SPDX-License-Identifier: Apache-2.0
import type { InventoryModelReply } from '@countersign/contract';
import { Mark, type Tone } from './mark.tsx';

export type Stage = InventoryModelReply['uses'][number]['stage'];

/** The inventory's words for the stages of records, as examiners ask for them. */
export const STAGE_WORDS: { readonly [stage in Stage]: string } = {
  proposed: 'proposed',
  development: 'in development',
  staging: 'in validation',
  production: 'in use',
  suspended: 'restricted',
  retired: 'decommissioned',
};

const TONES: { readonly [stage in Stage]: Tone } = {
  proposed: 'none',
  development: 'none',
  staging: 'wait',
  production: 'pass',
  suspended: 'fail',
  retired: 'none',
};

export function StageMark({ stage }: { readonly stage: Stage }) {
  return <Mark tone={TONES[stage]} text={STAGE_WORDS[stage]} />;
}
