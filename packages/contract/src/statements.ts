// SPDX-License-Identifier: Apache-2.0
import {
  FINDING_SEVERITIES,
  FINDING_SOURCES,
  MODEL_KINDS,
  PAPER_FORMS,
  REVIEW_OUTCOMES,
  TIERS,
} from '@countersign/kernel';
import { z } from 'zod';
import { ChangesSchema, PrepareBody, VerdictSchema } from './governance.ts';
import { route } from './route.ts';
import { Digest, Name, QueryVersion, UtcTime } from './shared.ts';

const TEXT_MAX = 8_000;
const PAPER_MAX = 200_000;
const LIST_MAX = 50;

const text = z.string().trim().min(1, 'must not be empty').max(TEXT_MAX);
const line = z.string().trim().min(1, 'must not be empty').max(300);
const day = z.iso.date('must be a day such as 2026-12-31');
const account = z.string().min(1, 'must name an account').max(128);
const digests = z.array(Digest).max(LIST_MAX);
const shown = digests.min(1, 'must name at least one record');
const lines = z.array(line).min(1, 'must name at least one').max(LIST_MAX);
const FindingId = z.string().regex(/^F-\d{1,9}$/, 'must be a number of a finding such as F-1');
const decimal = z.string().regex(/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/, 'must be a decimal such as 0.65');
const PaperEvidence = z.enum(PAPER_FORMS.map(({ evidence }) => evidence));

const ORIGINS = ['built', 'imported', 'external'] as const;

function oneOf(values: readonly string[]): string {
  return `must be one of ${values.join(', ')}`;
}

const OfModel = { model: Name };
const OfUse = { model: Name, use: Name };
const OfFinding = { model: Name, id: FindingId };

const FINDING_ACTS = [
  z.strictObject({
    act: z.literal('open-finding'),
    ...OfUse,
    version: z.int().min(1).optional(),
    title: line,
    description: text,
    severity: z.enum(FINDING_SEVERITIES, oneOf(FINDING_SEVERITIES)),
    source: z.enum(FINDING_SOURCES, oneOf(FINDING_SOURCES)),
    /** Nothing is promoted while it is open. */
    blocking: z.boolean(),
    owner: account,
    due: day,
    /** Change request or validation report that it is a condition of. */
    condition: Digest.optional(),
  }),
  z.strictObject({ act: z.literal('respond-finding'), ...OfFinding, response: text }),
  z.strictObject({ act: z.literal('extend-finding'), ...OfFinding, to: day, reason: text }),
  z.strictObject({
    act: z.literal('accept-finding'),
    ...OfFinding,
    until: day,
    reason: text,
    compensating: text,
  }),
  z.strictObject({
    act: z.literal('retest-finding'),
    ...OfFinding,
    outcome: z.enum(['passed', 'failed'], oneOf(['passed', 'failed'])),
    note: text,
    evidence: shown,
  }),
  z.strictObject({ act: z.literal('close-finding'), ...OfFinding, closure: text, evidence: shown }),
  z.strictObject({ act: z.literal('reopen-finding'), ...OfFinding, reason: text, due: day }),
] as const;

const REVIEW_ACTS = [
  z.strictObject({
    act: z.literal('review'),
    ...OfUse,
    outcome: z.enum(REVIEW_OUTCOMES, oneOf(REVIEW_OUTCOMES)),
    rationale: text,
    evidence: digests,
    /** Of the finding that `revalidate` and `restrict` open. */
    owner: account.optional(),
    due: day.optional(),
  }),
  z.strictObject({
    act: z.literal('attest'),
    ...OfModel,
    /** Name of the campaign. */
    campaign: z.string().min(1).max(64),
    answer: z.enum(['confirmed', 'disputed'], oneOf(['confirmed', 'disputed'])),
    note: text,
  }),
] as const;

const INTAKE_ACTS = [
  /** What the entry in force says beyond these members stays as it is. */
  z.strictObject({
    act: z.literal('propose'),
    ...OfModel,
    name: line,
    purpose: text,
    owner: account,
    developer: account,
    origin: z.enum(ORIGINS, oneOf(ORIGINS)),
    kind: z.enum(MODEL_KINDS).optional(),
    vendor: line.optional(),
    businessLine: line,
    jurisdictions: lines,
    uses: z.array(Name).min(1, 'must name at least one').max(LIST_MAX),
    useTerms: z
      .array(
        z.strictObject({
          use: Name,
          owner: account.optional(),
          population: text.optional(),
          limits: text.optional(),
        }),
      )
      .max(LIST_MAX)
      .optional(),
  }),
  z.strictObject({
    act: z.literal('tier'),
    ...OfUse,
    /** Answer id by question id, of the questionnaire in force. */
    answers: z.record(z.string(), z.string()),
    /** The computed one unless given. */
    tier: z.enum(TIERS).optional(),
    override: text.optional(),
    fairLending: z.boolean(),
    groups: z.array(z.strictObject({ attribute: line, reference: line })).max(LIST_MAX),
    floors: z
      .array(z.strictObject({ metric: line, op: z.enum(['>=', '<=']), value: decimal }))
      .max(LIST_MAX),
  }),
] as const;

