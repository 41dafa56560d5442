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

/** The pipeline file `countersign.yaml`: strict, small by default; only `model` and `steps` must be there. */
export const pipelineFileSchema = z.strictObject({
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

export type PipelineFile = z.output<typeof pipelineFileSchema>;

/** The JSON Schema (2020-12) of what may be written in `countersign.yaml`. */
export function pipelineJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(pipelineFileSchema, { io: 'input', target: 'draft-2020-12' });
}
