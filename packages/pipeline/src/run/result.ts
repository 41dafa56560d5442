// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';
import type { BlobRef } from '../blobs/blob-store.ts';
import type { DeterminismProfile } from '../environment/determinism-profile.ts';
import type { Interpreter } from '../environment/interpreter.ts';
import type { PipelineErrorCode } from '../errors.ts';
import type { DatasetSnapshot } from '../snapshot/dataset-snapshot.ts';
import type { SourceRevision } from '../source/source-revision.ts';

/** A file in the blob store under the path that it had in the run. */
export interface NamedBlob extends BlobRef {
  readonly file: string;
}

export interface EnvironmentRecord {
  readonly kind: 'python';
  readonly lockFile: string;
  readonly lockDigest: string;
  readonly packages: readonly { readonly name: string; readonly version: string }[];
  /** Every wheel that was installed, archived. */
  readonly wheels: readonly NamedBlob[];
  readonly interpreter: Interpreter;
}

/** The machine that a run was made on; nothing here may change a byte of its result. */
export interface PlatformFacts {
  readonly system: string;
  readonly kernel: string;
  readonly machine: string;
  readonly cpu: string;
  readonly node: string;
  readonly sandbox: string;
}

export interface StepInputRecord extends BlobRef {
  /** Path below the working directory of the step. */
  readonly as: string;
  readonly from:
    | { readonly step: string; readonly file: string }
    | { readonly dataset: string; readonly split: string }
    | { readonly params: true };
}

export interface StepRecord {
  readonly name: string;
  readonly command: string;
  readonly network: boolean;
  /** SHA-256 of the canonical JSON of every variable that the step was given. */
  readonly environmentDigest: string;
  /** As record JSON: numbers that are not integers are decimal text. */
  readonly params: Json;
  readonly inputs: readonly StepInputRecord[];
  readonly outputs: readonly NamedBlob[];
  readonly log: BlobRef;
  /** Exit code, 128 + n after signal n, null after the time limit. */
  readonly exit: number | null;
  readonly startedAt: string;
  readonly endedAt: string;
}

/** What a step says about itself in `evidence/*.json`; nobody saw it happen. */
export interface DeclaredEvidence extends NamedBlob {
  readonly step: string;
  /** File name without `.json`; `trials` is a hyperparameter search. */
  readonly name: string;
  readonly basis: 'declared';
  readonly value: Json;
}

export interface ArtifactRecord extends NamedBlob {
  readonly step: string;
  readonly scorer: 'onnx' | 'command';
}

export interface RunFailure {
  readonly code: PipelineErrorCode;
  readonly message: string;
  readonly step: string | null;
  readonly dataset: string | null;
  readonly details: Json;
}

/** Everything that one execution of a pipeline left behind: plain record JSON, no binary float anywhere. */
export interface RunResult {
  readonly v: 1;
  readonly status: 'succeeded' | 'failed';
  /** The first thing that went wrong; null when the run succeeded. */
  readonly failure: RunFailure | null;
  /** A draft (a laptop's run) is refused at submit. */
  readonly draft: boolean;
  readonly source: SourceRevision;
  readonly pipelineFile: Json;
  readonly pipelineFileBlob: BlobRef;
  readonly environment: EnvironmentRecord | null;
  readonly determinismProfile: DeterminismProfile;
  readonly platform: PlatformFacts;
  readonly snapshots: readonly DatasetSnapshot[];
  readonly steps: readonly StepRecord[];
  readonly evidence: readonly DeclaredEvidence[];
  readonly artifact: ArtifactRecord | null;
  /** The authors' papers named by the pipeline file, by evidence id. */
  readonly papers: Readonly<Record<string, NamedBlob>>;
  readonly startedAt: string;
  readonly endedAt: string;
}

export type RunEvent =
  | { readonly type: 'phase'; readonly at: string; readonly text: string }
  | {
      readonly type: 'step-started';
      readonly at: string;
      readonly step: string;
      readonly command: string;
    }
  | { readonly type: 'step-log'; readonly at: string; readonly step: string; readonly text: string }
  | {
      readonly type: 'step-ended';
      readonly at: string;
      readonly step: string;
      readonly exit: number | null;
    }
  | {
      readonly type: 'snapshot-taken';
      readonly at: string;
      readonly dataset: string;
      readonly rows: number;
    };
