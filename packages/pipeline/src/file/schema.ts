// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { nameText, relativePath } from './common-values.ts';
import { dataset } from './data-section.ts';
import { design, monitoring, testing } from './plan-section.ts';
import { artifact, decision, step } from './step-section.ts';

const environment = z.union([
  z.strictObject({ python: relativePath }),
  z.strictObject({
    image: z
      .string()
      .regex(/@sha256:[0-9a-f]{64}$/, 'expected an image by digest, `name@sha256:…`'),
  }),
]);

const sections = z.strictObject({
  model: nameText,
  use: nameText.optional(),
  /** Given to every step as COUNTERSIGN_SEED. */
  seed: z.number().int().min(0).optional(),
  environment: environment.optional(),
  data: z.record(nameText, dataset).optional(),
  design: design.optional(),
  steps: z
    .record(nameText, step)
    .refine((steps) => Object.keys(steps).length > 0, 'expected a step'),
  artifact: artifact.optional(),
  decision: decision.optional(),
  testing: testing.optional(),
  monitoring: monitoring.optional(),
  /** Signed papers of the model's authors by evidence id, such as `dataset-datasheet: evidence/datasheet.md`. */
  papers: z.record(nameText, relativePath).optional(),
});

/** The pipeline file `countersign.yaml`: strict, small by default; only `model` and `steps` must be there. */
export const pipelineFileSchema = sections.superRefine(({ artifact: served, decision }, issues) => {
  if (decision?.fallback?.kind !== 'rule' || served === undefined) return;
  const { input } = decision.fallback.rule;
  const numbers = served.inputs.filter(({ type }) => type !== 'string' && type !== 'bool');
  const names = numbers.flatMap(({ name, columns }) => columns ?? [name]);
  if (names.includes(input)) return;
  issues.addIssue({
    code: 'custom',
    path: ['decision', 'fallback', 'rule', 'input'],
    message: `expected a numeric input of the artifact: ${names.slice(0, 10).join(', ')}`,
  });
});

export type PipelineFile = z.output<typeof pipelineFileSchema>;

/** The JSON Schema (2020-12) of what may be written in `countersign.yaml`. */
export function pipelineJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(pipelineFileSchema, { io: 'input', target: 'draft-2020-12' });
}