const PaperAct = z.strictObject({
  act: z.literal('paper'),
  evidence: PaperEvidence,
  ...OfModel,
  use: Name.optional(),
  version: z.int().min(1).optional(),
  dataset: z.string().min(1).max(200).optional(),
  title: line,
  /** Markdown by `## Heading`. */
  body: z.string().max(PAPER_MAX),
  expires: day.optional(),
});

const SubmitAct = z.strictObject({ act: z.literal('submit'), ...PrepareBody.shape });

/** What a person wants to say, before it is a statement. */
export const ActBody = z.discriminatedUnion('act', [
  ...FINDING_ACTS,
  ...REVIEW_ACTS,
  ...INTAKE_ACTS,
  PaperAct,
  SubmitAct,
]);
export type ActBody = z.infer<typeof ActBody>;
export type ActName = ActBody['act'];

export const PreparedReply = z.strictObject({
  /** Signed and recorded together or not at all; `payload` is base64 of the canonical bytes. */
  statements: z.array(z.strictObject({ payload: z.string(), digest: Digest })).readonly(),
  /** What the records are that the statements name, by digest. */
  names: z.record(Digest, z.string()),
  /** Whose signatures are needed beside the caller's before it counts. */
  needs: z.string().optional(),
  /** Of a paper: the Markdown whose bytes the statement names. It is to be stored as a blob first. */
  text: z.string().optional(),
  /** Of a change request: what its gates say, and what is changed. */
  verdict: VerdictSchema.optional(),
  changes: ChangesSchema.optional(),
});
export type PreparedReply = z.infer<typeof PreparedReply>;

export const AbilitySchema = z.strictObject({
  act: z.string(),
  allowed: z.boolean(),
  /** Why not. */
  why: z.string().optional(),
  /** Whose signatures are needed beside the caller's. */
  needs: z.string().optional(),
});
export type Ability = z.infer<typeof AbilitySchema>;

export const AbilitiesReply = z.strictObject({ acts: z.array(AbilitySchema).readonly() });
export type AbilitiesReply = z.infer<typeof AbilitiesReply>;

const PaperQuery = z.strictObject({
  model: Name,
  use: Name.optional(),
  version: QueryVersion.optional(),
});

export const PAPER_STATES = ['missing', 'in force', 'carried', 'stale', 'expired'] as const;

const PaperSchema = z.strictObject({
  evidence: PaperEvidence,
  title: z.string(),
  scope: z.enum(['model', 'use', 'dataset', 'version']),
  /** The role that writes it as a rule. */
  by: z.string(),
  use: z.string().optional(),
  version: z.int().optional(),
  dataset: z.string().optional(),
  /** `carried`: signed before the version was registered, and still about the same subject. */
  state: z.enum(PAPER_STATES),
  record: Digest.optional(),
  author: z.string().optional(),
  at: UtcTime.optional(),
  expires: UtcTime.optional(),
  allowed: z.boolean(),
  why: z.string().optional(),
});

export const PapersReply = z.strictObject({ papers: z.array(PaperSchema).readonly() });
export type PapersReply = z.infer<typeof PapersReply>;

export const PaperStartReply = z.strictObject({
  evidence: PaperEvidence,
  title: z.string(),
  body: z.string(),
  /** The paper in force whose words these are; absent where they come from other records. */
  inForce: Digest.optional(),
  sources: z.array(Digest).readonly(),
});
export type PaperStartReply = z.infer<typeof PaperStartReply>;

const common = { tag: 'signing', access: 'changes:read' } as const;

export const statementsRoutes = {
  prepare: route({
    ...common,
    method: 'POST',
    path: '/v1/signing/statements',
    summary:
      'Writes the statements that the caller would sign, and checks them as if they were signed',
    body: ActBody,
    reply: PreparedReply,
  }),
  abilities: route({
    ...common,
    method: 'GET',
    path: '/v1/signing/abilities',
    summary:
      'What the caller could say about a model, use, version or finding, tried out and not recorded',
    query: z.strictObject({
      model: Name.optional(),
      use: Name.optional(),
      version: QueryVersion.optional(),
      finding: FindingId.optional(),
      campaign: z.string().max(64).optional(),
    }),
    reply: AbilitiesReply,
  }),
  papers: route({
    ...common,
    method: 'GET',
    path: '/v1/papers',
    summary:
      'The papers that people write about a model, with what is in force and what was carried forward',
    query: PaperQuery,
    reply: PapersReply,
  }),
  paperStart: route({
    ...common,
    method: 'GET',
    path: '/v1/papers/start',
    summary: 'How a paper begins: the words in force, or the form filled from records',
    query: PaperQuery.extend({ evidence: PaperEvidence, dataset: z.string().max(200).optional() }),
    reply: PaperStartReply,
  }),
} as const;
