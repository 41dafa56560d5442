// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import {
  type DeterminismProfile,
  determinismProfile,
  readDispatchedLevels,
} from '../environment/determinism-profile.ts';
import { networkStepEnvironment } from '../environment/host-environment.ts';
import type { PipelineDocument } from '../file/parse-pipeline-file.ts';
import { SANDBOX_UID } from '../sandbox/run-sandboxed.ts';
import { writeIdentityFiles } from '../sandbox/system-mounts.ts';
import type { EventBody, RunGround } from './run-ground.ts';

/** What runs and rebuilds are both told. */
export interface GroundOptions {
  readonly blobs: BlobStore;
  /** Only proxies, certificates, pip's index and PATH are taken from it, and no step without network sees any. */
  readonly callerEnvironment: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  /** The uid of steps when the caller is root. */
  readonly sandboxUid?: number;
  readonly signal?: AbortSignal;
}

export interface GroundFacts {
  readonly scratch: string;
  readonly checkout: string;
  readonly document: PipelineDocument;
  readonly mounts: RunGround['environmentMounts'];
  readonly committedAt: string;
  readonly emit: (event: EventBody) => void;
  /** For steps with network, as PIP_INDEX_URL. */
  readonly packageIndex?: string | undefined;
  /** The recorded profile of a rebuild; computed for a run. */
  readonly profile?: DeterminismProfile;
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
    profile: facts.profile ?? (await computeProfile(facts, { uid, identityDirectory })),
    networkVariables: {
      ...networkStepEnvironment(options.callerEnvironment),
      ...(facts.packageIndex === undefined ? {} : { PIP_INDEX_URL: facts.packageIndex }),
    },
    uid,
    identityDirectory,
    now: options.now,
    emit: facts.emit,
    signal: options.signal,
  };
}

async function computeProfile(
  facts: GroundFacts,
  identity: { readonly uid: number; readonly identityDirectory: string },
): Promise<DeterminismProfile> {
  const { mounts, scratch: workDir } = facts;
  const hasPython = mounts.length > 0;
  return determinismProfile({
    committedAt: facts.committedAt,
    seed: facts.document.file.seed,
    dispatchedLevels: hasPython ? await readDispatchedLevels({ mounts, workDir, ...identity }) : [],
  });
}
