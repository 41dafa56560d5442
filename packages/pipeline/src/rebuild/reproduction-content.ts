// SPDX-License-Identifier: Apache-2.0
import {
  canonicalDecimal,
  type ReproductionContent,
  type ReproductionScores,
} from '@countersign/kernel';
import { toRecordJson } from '../file/to-record-json.ts';
import type { RebuildResult, RebuildVerdict } from './rebuild-result.ts';

const VERDICTS: Readonly<Record<RebuildVerdict, ReproductionContent['verdict']>> = {
  'byte-identical': 'byte-identical',
  'score-identical': 'score-identical',
  'within-tolerance': 'within tolerance',
  'not-rebuildable': 'not rebuildable',
  'environment-unavailable': 'environment unavailable',
  'lawfully-erased': 'lawfully erased',
};

/** A rebuild as the content of a reproduction-attestation, whoever is to sign it. */
export function reproductionContent(
  rebuilt: RebuildResult,
  judged: {
    readonly verdict: RebuildVerdict;
    readonly scores?: readonly ReproductionScores[];
    /** Around the worker: variables of the caller, whether an environment was reused. */
    readonly surroundings?: Readonly<Record<string, unknown>>;
  },
): ReproductionContent {
  const { stepSeconds, divergences, diagnoses } = rebuilt;
  const seconds = (Date.parse(rebuilt.endedAt) - Date.parse(rebuilt.startedAt)) / 1000;
  return {
    verdict: VERDICTS[judged.verdict],
    outputs: rebuilt.compared.map(({ what, original, rebuilt: made, equal }) => ({
      name: what,
      original,
      rebuilt: made ?? 'not made',
      equal,
    })),
    environment: toRecordJson({
      level: rebuilt.level,
      platform: rebuilt.platform,
      startedFrom: rebuilt.startedFrom,
      ...judged.surroundings,
      network: false,
    }),
    seconds: canonicalDecimal(seconds),
    deviations: rebuilt.verdict === 'byte-identical' ? [] : [rebuilt.reason],
    ...(stepSeconds === undefined ? {} : { stepSeconds }),
    ...(divergences === undefined ? {} : { divergences }),
    ...(diagnoses === undefined ? {} : { diagnoses }),
    ...(judged.scores === undefined ? {} : { scores: judged.scores }),
  };
}
