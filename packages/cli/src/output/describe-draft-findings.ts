// SPDX-License-Identifier: Apache-2.0
import { lackingText } from '@countersign/kernel';
import type { RunResult } from '@countersign/pipeline';

/** What a gate or a reader will ask about a run: entries that the catalogue lacks, and searches that do not fit together. */
export function describeDraftFindings({
  featureCatalogue,
  searches = [],
}: Pick<RunResult, 'featureCatalogue' | 'searches'>): readonly string[] {
  return [
    ...(featureCatalogue?.lacking ?? []).map(lackingText),
    ...searches.flatMap(({ step, warnings }) =>
      warnings.map((warning) => `search of step ${step}: ${warning}`),
    ),
  ];
}
