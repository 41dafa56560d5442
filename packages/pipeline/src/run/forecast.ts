// SPDX-License-Identifier: Apache-2.0

/** What would become of a step: `depends` when that is decided by bytes which are not made yet. */
export type StepVerdict = 'cached' | 'run' | 'depends';

export interface StepForecast {
  readonly name: string;
  readonly command: string;
  readonly verdict: StepVerdict;
  /** Why it would run, or on what it depends; of a cached one, nothing. */
  readonly why: readonly string[];
  /** Where the result that would stand for it comes from. */
  readonly cached?: {
    readonly key: string;
    readonly run: string;
    readonly commit: string;
    readonly since: string;
  };
  /** Steps that must have ended before. */
  readonly after: readonly string[];
  /** Steps of one stage read nothing from one another: they run side by side as far as the cores go. */
  readonly stage: number;
  readonly cores: number;
  readonly threads: number;
  readonly network: boolean;
  /** How long it took when it was last executed, in milliseconds. */
  readonly tookMs?: number;
}

export interface DatasetForecast {
  readonly name: string;
  /** The kind of its source: `path`, `step`, `s3`, … */
  readonly source: string;
  /** The file of the commit or of a step, where it is one. */
  readonly file?: string;
  readonly network: boolean;
}

/** What a run of a commit would do, without doing it. */
export interface RunForecast {
  readonly model: string;
  readonly use: string | null;
  /** Null when HEAD cannot be run as it stands; `problems` says why. */
  readonly commit: string | null;
  readonly draft: boolean;
  /** In the order of the plan. */
  readonly steps: readonly StepForecast[];
  readonly datasets: readonly DatasetForecast[];
  /** Who reads from whom: `step:train` from `data:loans`. */
  readonly arrows: readonly { readonly from: string; readonly to: string }[];
  /** What would be fetched from elsewhere: names of steps and datasets. */
  readonly network: readonly string[];
  /** What would refuse the run, or end it. */
  readonly problems: readonly string[];
}
