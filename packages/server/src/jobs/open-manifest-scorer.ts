// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import {
  type CommandGround,
  openArtefact,
  type Scorer,
  type ScorerSpec,
} from '@countersign/analysis';
import type { ArtifactManifest } from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { toolVariables } from './tool-variables.ts';

/** Twice the longest that a start can be put off. */
const WAIT_MS = 120_000;

/** Where the server runs scorers that are programs: each in a directory of its own, gone with it. */
export function scorerGround({ dataDir }: Pick<ServerContext, 'dataDir'>): CommandGround {
  const { cacheDir, base } = toolVariables();
  return {
    workDir: join(dataDir, 'scorers'),
    cacheDir,
    hostEnvironment: base,
    // One row that ends its process must not fail those that are measured after it.
    isPatient: true,
    waitMs: WAIT_MS,
  };
}

/**
 * Opens what a manifest says scores, from the very bytes that it names, as the gateway does. The caller closes the scorer.
 * @throws AnalysisError; ServerError `artifact_invalid` for a file that the manifest does not name
 */
export function openManifestScorer(
  context: Pick<ServerContext, 'dataDir' | 'blobs'>,
  manifest: ArtifactManifest,
  spec: ScorerSpec,
): Promise<Scorer> {
  const read = async (path: string): Promise<Uint8Array> => {
    const file = manifest.files.find((one) => one.path === path);
    if (file !== undefined) return context.blobs.get(file.digest);
    throw new ServerError('artifact_invalid', `the manifest has no file \`${path}\``);
  };
  return openArtefact({ manifest, read }, spec, scorerGround(context));
}

/** @throws ServerError `artifact_invalid` unless the manifest's scorer opens with these inputs and this output */
export async function refuseUnservable(
  context: Pick<ServerContext, 'dataDir' | 'blobs'>,
  manifest: ArtifactManifest,
  spec: ScorerSpec,
): Promise<void> {
  try {
    const scorer = await openManifestScorer(context, manifest, spec);
    await scorer.close();
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new ServerError('artifact_invalid', `\`${manifest.entry}\` cannot be served: ${said}`, {
      details: { file: manifest.entry },
      cause,
    });
  }
}
