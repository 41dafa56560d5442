// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LINK_TYPES, MODEL_KINDS, ROLES } from '@countersign/kernel';
import { z } from 'zod';
import { parseYamlText, readTextFile, readYaml } from '../papers/yaml-file.ts';

const text = z.string().trim().min(1, 'must not be empty');
const day = z.iso.date('must be a quoted day such as "2019-04-01"');

/** intake/questionnaire.yaml: the owner's answers, each with its reason. */
const Answers = z.strictObject({
  questionnaire: text,
  version: text,
  author: text,
  answers: z.record(z.string(), text),
  reasons: z.record(z.string(), text).optional(),
});
export type Answers = z.infer<typeof Answers>;

/** intake/scope.yaml: what model risk signs. */
const Scope = z.strictObject({
  role: z.literal('model-risk'),
  date: z.string().optional(),
  packs: z
    .array(
      z.strictObject({ pack: text, inScope: z.boolean(), rationale: text, revisitTrigger: text }),
    )
    .min(1),
  generative: z.strictObject({ inUse: z.boolean(), rationale: text }).optional(),
  fairLending: z.boolean(),
  fairLendingRationale: text.optional(),
  groups: z.array(z.strictObject({ attribute: text, reference: text })),
  floors: z.array(
    z.strictObject({
      metric: text,
      op: z.enum(['>=', '<=']),
      value: z
        .string()
        .regex(/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/, 'must be a quoted decimal such as "0.65"'),
    }),
  ),
  /** A tier other than the computed one, with why. */
  tier: z.enum(['high', 'medium', 'low']).optional(),
  override: text.optional(),
});
export type Scope = z.infer<typeof Scope>;

/** intake/roles.yaml, where the firm assigns duties by file. */
const Roles = z.strictObject({
  assignments: z
    .array(
      z.strictObject({
        principal: text,
        role: z.enum(ROLES),
        from: text,
        competence: text,
        conflicts: text,
      }),
    )
    .min(1),
});
type Roles = z.infer<typeof Roles>;

/** intake/model.yaml: the inventory entry. */
const Model = z.strictObject({
  name: text,
  purpose: text,
  owner: text,
  developer: text,
  origin: z.enum(['built', 'imported', 'external']).default('built'),
  businessLine: text,
  jurisdictions: z.array(text).min(1),
  uses: z.array(text).min(1).optional(),
  kind: z.enum(MODEL_KINDS).optional(),
  vendor: text.optional(),
  location: z
    .array(
      z.strictObject({
        what: z.enum(['document', 'file', 'endpoint']),
        name: text,
        digest: z
          .string()
          .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hex')
          .optional(),
      }),
    )
    .optional(),
  exposure: z
    .strictObject({
      amount: z.string().regex(/^(?:0|[1-9]\d*)(?:\.\d+)?$/, 'must be a quoted decimal'),
      currency: z.string().regex(/^[A-Z]{3}$/, 'must be three capitals such as USD'),
      asOf: day.optional(),
    })
    .optional(),
  inUseSince: day.optional(),
  links: z
    .array(z.strictObject({ type: z.enum(LINK_TYPES), model: text, note: text.optional() }))
    .optional(),
  assumptions: z.array(text).optional(),
  sources: z.array(text).optional(),
  useTerms: z
    .array(
      z.strictObject({
        use: text,
        owner: text.optional(),
        population: text.optional(),
        limits: text.optional(),
      }),
    )
    .optional(),
});
export type Model = z.infer<typeof Model>;

/** @throws CliError `file_missing`, `file_invalid` with file and line */
export function readAnswers(directory: string): Answers {
  return readIntake(directory, 'questionnaire.yaml', Answers);
}

export function readScope(directory: string): Scope {
  return readIntake(directory, 'scope.yaml', Scope);
}

/** undefined where the repository has no such file. */
export function readRoles(directory: string): Roles | undefined {
  return readIfThere(directory, 'roles.yaml', Roles);
}

export function readModel(directory: string): Model | undefined {
  return readIfThere(directory, 'model.yaml', Model);
}

function readIntake<T extends z.ZodType>(directory: string, name: string, schema: T): z.output<T> {
  const file = join(directory, 'intake', name);
  return readYaml(parseYamlText(file, readTextFile(directory, file)), schema);
}

function readIfThere<T extends z.ZodType>(
  directory: string,
  name: string,
  schema: T,
): z.output<T> | undefined {
  return existsSync(join(directory, 'intake', name))
    ? readIntake(directory, name, schema)
    : undefined;
}
