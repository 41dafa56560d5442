// SPDX-License-Identifier: Apache-2.0
import type { Json } from '../json/parse.ts';
import { asArray, asNonEmpty, asObject, asOneOf, onlyKeys, optional } from '../records/shape.ts';
import { ASPECTS, type Aspect } from './materiality-changes.ts';

/** What is to be modified, why, and how (FDA, PCCP guidance of 18 August 2025, section V; fda-samd/pccp.1). */
export interface PlannedModification {
  readonly title: string;
  /** Aspects of the envelope that it moves. */
  readonly aspects: readonly Aspect[];
  readonly description: string;
  readonly reason: string;
  readonly automation: 'manual' | 'automatic';
  /** `local`: differently for single sites or users; `global`: alike for everybody. */
  readonly reach: 'global' | 'local';
  /** Parts of the protocol that prove it. */
  readonly protocol: readonly ProtocolPart[];
}

export const PROTOCOL_PARTS = ['data', 'retraining', 'evaluation', 'update'] as const;
export type ProtocolPart = (typeof PROTOCOL_PARTS)[number];

export const ASSESSMENT_PARTS = [
  'benefits',
  'risks',
  'mitigations',
  'combined',
  'otherFunctions',
] as const;
export type AssessmentPart = (typeof ASSESSMENT_PARTS)[number];

/**
 * The words of a predetermined change control plan beside the bounds of its envelope. Each part may be left out: the rendered
 * document prints what is not there as a gap. Texts are Markdown.
 */
export interface ChangeControlPlan {
  readonly modifications?: readonly PlannedModification[];
  readonly protocol?: { readonly [part in ProtocolPart]?: string };
  readonly assessment?: { readonly [part in AssessmentPart]?: string };
  /** What users are told. */
  readonly labelling?: string;
  readonly authorisation?: { readonly status: string; readonly reference?: string };
}

const PLAN_KEYS = ['modifications', 'protocol', 'assessment', 'labelling', 'authorisation'];

/** @throws KernelError `record_malformed` */
export function readChangeControlPlan(json: Json, path: string): ChangeControlPlan {
  const object = asObject(json, path);
  onlyKeys(object, PLAN_KEYS, path);
  const modifications = optional(object.modifications, `${path}.modifications`, (list, at) =>
    asArray(list, at, readModification),
  );
  const protocol = optional(object.protocol, `${path}.protocol`, (part, at) =>
    readTexts(part, at, PROTOCOL_PARTS),
  );
  const assessment = optional(object.assessment, `${path}.assessment`, (part, at) =>
    readTexts(part, at, ASSESSMENT_PARTS),
  );
  const labelling = optional(object.labelling, `${path}.labelling`, asNonEmpty);
  const authorisation = optional(object.authorisation, `${path}.authorisation`, readAuthorisation);
  return {
    ...(modifications === undefined ? {} : { modifications }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(assessment === undefined ? {} : { assessment }),
    ...(labelling === undefined ? {} : { labelling }),
    ...(authorisation === undefined ? {} : { authorisation }),
  };
}

function readModification(json: Json, path: string): PlannedModification {
  const object = asObject(json, path);
  const keys = ['title', 'aspects', 'description', 'reason', 'automation', 'reach', 'protocol'];
  onlyKeys(object, keys, path);
  return {
    title: asNonEmpty(object.title, `${path}.title`),
    aspects: asArray(object.aspects, `${path}.aspects`, (item, at) => asOneOf(item, ASPECTS, at)),
    description: asNonEmpty(object.description, `${path}.description`),
    reason: asNonEmpty(object.reason, `${path}.reason`),
    automation: asOneOf(object.automation, ['manual', 'automatic'] as const, `${path}.automation`),
    reach: asOneOf(object.reach, ['global', 'local'] as const, `${path}.reach`),
    protocol: asArray(object.protocol, `${path}.protocol`, (item, at) =>
      asOneOf(item, PROTOCOL_PARTS, at),
    ),
  };
}

function readTexts<Part extends string>(
  json: Json,
  path: string,
  parts: readonly Part[],
): { readonly [part in Part]?: string } {
  const object = asObject(json, path);
  onlyKeys(object, parts, path);
  const found = parts.flatMap((part) => {
    const text = optional(object[part], `${path}.${part}`, asNonEmpty);
    return text === undefined ? [] : [[part, text] as const];
  });
  return Object.fromEntries(found) as { readonly [part in Part]?: string };
}

function readAuthorisation(
  json: Json,
  path: string,
): NonNullable<ChangeControlPlan['authorisation']> {
  const object = asObject(json, path);
  onlyKeys(object, ['status', 'reference'], path);
  const reference = optional(object.reference, `${path}.reference`, asNonEmpty);
  return {
    status: asNonEmpty(object.status, `${path}.status`),
    ...(reference === undefined ? {} : { reference }),
  };
}
