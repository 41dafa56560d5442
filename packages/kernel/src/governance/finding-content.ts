// SPDX-License-Identifier: Apache-2.0

import type { Json } from '../json/parse.ts';
import type { FindingContent } from '../records/contents.ts';
import {
  asArray,
  asBoolean,
  asCount,
  asDigest,
  asNonEmpty,
  asObject,
  asOneOf,
  asTime,
  type JsonObject,
  malformed,
  onlyKeys,
  optional,
} from '../records/shape.ts';
import { isUtcTime } from '../time.ts';

export const FINDING_SOURCES = [
  'validation',
  'monitoring',
  'audit',
  'regulator',
  'self-identified',
  'incident',
] as const;
export type FindingSource = (typeof FINDING_SOURCES)[number];

export const FINDING_SEVERITIES = ['high', 'medium', 'low'] as const;
export type FindingSeverity = (typeof FINDING_SEVERITIES)[number];

export const FINDING_STATES = [
  'open',
  'responded',
  'extended',
  'accepted',
  'retest',
  'closed',
] as const;
export type FindingState = (typeof FINDING_STATES)[number];

const KEYS = [
  'id',
  'title',
  'source',
  'severity',
  'blocking',
  'status',
  'owner',
  'due',
  'description',
  'response',
  'respondedBy',
  'closure',
  'evidence',
  'condition',
  'extensions',
  'extension',
  'acceptance',
  'retest',
  'reopened',
];

/**
 * Reads a finding strictly, as the register wants it from now on; gates read older ones with `readFindingContent`.
 * @throws KernelError `record_malformed` naming the member
 */
export function readFindingRecord(content: JsonObject): FindingContent {
  onlyKeys(content, KEYS, 'content');
  const text = (name: string) => optional(content[name], `content.${name}`, asNonEmpty);
  const response = text('response');
  const respondedBy = text('respondedBy');
  const closure = text('closure');
  const reopened = text('reopened');
  const evidence = optional(content.evidence, 'content.evidence', digests);
  const condition = optional(content.condition, 'content.condition', asDigest);
  const extensions = optional(content.extensions, 'content.extensions', asCount);
  const extension = optional(content.extension, 'content.extension', readExtension);
  const acceptance = optional(content.acceptance, 'content.acceptance', readAcceptance);
  const retest = optional(content.retest, 'content.retest', readRetest);
  return {
    id: asNonEmpty(content.id, 'content.id'),
    title: asNonEmpty(content.title, 'content.title'),
    source: asOneOf(content.source, FINDING_SOURCES, 'content.source'),
    severity: asOneOf(content.severity, FINDING_SEVERITIES, 'content.severity'),
    blocking: asBoolean(content.blocking, 'content.blocking'),
    status: asOneOf(content.status, FINDING_STATES, 'content.status'),
    owner: asNonEmpty(content.owner, 'content.owner'),
    due: asDay(content.due, 'content.due'),
    description: asNonEmpty(content.description, 'content.description'),
    ...(response === undefined ? {} : { response }),
    ...(respondedBy === undefined ? {} : { respondedBy }),
    ...(closure === undefined ? {} : { closure }),
    ...(evidence === undefined ? {} : { evidence }),
    ...(condition === undefined ? {} : { condition }),
    ...(extensions === undefined ? {} : { extensions }),
    ...(extension === undefined ? {} : { extension }),
    ...(acceptance === undefined ? {} : { acceptance }),
    ...(retest === undefined ? {} : { retest }),
    ...(reopened === undefined ? {} : { reopened }),
  };
}

function digests(json: Json, path: string): readonly string[] {
  return asArray(json, path, asDigest);
}

/** A calendar day, `2026-12-31`, which lasts until its end in UTC, or a UTC time. */
export function asDay(json: Json | undefined, path: string): string {
  const text = asNonEmpty(json, path);
  if (endOfDay(text) === undefined) throw malformed(path, 'a day like `2026-12-31`');
  return text;
}

/** The last millisecond of a day, as a UTC time, or the UTC time itself; undefined for what is neither. */
export function endOfDay(day: string): string | undefined {
  if (isUtcTime(day)) return day;
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) return undefined;
  const end = new Date(`${day}T23:59:59.999Z`);
  return !Number.isNaN(end.getTime()) && end.toISOString().startsWith(day)
    ? end.toISOString()
    : undefined;
}

function readExtension(json: Json, path: string): NonNullable<FindingContent['extension']> {
  const object = asObject(json, path);
  onlyKeys(object, ['from', 'reason'], path);
  return {
    from: asDay(object.from, `${path}.from`),
    reason: asNonEmpty(object.reason, `${path}.reason`),
  };
}

export function readAcceptance(
  json: Json,
  path: string,
): NonNullable<FindingContent['acceptance']> {
  const object = asObject(json, path);
  onlyKeys(object, ['reason', 'compensating', 'expires'], path);
  return {
    reason: asNonEmpty(object.reason, `${path}.reason`),
    compensating: asNonEmpty(object.compensating, `${path}.compensating`),
    expires: asTime(object.expires, `${path}.expires`),
  };
}

function readRetest(json: Json, path: string): NonNullable<FindingContent['retest']> {
  const object = asObject(json, path);
  onlyKeys(object, ['outcome', 'note', 'evidence'], path);
  return {
    outcome: asOneOf(object.outcome, ['passed', 'failed'] as const, `${path}.outcome`),
    note: asNonEmpty(object.note, `${path}.note`),
    evidence: digests(object.evidence ?? null, `${path}.evidence`),
  };
}
