// SPDX-License-Identifier: Apache-2.0
import type { PlatformFacts, RunFailure } from '../run/result.ts';
import type { StepDiagnosis } from './diagnosis/likely-cause.ts';
import type { FileDivergence } from './divergence/divergence.ts';

/** The verdicts of design.md, section 6; each but the first needs a signed exception. */
export type RebuildVerdict =
  | 'byte-identical'
  | 'score-identical'
  | 'within-tolerance'
  | 'not-rebuildable'
  | 'environment-unavailable'
  | 'lawfully-erased';

export interface ComparedFile {
  /** `train/model.onnx` for an output, `applications.development` for a split. */
  readonly what: string;
  readonly original: string;
  /** Null when the rebuild never made it. */
  readonly rebuilt: string | null;
  readonly equal: boolean;
}

export interface RebuildResult {
  readonly v: 1;
  readonly verdict: RebuildVerdict;
  /** Why, in a sentence. */
  readonly reason: string;
  /** `container`: in the archived image, on any machine; `sandbox`: with the recorded interpreter or programs of this one. */
  readonly level: 'container' | 'sandbox';
  readonly commit: string;
  /** Digests of the model's file: as registered and as rebuilt. */
  readonly originalArtifact: string | null;
  readonly rebuiltArtifact: string | null;
  /** Every split, output and declared evidence of the steps that were run again. */
  readonly compared: readonly ComparedFile[];
  /** Where the first of the files that differ do so; absent when all are equal. */
  readonly divergences?: readonly FileDivergence[];
  /** Why the first steps with equal inputs and other outputs did so; what follows from those is not asked. */
  readonly diagnoses?: readonly StepDiagnosis[];
  /** How long the steps took that were run again, as decimal text: recorded, and here. Snapshots and environment are not in it. */
  readonly stepSeconds?: { readonly recorded: string; readonly rebuilt: string };
  /** Steps that need the network: their archived outputs were the starting point. */
  readonly startedFrom: readonly string[];
  readonly failure: RunFailure | null;
  readonly platform: PlatformFacts;
  readonly startedAt: string;
  readonly endedAt: string;
}
