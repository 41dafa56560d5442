// SPDX-License-Identifier: Apache-2.0
import { describeDiagnosis } from './diagnosis/describe-diagnosis.ts';
import { describeDivergence } from './divergence/describe-divergence.ts';
import type { RebuildResult } from './rebuild-result.ts';

/** A rebuild as a person reads it: the verdict, where bytes differ, and why. */
export function describeRebuild(rebuilt: RebuildResult): readonly string[] {
  const seconds = (Date.parse(rebuilt.endedAt) - Date.parse(rebuilt.startedAt)) / 1000;
  return [
    `verdict: ${rebuilt.verdict}`,
    `reason: ${rebuilt.reason}`,
    ...(rebuilt.startedFrom.length === 0
      ? []
      : [`started from the archived outputs of: ${rebuilt.startedFrom.join(', ')}`]),
    ...(rebuilt.divergences ?? []).flatMap(describeDivergence),
    ...(rebuilt.diagnoses ?? []).flatMap(describeDiagnosis),
    ...(rebuilt.stepSeconds === undefined
      ? []
      : [
          `steps took ${rebuilt.stepSeconds.rebuilt} s, ${rebuilt.stepSeconds.recorded} s when recorded`,
        ]),
    `${seconds} s in all at level ${rebuilt.level}`,
  ];
}
