// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { nameText, relativePath } from './common-values.ts';
import { dataset } from './data-section.ts';
import { checkedInputs, design } from './design-section.ts';
import { featureProblems, features } from './features-section.ts';
import { artifact, commandProblem, decision, hostProgram, step } from './step-section.ts';
import { monitoring } from './testing/monitoring-section.ts';
import { testing } from './testing/testing-section.ts';

/** The name is for people and registries; the digest is the image. */
const IMAGE = /^[a-z0-9][A-Za-z0-9._/:-]{0,400}@sha256:[0-9a-f]{64}$/;

const environment = z.union([
  z.strictObject({ python: relativePath }),
  z.strictObject({
    image: z.string().regex(IMAGE, 'expected an image by digest, `name@sha256:…`'),
  }),
  /** Programs of the machine, such as Rscript: recorded by digest and version, and wanted again for a rebuild. */
  z.strictObject({ host: z.array(hostProgram).min(1).max(20) }),
]);

const sections = z.strictObject({
  model: nameText,
  use: nameText.optional(),
  /** Given to every step as COUNTERSIGN_SEED. */
  seed: z.number().int().min(0).optional(),
  environment: environment.optional(),
  data: z.record(nameText, dataset).optional(),
  features: features.optional(),
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
export const pipelineFileSchema = sections.superRefine((file, issues) => {
  const { artifact: served, decision } = file;
  const around = {
    inputs: (served?.inputs ?? []).flatMap(({ name, columns }) => columns ?? [name]),
    data: file.data ?? {},
  };
  for (const { path, message } of featureProblems(file.features ?? {}, around))
    issues.addIssue({ code: 'custom', path: ['features', ...path], message });
  for (const { path, message } of constraintProblems(file, around.inputs))
    issues.addIssue({ code: 'custom', path, message });
  const problem = served === undefined ? undefined : servedProblem(served, file);
  if (problem !== undefined) {
    const path = ['artifact', ...problem.path];
    issues.addIssue({ code: 'custom', path, message: problem.message });
  }
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

/** A check that asks about an input names one that the artefact has; a parameter file is one that a step writes. */
function constraintProblems(
  { design: declared, steps }: Pick<z.output<typeof sections>, 'design' | 'steps'>,
  inputs: readonly string[],
) {
  const outputs = Object.values(steps).flatMap((one) => one.outputs);
  return (declared?.constraints ?? []).flatMap(({ check }, index) => {
    if (check === undefined) return [];
    const at = ['design', 'constraints', index, 'check'];
    const unknown = checkedInputs(check)
      .filter(({ input }) => !inputs.includes(input))
      .map(({ path }) => ({
        path: [...at, ...path],
        message: `expected an input of the artifact: ${inputs.slice(0, 20).join(', ')}`,
      }));
    const parameters = 'regularisation' in check ? check.regularisation.file : undefined;
    if (parameters === undefined || outputs.includes(parameters)) return unknown;
    const path = [...at, 'regularisation', 'file'];
    return [...unknown, { path, message: `no step declares the output \`${parameters}\`` }];
  });
}

/** A scorer of a run lives in the packages that the run was made with; they are archived with it. */
function servedProblem(
  served: z.output<typeof artifact>,
  { environment: made }: { readonly environment?: z.output<typeof environment> | undefined },
): ReturnType<typeof commandProblem> {
  const problem = commandProblem(served);
  if (problem !== undefined || served.scorer !== 'command') return problem;
  if (served.command === undefined)
    return { path: ['command'], message: 'expected with `scorer: command`' };
  const wanted = served.command.environment;
  if (!('python' in wanted)) return undefined;
  const isMade = made !== undefined && 'python' in made && made.python === wanted.python;
  return isMade
    ? undefined
    : {
        path: ['command', 'environment', 'python'],
        message: 'expected the lock of the pipeline’s own `environment`',
      };
}

export type PipelineFile = z.output<typeof pipelineFileSchema>;

/** The JSON Schema (2020-12) of what may be written in `countersign.yaml`. */
export function pipelineJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(pipelineFileSchema, { io: 'input', target: 'draft-2020-12' });
}
