// SPDX-License-Identifier: Apache-2.0
import type { Dataset, SplitPart } from './data-section.ts';

/** Who may read a split: steps; the validator through `validate` alone; the gateway's stream. */
export type SplitAccess = 'steps' | 'sealed' | 'serving';

export interface NamedSplit extends SplitPart {
  readonly name: string;
  readonly access: SplitAccess;
}

/** The split named so is served later and mounted into no step. */
const SERVED_SPLIT = 'stream';

/** The declared splits in the order of the file; none when the dataset is used whole. */
export function splitParts(dataset: Dataset): readonly NamedSplit[] {
  const { seed, stratify, ...parts } = dataset.splits ?? {};
  return Object.entries(parts).map(([name, part]) => ({
    ...part,
    name,
    access: accessOf(name, part),
  }));
}

function accessOf(name: string, part: SplitPart): SplitAccess {
  if (part.sealed === true) return 'sealed';
  return name === SERVED_SPLIT ? 'serving' : 'steps';
}
