// SPDX-License-Identifier: Apache-2.0
import type { StepDiagnosis } from './likely-cause.ts';

/** The lines of a report on why a step gave other bytes. */
export function describeDiagnosis(found: StepDiagnosis): readonly string[] {
  const { step, isStable, causes, excluded, untested, reruns, seconds } = found;
  const cause = causes.length === 0 ? 'undetermined' : causes.map((one) => one.cause).join(' and ');
  return [
    `step ${step}: likely cause: ${cause}`,
    `  reruns with nothing varied ${isStable ? 'agree with each other' : 'disagree with each other'}`,
    ...causes.map((one) => `  ${one.cause}, ${one.certainty}: ${one.evidence}`),
    ...excluded.map((one) => `  not ${one.cause}: ${one.evidence}`),
    ...untested.map((one) => `  ${one.cause} not tested: ${one.why}`),
    `  ${reruns} reruns in ${seconds} s`,
  ];
}
