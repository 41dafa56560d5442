// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { RunResult } from './run/result.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const directory = z.string().min(1);

const shared = {
  blobs: directory,
  workDir: directory,
  python: z.string().optional(),
  sandboxUid: z.number().int().min(1).optional(),
  /** Cores that steps side by side may take together. */
  cores: z.number().int().min(1).max(1024).optional(),
  /** How the package index is reached: proxies, certificates, pip's index. */
  hostVariables: z.record(z.string(), z.string()).optional(),
};

const runJob = z.strictObject({
  kind: z.literal('run'),
  source: z.union([
    z.strictObject({ checkout: z.string() }),
    z.strictObject({
      bundle: z.strictObject({ digest, size: z.number().int().min(0) }),
      commit: z.string().regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/),
    }),
  ]),
  cacheDir: directory,
  draft: z.boolean(),
  /** Whether results of earlier runs of this cache directory may stand for steps that did not change. */
  cache: z.enum(['use', 'refresh']).optional(),
  /** Name of this execution. */
  run: z.string().min(1).max(200).optional(),
  openPgpKeys: z.array(z.string()).optional(),
  ...shared,
});

const rebuildJob = z.strictObject({
  kind: z.literal('rebuild'),
  /** The result of the run as recorded; its digests are checked as its parts are read. */
  result: z.custom<RunResult>(
    (value) => typeof value === 'object' && value !== null && 'v' in value && value.v === 1,
  ),
  cacheDir: directory.optional(),
  ...shared,
});

/** What a worker is told: directories and digests, never a key, a database or the server's environment. */
export const workerJobSchema = z.discriminatedUnion('kind', [runJob, rebuildJob]);

export type WorkerJob = z.input<typeof workerJobSchema>;
export type ParsedJob = z.output<typeof workerJobSchema>;
