// SPDX-License-Identifier: Apache-2.0
import {
  ASPECTS,
  CARRIABLE,
  CARRIABLE_INSIDE,
  CHANGE_CLASSES,
  CONDITIONS,
  DESTROYABLE_KINDS,
  ENVELOPE_TRANSITIONS,
  EVIDENCE_IDS,
  MATERIALITIES,
  MEASURES,
  MOMENTS,
  NEVER_EXCUSED,
  NEVER_WAIVED,
  ROLES,
  TIERS,
  WAIVABLE_CONDITIONS,
} from '@countersign/kernel';
import { z } from 'zod';

/**
 * The shape of policies/promotion.yaml and policies/questionnaire.yaml, published as JSON Schema for editors and for
 * `policy check`, which lists every fault at once. The kernel's reader decides; a test holds the two together.
 */
const text = z.string().min(1);
const days = z.int().min(1);
const count = z.int().min(0);
const tier = z.enum(TIERS);
const signers = z
  .array(z.enum(ROLES.filter((role) => role !== 'developer')))
  .min(1)
  .describe('each signs, and nobody for two');

const fixedWhen = z
  .strictObject({
    tier: z.array(tier).optional(),
    fairLending: z.boolean().optional(),
    materiality: z.array(z.enum(MATERIALITIES)).optional(),
    class: z.array(z.enum(CHANGE_CLASSES)).optional(),
  })
  .describe('limits a rule to some models or changes; every member given must match');
const when = fixedWhen.extend({
  provisional: z
    .boolean()
    .optional()
    .describe('whether the request rests on a signed provisional use'),
});

const condition = z.strictObject({
  id: z.enum(CONDITIONS),
  gate: text.describe('id of the gate that reports it'),
  at: z
    .enum(['submit', 'promote'])
    .describe('submit: judged when the request is opened and ever after; promote: only then'),
  when: fixedWhen.optional(),
});

const approval = z.strictObject({
  role: z.enum(ROLES),
  count: z.int().min(1),
  gate: text,
  meaning: text.describe('what the signature means; it stands in the signed approval'),
  when: when.optional(),
  signing: z.literal('key').optional().describe('a passkey does not count'),
  committee: text
    .optional()
    .describe('the chair signs the decision of this committee; `count` is 1'),
});

const warrantDaysMax = z.strictObject({ high: count, medium: count, low: count });
const transition = z.strictObject({
  conditions: z.array(condition),
  approvals: z.array(approval),
  warrantDaysMax: warrantDaysMax.describe('longest run of a warrant in days, by tier'),
});

const exception = z.strictObject({
  condition: z.enum(CONDITIONS.filter((id) => !NEVER_EXCUSED.includes(id))),
  signers: z.array(z.enum(ROLES)),
  daysMax: count,
});

const waiverTerms = {
  by: signers,
  daysMax: days,
  compensatingControl: z.literal('required'),
  when: fixedWhen.optional(),
};
const waivable = z.union([
  z.strictObject({
    evidence: z.enum(EVIDENCE_IDS.filter((id) => !NEVER_WAIVED.includes(id))),
    ...waiverTerms,
  }),
  z.strictObject({ condition: z.enum(WAIVABLE_CONDITIONS), ...waiverTerms }),
]);

const provisional = z.strictObject({
  tiers: z.array(tier),
  daysMax: days.describe('from the first provisional use of a model for a use until validation'),
  limits: z.strictObject({ answersMax: count }),
  extraMonitoring: z.strictObject({ everyDays: days }),
  signers,
});

const aspect = z.enum(ASPECTS);
const materiality = z.strictObject({
  material: z.array(z.union([aspect, z.strictObject({ measure: z.enum(MEASURES), above: text })])),
  minor: z.array(z.enum(ASPECTS.filter((one) => one !== 'unknown'))),
  carries: z
    .strictObject({
      minor: z.array(z.enum(CARRIABLE)).optional(),
      'within-envelope': z.array(z.enum(CARRIABLE_INSIDE)).optional(),
    })
    .optional()
    .describe('papers about the version in production that stand for a change this small'),
  envelope: z
    .strictObject({ approves: z.array(z.enum(ENVELOPE_TRANSITIONS)) })
    .optional()
    .describe('the transitions whose approvals an envelope’s signers give in advance'),
});

