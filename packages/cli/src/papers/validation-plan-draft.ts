// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { TestPlanContent } from '@countersign/kernel';
import { type TestingPlan, toRecordJson, validationPlanSchema } from '@countersign/pipeline';
import { z } from 'zod';
import { atFile, usage } from '../errors.ts';
import type { Draft } from '../signing/person-statement.ts';
import type { PaperTarget } from './paper-draft.ts';
import { parseYamlText, readYaml } from './yaml-file.ts';

const Plan = z.looseObject({
  id: z.string().min(1),
  version: z.string().min(1),
  author: z.string().min(1),
  phase: z.literal('validation'),
  data: z.unknown(),
  testing: z.unknown(),
});

/**
 * The `test-plan` that a validator's plan becomes, before any row is opened; undefined for another kind of YAML.
 * @throws CliError `file_invalid` with file and line, `usage` when the model is not known
 */
export function validationPlanDraft(
  file: string,
  text: string,
  about: {
    readonly target: PaperTarget;
    readonly workspace: string;
    readonly account: string;
    readonly now: string;
  },
): Draft | undefined {
  const yaml = parseYamlText(file, text);
  if (!isPlan(yaml.value)) return undefined;
  const plan = readYaml(yaml, Plan);
  // The server reads the signed plan by the same schema: what it would refuse is refused before anybody signs.
  const { testing } = readYaml(yaml, validationPlanSchema);
  if (plan.author !== about.account) {
    throw atFile(
      file,
      yaml.lineOf(['author']),
      `\`author\` is \`${plan.author}\`, you are \`${about.account}\``,
    );
  }
  const { model, use, version } = about.target;
  if (model === undefined || use === undefined || version === undefined) {
    throw usage(`\`${file}\` is about a version`, 'name it with --subject MODEL@N and --use USE');
  }
  return {
    type: 'test-plan',
    kind: 'validation',
    scope: 'version',
    producer: 'validation',
    subjectRef: { workspace: about.workspace, model, use, version },
    blobs: [createHash('sha256').update(text, 'utf8').digest('hex')],
    content: {
      phase: 'validation',
      declaredAt: about.now,
      limits: limitsOf(testing),
      plan: toRecordJson(yaml.value),
    },
  };
}

function isPlan(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'phase' in value && 'testing' in value;
}

/** Every bound of the plan, one entry each. */
function limitsOf(testing: TestingPlan): TestPlanContent['limits'] {
  return [testing.metrics, testing.fairness?.limits, testing.sensitivity?.limits].flatMap(
    (limits) =>
      Object.entries(limits ?? {}).flatMap(([metric, { min, max }]) => [
        ...(min === undefined ? [] : [{ metric, op: '>=', value: min }]),
        ...(max === undefined ? [] : [{ metric, op: '<=', value: max }]),
      ]),
  );
}
