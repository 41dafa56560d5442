// SPDX-License-Identifier: Apache-2.0
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../errors.ts';
import { EVIDENCE } from './workspace.ts';

export interface CollectedOutputs {
  /** Paths below the scratch directory, as declared. */
  readonly outputs: readonly string[];
  /** `evidence/*.json`, `evidence/trials.csv` and `evidence/trials.jsonl` that no output names. */
  readonly evidence: readonly string[];
}

const FILES_MAX = 10_000;
const DEPTH_MAX = 64;

/**
 * What a step left behind, after all its processes ended. Throws PipelineError `output_missing`, `output_undeclared`,
 * `output_not_regular`, or `step_overfull` when archiving it could fill the disk, naming step and path.
 */
export async function collectOutputs(options: {
  readonly step: string;
  readonly scratch: string;
  readonly declared: readonly string[];
  readonly mounted: ReadonlySet<string>;
  /** Of all outputs together, holes of sparse files included: archiving writes them out. */
  readonly bytesMax: number;
}): Promise<CollectedOutputs> {
  const found = await leftFiles(options, '');
  const missing = options.declared.find((path) => !found.includes(path));
  if (missing !== undefined) {
    const message = `the step \`${options.step}\` ended without writing \`${missing}\`; write it or strike it from \`outputs\``;
    throw new PipelineError('output_missing', message, {
      details: { step: options.step, path: missing },
    });
  }
  const others = found.filter((path) => !options.declared.includes(path));
  const evidence = others.filter(
    (path) =>
      /^([^/]+\.json|trials\.(csv|jsonl))$/.test(path.slice(EVIDENCE.length + 1)) &&
      path.startsWith(`${EVIDENCE}/`),
  );
  const undeclared = others.filter((path) => !evidence.includes(path));
  if (undeclared.length > 0) {
    const names = undeclared.slice(0, 10).map((path) => `\`${path}\``);
    const message = `the step \`${options.step}\` wrote ${names.join(', ')} without declaring it; add it to \`outputs\` or write to /tmp`;
    throw new PipelineError('output_undeclared', message, {
      details: { step: options.step, paths: undeclared },
    });
  }
  await refuseOverfull(options);
  return { outputs: options.declared, evidence: evidence.toSorted() };
}

async function refuseOverfull(options: {
  readonly step: string;
  readonly scratch: string;
  readonly declared: readonly string[];
  readonly bytesMax: number;
}): Promise<void> {
  let bytes = 0;
  for (const path of options.declared) bytes += (await lstat(join(options.scratch, path))).size;
  if (bytes <= options.bytesMax) return;
  const message = `the outputs of step \`${options.step}\` hold ${bytes} bytes, more than the ${options.bytesMax} that can be archived; write less or free disk space`;
  throw new PipelineError('step_overfull', message, { details: { step: options.step, bytes } });
}

async function leftFiles(
  options: {
    readonly step: string;
    readonly scratch: string;
    readonly mounted: ReadonlySet<string>;
  },
  directory: string,
): Promise<readonly string[]> {
  if (directory.split('/').length > DEPTH_MAX) {
    const message = `the step \`${options.step}\` left directories more than ${DEPTH_MAX} deep; write files of fewer`;
    throw new PipelineError('output_undeclared', message, { details: { step: options.step } });
  }
  const entries = await readdir(join(options.scratch, directory), { withFileTypes: true }).catch(
    (cause: unknown) => {
      const message = `the step \`${options.step}\` left \`${directory}\`, which cannot be read; leave directories readable`;
      throw new PipelineError('output_not_regular', message, {
        details: { step: options.step, path: directory },
        cause,
      });
    },
  );
  const files: string[] = [];
  for (const entry of entries) {
    const path = directory === '' ? entry.name : `${directory}/${entry.name}`;
    if (options.mounted.has(path)) continue;
    if (entry.isDirectory()) files.push(...(await leftFiles(options, path)));
    else if (entry.isFile()) files.push(path);
    else {
      // A link or device could make the platform read or archive something that the step never held.
      const message = `the step \`${options.step}\` left \`${path}\`, which is no regular file; write files only`;
      throw new PipelineError('output_not_regular', message, {
        details: { step: options.step, path },
      });
    }
    if (files.length > FILES_MAX) {
      throw new PipelineError(
        'output_undeclared',
        `the step \`${options.step}\` left more than ${FILES_MAX} files`,
      );
    }
  }
  return files;
}
