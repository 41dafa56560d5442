// SPDX-License-Identifier: Apache-2.0
import type { ArtifactManifest } from '@countersign/kernel';
import { type RunResult, scorerInterpreter } from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { commandManifest } from './command-manifest.ts';
import { manifestOf, type Servable } from './run-records.ts';

/** Where the wheels of a run lie among the files of its artefact. */
const WHEELS = 'wheels';

/**
 * The manifest of what a run built. A command takes the lock, the wheels and the interpreter that the run was made with along:
 * what scores is what trained, and a gateway needs no package index.
 * @throws ServerError `run_output_invalid`, `artifact_invalid`
 */
export async function servedManifest(
  context: ServerContext,
  result: RunResult,
  servable: Servable,
): Promise<ArtifactManifest> {
  const manifest = manifestOf(result, servable);
  const section = servable.artifact.command;
  if (section === undefined) return manifest;
  const packages =
    'python' in section.environment
      ? await packagesOf(context, result, section.environment.python)
      : [];
  const files = [...manifest.files, ...packages];
  const command = await commandManifest(context, section, files);
  const { environment } = command;
  const { environment: made } = result;
  if (environment.kind === 'host' || made?.kind !== 'python')
    return { ...manifest, files, command };
  const interpreter = scorerInterpreter(made.interpreter);
  return {
    ...manifest,
    files,
    command: { ...command, environment: { ...environment, interpreter } },
  };
}

async function packagesOf(
  { blobs }: ServerContext,
  { environment }: RunResult,
  lock: string,
): Promise<ArtifactManifest['files']> {
  if (environment?.kind !== 'python' || environment.lockFile !== lock) {
    const message = `the run was not made with \`${lock}\`; name the lock of the pipeline's own environment`;
    throw new ServerError('run_output_invalid', message, { details: { file: lock } });
  }
  const { lockDigest, wheels } = environment;
  const { length: size } = await blobs.get(lockDigest);
  return [
    { path: lock, digest: lockDigest, size },
    ...wheels.map((one) => ({
      path: `${WHEELS}/${one.file}`,
      digest: one.digest,
      size: one.size,
    })),
  ];
}
