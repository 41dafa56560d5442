// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';

export type TrialState = 'complete' | 'pruned' | 'failed' | 'running';
export type Direction = 'maximise' | 'minimise';
export type Parameters = { readonly [name: string]: Json };

/** One combination that was tried. Scores are decimal text; null for one that was not finished or gave no number. */
export interface SearchTrial {
  readonly number: number;
  readonly params: Parameters;
  readonly state: TrialState;
  readonly score: string | null;
  /** The score in each fold, in order; empty where only the mean was kept. */
  readonly folds: readonly string[];
  /** Whatever else was measured, by name. */
  readonly metrics: { readonly [name: string]: string | null };
  readonly seconds: string | null;
  readonly seed: number | null;
  readonly note: string | null;
  /** Marked as the one that was taken. */
  readonly selected: boolean;
}

export interface SearchChoice {
  /** `best`: the best score; `one-standard-error`: the simplest within one standard error of it; `stated`: as `why` says. */
  readonly rule: 'best' | 'one-standard-error' | 'stated';
  readonly why: string | null;
  /** For one standard error: which end of a parameter is the simpler. */
  readonly prefer: { readonly [name: string]: 'smaller' | 'larger' };
  /** Only trials with these parameters were to choose from. */
  readonly among: Parameters;
  /** What was taken, where no trial is marked. */
  readonly params: Parameters | null;
}

/** A search in one form, whoever wrote it down. */
export interface SearchRecord {
  readonly source:
    | 'evidence/trials.json'
    | 'scikit-learn cv_results_'
    | 'Optuna trials_dataframe'
    | 'Optuna journal';
  readonly search: string | null;
  readonly method: string | null;
  /** By parameter; `tried` where the file tells only what was tried of it. */
  readonly space: { readonly [parameter: string]: Json };
  readonly seed: number | null;
  readonly budget: Json;
  /** Name of the figure that was searched for. */
  readonly score: string | null;
  readonly direction: Direction | null;
  readonly criterion: string | null;
  readonly choice: SearchChoice;
  readonly trials: readonly SearchTrial[];
}

/** A search held against its own rule and against what the run did with it. */
export interface JudgedSearch extends SearchRecord {
  readonly step: string;
  readonly file: string;
  /** Number of the trial that was taken, and of the one that the best score picks; null where that cannot be told. */
  readonly chosen: number | null;
  readonly best: number | null;
  /** What does not fit together, each in a sentence. */
  readonly warnings: readonly string[];
  /** Trials that are in the archived file alone; absent for none. */
  readonly omitted?: number;
}

export const CHOICE_DEFAULT: SearchChoice = {
  rule: 'best',
  why: null,
  prefer: {},
  among: {},
  params: null,
};
