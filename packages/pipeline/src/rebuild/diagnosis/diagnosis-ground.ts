// SPDX-License-Identifier: Apache-2.0
import type { BlobStore } from '../../blobs/blob-store.ts';
import type { StepRecord } from '../../run/result.ts';
import type { Mount } from '../../sandbox/system-mounts.ts';
import type { EnvironmentChanges } from './environment-changes.ts';
import type { DivergenceCause, LikelyCause } from './likely-cause.ts';
import type { StepReruns } from './rerun-step.ts';

/** An environment that was reused: it can be checked against its wheels and laid out anew from them. */
export interface ReusedEnvironment {
  readonly changes: () => Promise<EnvironmentChanges>;
  readonly layOutAnew: () => Promise<readonly Mount[]>;
}

export interface DiagnosisGround {
  readonly recorded: StepRecord;
  /** Outputs and declared evidence of the recorded step. */
  readonly recordedFiles: ReadonlyMap<string, string>;
  readonly reruns: StepReruns;
  readonly blobs: BlobStore;
  readonly workDir: string;
  /** The fingerprint of reruns with nothing varied, where they agree. */
  readonly baseline: string | undefined;
  readonly environment: ReusedEnvironment | undefined;
  /** Every level that numpy dispatches, to be disabled at once. */
  readonly numpyLevels: string;
}

export interface Findings {
  readonly causes: readonly LikelyCause[];
  readonly excluded: readonly { readonly cause: DivergenceCause; readonly evidence: string }[];
  readonly untested: readonly { readonly cause: DivergenceCause; readonly why: string }[];
}
