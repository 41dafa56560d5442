// SPDX-License-Identifier: Apache-2.0
import type { BlobStore } from '../blobs/blob-store.ts';
import type { OpenedImage } from '../container/open-image.ts';
import type { DeterminismProfile } from '../environment/determinism-profile.ts';
import type { PipelineDocument } from '../file/parse-pipeline-file.ts';
import type { ReaderHost } from '../lakehouse/lake-reader.ts';
import type { Mount } from '../sandbox/system-mounts.ts';
import type { DatasetSnapshot } from '../snapshot/dataset-snapshot.ts';
import type { RunEvent } from './result.ts';
import type { StepReuse } from './reuse-step.ts';

/** An event without its time, which the run adds. */
export type EventBody = RunEvent extends infer E
  ? E extends RunEvent
    ? Omit<E, 'at'>
    : never
  : never;

/** What every step of one run stands on. */
export interface RunGround {
  readonly document: PipelineDocument;
  readonly checkout: string;
  /** Scratch space of this run, removed at its end. */
  readonly scratch: string;
  readonly blobs: BlobStore;
  /** The interpreter and its environment; empty for pipelines of system commands. */
  readonly environmentMounts: readonly Mount[];
  /** Steps run in containers of it instead of the sandbox. */
  readonly image?: OpenedImage;
  readonly profile: DeterminismProfile;
  /** Proxies and certificates, for steps with network alone. */
  readonly networkVariables: Readonly<Record<string, string>>;
  /** For the platform's own extraction of data, before any step; no step sees any of them. */
  readonly sourceVariables?: Readonly<Record<string, string>>;
  /** The repository that a person works in; null or absent on a worker and in a rebuild. */
  readonly workingTree?: string | null;
  /** What a rebuild starts from, by dataset; external sources are not reached for then. */
  readonly archivedSnapshots?: ReadonlyMap<string, DatasetSnapshot> | undefined;
  /** For tables that are read in an environment of the platform's own. */
  readonly readerHost?: ReaderHost | undefined;
  readonly uid: number;
  readonly identityDirectory: string;
  readonly now: () => Date;
  readonly emit: (event: EventBody) => void;
  readonly signal: AbortSignal | undefined;
  /** Cores that steps side by side may take together; one step at a time unless given. */
  readonly cores?: number;
  /** Earlier results of the same steps; a rebuild has none. */
  readonly cache?: StepReuse;
}
