// SPDX-License-Identifier: Apache-2.0
import { canonicalDecimal } from '@countersign/kernel';
import type { DifferenceNature } from '../divergence/divergence.ts';
import { diagnoseStable } from './diagnose-stable.ts';
import { diagnoseUnstable } from './diagnose-unstable.ts';
import type { DiagnosisGround, Findings } from './diagnosis-ground.ts';
import { indicatedCause } from './indicated-cause.ts';
import type { StepDiagnosis } from './likely-cause.ts';
import { isRecorded } from './recorded-bytes.ts';
import { agree } from './rerun-step.ts';

/** Fewer would take a race that fell out the same way for a stable step. */
const UNVARIED_RERUNS = 3;

/**
 * Why a step with equal inputs has other outputs: it is rerun with nothing varied, which tells whether it is unstable of
 * itself, and then with one thing varied at a time. Bounded by the budget of the reruns.
 */
export async function diagnoseStep(
  at: Omit<DiagnosisGround, 'baseline'>,
  seen: {
    /** What the rebuild made, as one more rerun with nothing varied. */
    readonly rebuilt: ReadonlyMap<string, string>;
    readonly natures: readonly DifferenceNature[];
    readonly isOtherCpu: boolean;
  },
): Promise<StepDiagnosis> {
  const unvaried = await at.reruns.repeat({}, UNVARIED_RERUNS);
  const rebuilt = [...seen.rebuilt].toSorted().join('\n');
  const isStable =
    agree(unvaried) === true &&
    unvaried.every(({ fingerprint }) => fingerprint === rebuilt) &&
    !unvaried.some((rerun) => isRecorded(at, rerun));
  const ground: DiagnosisGround = { ...at, baseline: unvaried[0]?.fingerprint };
  const findings =
    unvaried.length === 0 ? NOTHING : await (isStable ? diagnoseStable : diagnoseUnstable)(ground);
  const indicated =
    findings.causes.length > 0
      ? undefined
      : indicatedCause(seen.natures, { isStable, isOtherCpu: seen.isOtherCpu });
  const isExcluded = findings.excluded.some(({ cause }) => cause === indicated?.cause);
  return {
    step: at.recorded.name,
    isStable,
    ...findings,
    causes: indicated === undefined || isExcluded ? findings.causes : [indicated],
    untested: findings.untested.filter(({ cause }) => cause !== indicated?.cause),
    reruns: at.reruns.count,
    seconds: canonicalDecimal(at.reruns.seconds),
  };
}

const NOTHING: Findings = { causes: [], excluded: [], untested: [] };
