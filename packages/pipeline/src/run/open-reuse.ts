// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { canonicalBytes, type Json } from '@countersign/kernel';
import { type BlobStore, openFileBlobStore } from '../blobs/blob-store.ts';
import { openStepCache, type StepCache } from './cache-steps.ts';
import { readCheckoutFiles } from './checkout-files.ts';
import { machineDigest } from './machine-digest.ts';
import type { EnvironmentRecord } from './result.ts';
import type { StepReuse } from './reuse-step.ts';
import { sweepStepCache } from './sweep-step-cache.ts';

/** How a run deals with results of earlier runs. */
export interface CacheChoice {
  /** `use` takes them where nothing changed; `refresh` executes every step and keeps what it makes. */
  readonly mode: 'use' | 'refresh';
  /** Where they lie: the run's own store, when that is kept; one below the cache directory unless given. */
  readonly blobs?: BlobStore;
}

/** Results of steps below a cache directory. */
export function stepCacheIn(cacheDir: string, blobs: BlobStore | undefined): StepCache {
  const directory = join(cacheDir, 'steps');
  return openStepCache(directory, blobs ?? openFileBlobStore(join(directory, 'blobs')));
}

/** Of what nobody used for long; see `sweepStepCache`. */
export async function tidyStepCache(
  cacheDir: string,
  choice: CacheChoice,
  now: Date,
): Promise<void> {
  const directory = join(cacheDir, 'steps');
  const root = join(directory, 'blobs');
  const own = choice.blobs === undefined ? { root, blobs: openFileBlobStore(root) } : undefined;
  await sweepStepCache(directory, own, now);
}

/**
 * What a run needs to take results of earlier runs. Undefined without a choice, and on a machine whose programs cannot be told apart
 * from those of yesterday: then every step is executed.
 */
export async function openReuse(
  choice: CacheChoice | undefined,
  run: {
    readonly cacheDir: string;
    readonly checkout: string;
    readonly environment: EnvironmentRecord | null;
    readonly draft: boolean;
    readonly model: string;
    readonly run: string;
    readonly commit: string;
  },
): Promise<StepReuse | undefined> {
  if (choice === undefined) return undefined;
  const machine = await machineDigest();
  if (machine === undefined) return undefined;
  const { model, commit } = run;
  return {
    cache: stepCacheIn(run.cacheDir, choice.blobs),
    mode: choice.mode,
    maker: run.draft ? 'draft' : 'platform',
    environment: environmentDigest(run.environment),
    machine,
    files: await readCheckoutFiles(run.checkout),
    model,
    run: run.run,
    commit,
  };
}

/** Of what an environment is made of; not of what is written about it. */
export function environmentDigest(environment: EnvironmentRecord | null): string {
  const { billOfMaterials: _bill, licences: _licences, ...made } = environment ?? {};
  return createHash('sha256')
    .update(canonicalBytes(made as Json))
    .digest('hex');
}
