// SPDX-License-Identifier: Apache-2.0
import type { DeterminismProfile } from '../environment/determinism-profile.ts';
import type { Step } from '../file/step-section.ts';

/** Threads of a step's numerical libraries: declared, never the machine's, since the bits of a sum depend on them. */
export function threadsOf(step: Step): number {
  return step.threads ?? step.cores ?? 1;
}

/** Cores that a step takes of the budget while it runs. */
export function coresOf(step: Step): number {
  return step.cores ?? step.threads ?? 1;
}

/**
 * The variables that give a step its threads; none for one thread, which the profile itself fixes.
 *
 * OpenMP (LightGBM, XGBoost, scikit-learn's boosting, PyTorch) gets the declared number, and neither it nor MKL may take
 * fewer: with a fixed number, OpenMP's static schedule and MKL under `MKL_CBWR` add in a fixed order. OpenBLAS and BLIS stay
 * at one thread: they divide a product by how many of their threads happen to be free.
 */
export function threadVariables(threads: number): Readonly<Record<string, string>> {
  if (threads === 1) return {};
  const count = String(threads);
  return {
    OMP_NUM_THREADS: count,
    OMP_DYNAMIC: 'FALSE',
    OMP_SCHEDULE: 'STATIC',
    MKL_NUM_THREADS: count,
    MKL_DYNAMIC: 'FALSE',
    NUMEXPR_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: '1',
    BLIS_NUM_THREADS: '1',
  };
}

/**
 * The variables of one step: the run's profile, its threads, and for a step that declares its `code` the time of the
 * newest commit that changed it (`codeTime`, seconds) as SOURCE_DATE_EPOCH, so that a commit elsewhere changes nothing of it.
 */
export function stepProfile(
  profile: DeterminismProfile,
  step: Step,
  codeTime: number | undefined,
): DeterminismProfile {
  return {
    ...profile,
    ...threadVariables(threadsOf(step)),
    ...(codeTime === undefined ? {} : { SOURCE_DATE_EPOCH: String(codeTime) }),
  };
}
