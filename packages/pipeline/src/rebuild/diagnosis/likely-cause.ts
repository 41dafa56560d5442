// SPDX-License-Identifier: Apache-2.0

/** Why a rebuilt file has other bytes. */
export type DivergenceCause =
  | 'threads'
  | 'seed'
  | 'timestamp'
  | 'name-counter'
  | 'dictionary-order'
  | 'instruction-set'
  | 'changed-wheel';

export interface LikelyCause {
  readonly cause: DivergenceCause;
  /** `shown`: a rerun with this one thing varied answered it. `indicated`: read off from what differs. */
  readonly certainty: 'shown' | 'indicated';
  readonly evidence: string;
}

/** What was found out about one step whose inputs were equal and whose outputs were not. */
export interface StepDiagnosis {
  readonly step: string;
  /** Whether reruns on this machine, with nothing varied, agree with each other. */
  readonly isStable: boolean;
  /** Empty when it is undetermined. */
  readonly causes: readonly LikelyCause[];
  readonly excluded: readonly { readonly cause: DivergenceCause; readonly evidence: string }[];
  readonly untested: readonly { readonly cause: DivergenceCause; readonly why: string }[];
  readonly reruns: number;
  readonly seconds: string;
}

export interface DiagnosisBudget {
  readonly rerunsMax: number;
  /** Checked before each rerun. */
  readonly secondsMax: number;
}

/** Enough for every test of one step; the time is what a scheduled check may take off-peak. */
export const DIAGNOSIS_BUDGET: DiagnosisBudget = { rerunsMax: 40, secondsMax: 1800 };
