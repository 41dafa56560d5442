// SPDX-License-Identifier: Apache-2.0
import type { BlobStore } from '../blobs/blob-store.ts';
import type { DeterminismProfile } from '../environment/determinism-profile.ts';
import type { PipelineDocument } from '../file/parse-pipeline-file.ts';
import type { Mount } from '../sandbox/system-mounts.ts';
import type { RunEvent } from './result.ts';

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
  readonly profile: DeterminismProfile;
  /** Proxies and certificates, for steps with network alone. */
  readonly networkVariables: Readonly<Record<string, string>>;
  readonly uid: number;
  readonly identityDirectory: string;
  readonly now: () => Date;
  readonly emit: (event: EventBody) => void;
  readonly signal: AbortSignal | undefined;
}