export const PolicyFile = z.strictObject({
  id: text,
  version: text,
  transitions: z.strictObject({ staging: transition, production: transition }),
  exceptions: z.array(exception),
  waivable: z.array(waivable).optional(),
  provisional: provisional.optional(),
  legacy: z
    .strictObject({
      daysMax: z.strictObject({ high: days, medium: days, low: days }),
      signers,
    })
    .optional()
    .describe('for what was in use before the firm came here; without it nothing is onboarded'),
  reviews: z
    .strictObject({
      high: days,
      medium: days,
      low: days,
      overdueRestricts: z.boolean().optional(),
      graceDays: count.optional(),
    })
    .optional()
    .describe('how often a model in use is looked at again, in days by tier'),
  findings: z.strictObject({ extensionsMax: count }).optional(),
  rebuilds: z
    .strictObject({ high: days, medium: days, low: days })
    .optional()
    .describe('how often a version in production is built again, in days by tier'),
  materiality: materiality.optional(),
  changes: z
    .strictObject({
      classes: z.array(z.enum(CHANGE_CLASSES)),
      afterReviewDays: count.optional(),
    })
    .optional(),
});

const answer = z.strictObject({
  id: text,
  text,
  points: count,
  tierMin: tier.optional().describe('a tier that no sum of points goes below'),
});

export const QuestionnaireFile = z.strictObject({
  id: text,
  version: text,
  title: text,
  questions: z.array(
    z.strictObject({
      id: text,
      section: z.enum(['exposure', 'purpose', 'complexity', 'reliance']),
      text,
      answers: z.array(answer),
    }),
  ),
  tiers: z.strictObject({ high: count, medium: count }),
});

/** `countersign sign` asks for `id` and `version`. */
const head = { id: text.optional(), version: text.optional(), title: text.optional() };

export const CommitteeFile = z.strictObject({
  ...head,
  name: text,
  members: z.array(text).describe('accounts'),
  chair: text,
  quorum: z.int().min(2),
});

export const DeputiesFile = z.strictObject({
  ...head,
  deputations: z.array(
    z.strictObject({
      deputy: text,
      for: text,
      role: z.enum(ROLES),
      from: text,
      until: text.describe('90 days after `from` at most'),
      model: text.optional(),
    }),
  ),
});

const kinds = z.array(z.enum(DESTROYABLE_KINDS)).min(1);
const period = z
  .union([
    z
      .strictObject({
        years: z.int().min(0).max(200).optional(),
        months: z.int().min(0).max(2_400).optional(),
        days: z.int().min(0).max(73_000).optional(),
      })
      .refine((given) => Object.keys(given).length > 0, 'years, months or days')
      .meta({ minProperties: 1 }),
    z.enum(['record', 'longest-of-model']),
  ])
  .describe(
    'a length of time, `record` (as long as the record it describes) or `longest-of-model`',
  );

export const RetentionFile = z.strictObject({
  id: text,
  version: text,
  title: text,
  rules: z.array(
    z.strictObject({
      id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
      keeps: kinds.describe('what is kept for the period and may go after it'),
      packs: z.array(text).describe('packs it belongs to; empty for a rule of the house'),
      models: z.array(text).optional(),
      uses: z.array(text).optional(),
      period,
      from: z.enum(MOMENTS),
      otherwise: z
        .strictObject({ from: z.enum(MOMENTS), days: count })
        .optional()
        .describe('where the moment is not on record'),
      ceiling: z
        .boolean()
        .optional()
        .describe('ends what other rules would keep longer; a hold still wins'),
      basis: text.describe('the provision it follows'),
      clauses: z.array(text),
      belowFloor: text.optional().describe('why it is shorter than the law; legal signs too'),
    }),
  ),
});

/** JSON Schema (2020-12) of each file under policies/, as it lies beside it. */
export const POLICY_SCHEMAS = {
  'promotion.schema.json': { title: 'Promotion policy', schema: PolicyFile },
  'questionnaire.schema.json': { title: 'Tiering questionnaire', schema: QuestionnaireFile },
  'committee.schema.json': { title: 'Committee charter', schema: CommitteeFile },
  'deputies.schema.json': { title: 'Deputies', schema: DeputiesFile },
  'retention.schema.json': { title: 'Retention policy', schema: RetentionFile },
} as const;

/** The bytes of a published schema. */
export function policySchemaText(name: keyof typeof POLICY_SCHEMAS): string {
  const { title, schema } = POLICY_SCHEMAS[name];
  return `${JSON.stringify({ title, ...z.toJSONSchema(schema) }, null, 2)}\n`;
}
