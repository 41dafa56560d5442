// SPDX-License-Identifier: Apache-2.0
import type { Dataset } from '../file/data-section.ts';
import { splitParts } from '../file/split-parts.ts';
import type { StepRecord } from '../run/result.ts';

/**
 * Steps before the snapshot of a dataset with sealed or served parts: their tables hold those rows, and no figure of them
 * is anybody's to see yet.
 */
export function guardedSteps(
  steps: readonly Pick<StepRecord, 'name' | 'inputs'>[],
  data: Readonly<Record<string, Dataset>>,
): ReadonlySet<string> {
  const guarded = new Set(
    Object.values(data).flatMap((dataset) => {
      const isSplit = splitParts(dataset).some(({ access }) => access !== 'steps');
      return isSplit && 'step' in dataset.from ? [dataset.from.step] : [];
    }),
  );
  // A step comes after what it reads, so one pass from the end finds every step before.
  for (const { name, inputs } of steps.toReversed()) {
    if (!guarded.has(name)) continue;
    for (const { from } of inputs) if ('step' in from) guarded.add(from.step);
  }
  return guarded;
}
