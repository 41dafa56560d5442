// SPDX-License-Identifier: Apache-2.0
import type { PipelineDocument } from '../file/parse-pipeline-file.ts';
import { datasetFile, type PlannedStep } from '../file/step-plan.ts';

/**
 * Why no earlier result may stand for a step, and none of it is kept; undefined when one may. Personal data lies in the
 * archive under the key of its class and nowhere else, so that it is gone when that is destroyed.
 */
export function reuseRefusal(
  { file }: PipelineDocument,
  { step }: PlannedStep,
): string | undefined {
  if (step.cache === false) return '`cache: false`';
  if (step.network === true && step.cache !== true)
    return 'it has network and does not say `cache: true`';
  for (const [name, dataset] of Object.entries(file.data ?? {})) {
    const isPersonal = dataset.personal_data !== undefined && dataset.personal_data !== false;
    const made = datasetFile(file.steps, dataset);
    if (isPersonal && made !== undefined && step.outputs.includes(made))
      return `it makes the personal data of \`${name}\`, of which no copy is kept`;
  }
  return undefined;
}
