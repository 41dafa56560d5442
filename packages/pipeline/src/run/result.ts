// SPDX-License-Identifier: Apache-2.0
import type { HostProgram, Json } from '@countersign/kernel';
import type { BlobRef } from '../blobs/blob-store.ts';
import type { ImageRecord } from '../container/oci-image.ts';
import type { DeterminismProfile } from '../environment/determinism-profile.ts';
import type { Interpreter } from '../environment/interpreter.ts';
import type { MachineDetails } from '../environment/machine-details.ts';
import type { PipelineErrorCode } from '../errors.ts';
import type { FeatureCatalogue } from '../features/feature-catalogue.ts';
import type { StepTransformation } from '../features/transformation.ts';
import type { DatasetSnapshot } from '../snapshot/dataset-snapshot.ts';
import type { FolderSnapshot } from '../snapshot/folder-snapshot.ts';
import type { SourceRevision } from '../source/source-revision.ts';
import type { JudgedSearch } from '../trials/search-record.ts';

/** A file in the blob store under the path that it had in the run. */
export interface NamedBlob extends BlobRef {
  readonly file: string;
}

/** What every kind of environment may say of itself. */
interface EnvironmentFacts {
  /** The bill of materials, CycloneDX 1.6 JSON; absent from runs of before it was made. */
  readonly billOfMaterials?: NamedBlob;
  /** Licences of the packages by name, as they state them themselves. */
  readonly licences?: Readonly<Record<string, string>>;
}

/** Hash-locked wheels for an interpreter of the machine. */
export interface PythonEnvironmentRecord extends EnvironmentFacts {
  readonly kind: 'python';
  readonly lockFile: string;
  readonly lockDigest: string;
  readonly packages: readonly { readonly name: string; readonly version: string }[];
  /** Every wheel that was installed, archived. */
  readonly wheels: readonly NamedBlob[];
  readonly interpreter: Interpreter;
  /** How the packages were installed, so that a rebuild does it the same way; `venv/1` (pip) where absent. */
  readonly recipe?: string;
  /** The archived program of a recipe that needs one, with what it said of its version. */
  readonly installer?: NamedBlob & { readonly says: string };
}

/** A container image, archived blob by blob under the digests that OCI gives them. */
export interface ImageEnvironmentRecord extends EnvironmentFacts {
  readonly kind: 'image';
  readonly image: ImageRecord;
  /** Podman or docker with its version, and the runtime below it. */
  readonly tool: string;
}

/** Programs of the machine, held to by path, SHA-256 and what they say of their version. */
export interface HostEnvironmentRecord extends EnvironmentFacts {
  readonly kind: 'host';
  readonly programs: readonly HostProgram[];
  /** The same as canonical JSON, archived. */
  readonly programsRecord: NamedBlob;
}

export type EnvironmentRecord =
  | PythonEnvironmentRecord
  | ImageEnvironmentRecord
  | HostEnvironmentRecord;

/** The machine that a run was made on; nothing here may change a byte of its result. */
export interface PlatformFacts {
  readonly system: string;
  readonly kernel: string;
  readonly machine: string;
  readonly cpu: string;
  readonly node: string;
  readonly sandbox: string;
  readonly details?: MachineDetails;
}

export interface StepInputRecord extends BlobRef {
  /** Digest and size are those of a manifest of files, which the step sees as a folder. */
  readonly folder?: true;
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
  /** Threads that its numerical libraries were given; absent for one. */
  readonly threads?: number;
  /** Set when an earlier result of the very same step stood for it: log, exit and times are then those of that execution. */
  readonly cached?: CachedFrom;
}

/** Where a step that was not executed again was really executed. */
export interface CachedFrom {
  /** SHA-256 of the canonical JSON of everything that the step depends on (docs/formats.md). */
  readonly key: string;
  readonly run: string;
  readonly commit: string;
  /** When it was taken. */
  readonly at: string;
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
  /** What went wrong, of several things the first in the order of the plan; null when the run succeeded. */
  readonly failure: RunFailure | null;
  /** Everything that went wrong, in that order, where steps side by side failed together. */
  readonly failures?: readonly RunFailure[];
  /** Name of this execution: the platform's run, or a random one; absent from runs of before it was kept. */
  readonly run?: string;
  /** A draft (a laptop's run) is refused at submit. */
  readonly draft: boolean;
  readonly source: SourceRevision;
  readonly pipelineFile: Json;
  readonly pipelineFileBlob: BlobRef;
  readonly environment: EnvironmentRecord | null;
  readonly determinismProfile: DeterminismProfile;
  readonly platform: PlatformFacts;
  readonly snapshots: readonly DatasetSnapshot[];
  /** Datasets that are files and no table; absent where there is none. */
  readonly folders?: readonly FolderSnapshot[];
  readonly steps: readonly StepRecord[];
  readonly evidence: readonly DeclaredEvidence[];
  readonly artifact: ArtifactRecord | null;
  /** The authors' papers named by the pipeline file, by evidence id. */
  readonly papers: Readonly<Record<string, NamedBlob>>;
  /** What each step with tables on both sides did between them; absent from runs of before it was measured. */
  readonly transformations?: readonly StepTransformation[];
  /** Hyperparameter searches in one form, held against their own rule and against the steps' params. */
  readonly searches?: readonly JudgedSearch[];
  /** The model's inputs with lineage and proxy screen; absent without an artefact. */
  readonly featureCatalogue?: FeatureCatalogue;
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
      readonly type: 'step-cached';
      readonly at: string;
      readonly step: string;
      readonly key: string;
      /** The run and commit that executed it. */
      readonly run: string;
      readonly commit: string;
    }
  | {
      readonly type: 'snapshot-taken';
      readonly at: string;
      readonly dataset: string;
      readonly rows: number;
    };
