// SPDX-License-Identifier: Apache-2.0
import { basename, join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { OpenedImage } from '../container/open-image.ts';
import {
  type DeterminismProfile,
  determinismProfile,
  LOCKED_PYTHON,
  readDispatchedLevels,
} from '../environment/determinism-profile.ts';
import { hostToolEnvironment, networkStepEnvironment } from '../environment/host-environment.ts';
import { sourceVariables } from '../extract/source-variables.ts';
import type { PipelineDocument } from '../file/parse-pipeline-file.ts';
import type { ReaderHost } from '../lakehouse/lake-reader.ts';
import { SANDBOX_UID } from '../sandbox/run-sandboxed.ts';
import { writeIdentityFiles } from '../sandbox/system-mounts.ts';
import type { DatasetSnapshot } from '../snapshot/dataset-snapshot.ts';
import type { EventBody, RunGround } from './run-ground.ts';

/** What runs and rebuilds are both told. */
export interface GroundOptions {
  readonly blobs: BlobStore;
  /**
   * Only proxies, certificates, pip's index and PATH are taken from it, and no step without network sees any; and what
   * sources of data are reached with, which no step sees at all.
   */
  readonly callerEnvironment: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** The uid of steps when the caller is root. */
  readonly sandboxUid?: number;
  readonly signal?: AbortSignal;
  /** Cores that steps side by side may take together; one step at a time unless given. */
  readonly cores?: number;
}

/** What an image adds to the variables of a step. */
export interface ImageProfile {
  readonly variables: Readonly<Record<string, string>>;
  readonly dispatchedLevels: readonly string[];
}

export interface GroundFacts {
  readonly scratch: string;
  readonly checkout: string;
  readonly document: PipelineDocument;
  readonly mounts: RunGround['environmentMounts'];
  readonly image?: OpenedImage | undefined;
  /** Of the image, for a run; a rebuild has what follows from them in its profile. */
  readonly imageProfile?: ImageProfile | undefined;
  readonly committedAt: string;
  readonly emit: (event: EventBody) => void;
  /** For steps with network, as PIP_INDEX_URL. */
  readonly packageIndex?: string | undefined;
  /** The recorded profile of a rebuild; computed for a run. */
  readonly profile?: DeterminismProfile;
  /** Where the caller's own checkout lies, if there is one. */
  readonly workingTree?: string | null;
  /** The recorded snapshots of a rebuild, by dataset. */
  readonly archivedSnapshots?: ReadonlyMap<string, DatasetSnapshot>;
  readonly readerHost: Pick<ReaderHost, 'cacheDir' | 'python'>;
}

/** Shared by runs and rebuilds: one way of making the ground that steps stand on. */
export async function layGround(options: GroundOptions, facts: GroundFacts): Promise<RunGround> {
  const uid = options.sandboxUid ?? SANDBOX_UID;
  const identityDirectory = join(facts.scratch, 'identity');
  await writeIdentityFiles(identityDirectory, uid);
  return {
    document: facts.document,
    checkout: facts.checkout,
    scratch: facts.scratch,
    blobs: options.blobs,
    environmentMounts: facts.mounts,
    ...(facts.image === undefined ? {} : { image: facts.image }),
    profile: facts.profile ?? (await computeProfile(facts, { uid, identityDirectory })),
    networkVariables: {
      ...networkStepEnvironment(options.callerEnvironment),
      ...(facts.packageIndex === undefined ? {} : { PIP_INDEX_URL: facts.packageIndex }),
    },
    sourceVariables: sourceVariables(options.callerEnvironment),
    workingTree: facts.workingTree ?? null,
    archivedSnapshots: facts.archivedSnapshots,
    readerHost: {
      ...facts.readerHost,
      hostEnvironment: hostToolEnvironment(options.callerEnvironment),
      uid,
      identityDirectory,
    },
    uid,
    identityDirectory,
    now: options.now,
    emit: facts.emit,
    signal: options.signal,
    ...(options.cores === undefined ? {} : { cores: options.cores }),
  };
}

async function computeProfile(
  facts: GroundFacts,
  identity: { readonly uid: number; readonly identityDirectory: string },
): Promise<DeterminismProfile> {
  const { mounts, scratch: workDir, imageProfile } = facts;
  const { environment, seed } = facts.document.file;
  const python = pythonOf(environment);
  return determinismProfile({
    committedAt: facts.committedAt,
    seed,
    dispatchedLevels:
      python === undefined
        ? (imageProfile?.dispatchedLevels ?? [])
        : await readDispatchedLevels({ python, mounts, workDir, ...identity }),
    imageVariables: imageProfile?.variables,
  });
}

/** The Python whose numpy is pinned: of the lock, or the one that is named among the programs of this machine. */
function pythonOf(environment: PipelineDocument['file']['environment']): string | undefined {
  if (environment === undefined || 'image' in environment) return undefined;
  if ('python' in environment) return LOCKED_PYTHON;
  return environment.host
    .map((one) => (typeof one === 'string' ? one : one.program))
    .find((name) => /^python[\d.]*$/.test(basename(name)));
}
