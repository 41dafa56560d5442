// SPDX-License-Identifier: Apache-2.0
import { basename, join } from 'node:path';
import { PipelineError } from '../errors.ts';
import type { Extracted, ExtractRequest } from './extracted.ts';

/** The output of a step of this run, from the blob store. */
export async function extractStepFile(
  { name, stepFile, blobs, workDir }: ExtractRequest,
  { step }: { readonly step: string },
): Promise<Extracted> {
  if (stepFile === undefined) {
    const message = `\`${name}\` is made by the step \`${step}\`; run the pipeline, which takes its snapshot`;
    throw new PipelineError('step_input_missing', message, { details: { step } });
  }
  const { digest, file } = stepFile;
  const path = join(workDir, basename(file));
  await blobs.copyTo(digest, path);
  return { path, file, origin: { step, file } };
}
