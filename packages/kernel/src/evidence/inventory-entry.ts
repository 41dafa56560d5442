// SPDX-License-Identifier: Apache-2.0
import { parseDecimal } from '../decimal.ts';
import type { Json } from '../json/parse.ts';
import type {
  EvidenceAttachmentContent,
  InventoryEntryContent,
  ModelKind,
  ModelLink,
  ModelLocation,
  UseTerms,
} from '../records/contents.ts';
import {
  asArray,
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
import { EVIDENCE_IDS } from './evidence-ids.ts';

export const MODEL_KINDS = [
  'statistical',
  'machine-learning',
  'vendor-score',
  'scorecard',
  'spreadsheet',
  'sas',
  'r',
  'pmml',
  'expert',
  'rule',
] as const satisfies readonly ModelKind[];

export const LINK_TYPES = ['feeds', 'shares-data', 'shares-assumption'] as const;
const LOCATIONS = ['document', 'file', 'endpoint'] as const;

/** What an inventory entry says beside the members that it always had. */
export type InventoryFacts = Omit<
  InventoryEntryContent,
  'name' | 'purpose' | 'owner' | 'developer' | 'origin' | 'businessLine' | 'jurisdictions' | 'uses'
>;

const ENTRY_KEYS = [
  'name',
  'purpose',
  'owner',
  'developer',
  'origin',
  'businessLine',
  'jurisdictions',
  'uses',
  'kind',
  'vendor',
  'location',
  'exposure',
  'inUseSince',
  'links',
  'assumptions',
  'sources',
  'useTerms',
];

/**
 * Reads the optional part of an inventory entry strictly; the older members are read leniently elsewhere, since entries
 * that say less are in logs already. @throws KernelError `record_malformed` naming the member
 */
export function readInventoryFacts(content: JsonObject): InventoryFacts {
  onlyKeys(content, ENTRY_KEYS, 'content');
  const facts = {
    kind: optional(content.kind, 'content.kind', (json, path) => asOneOf(json, MODEL_KINDS, path)),
    vendor: optional(content.vendor, 'content.vendor', asNonEmpty),
    location: optional(content.location, 'content.location', readLocations),
    exposure: optional(content.exposure, 'content.exposure', readExposure),
    inUseSince: optional(content.inUseSince, 'content.inUseSince', asDay),
    links: optional(content.links, 'content.links', (json, path) => asArray(json, path, readLink)),
    assumptions: optional(content.assumptions, 'content.assumptions', readTags),
    sources: optional(content.sources, 'content.sources', readTags),
    useTerms: optional(content.useTerms, 'content.useTerms', (json, path) =>
      asArray(json, path, readUseTerms),
    ),
  };
  return given(facts);
}

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the members that nobody gave: a record has a member or has none. */
function given<T extends object>(members: T): Given<T> {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Given<T>; // the same keys, less those without a value
}

export function readLocations(json: Json, path: string): readonly ModelLocation[] {
  return asArray(json, path, (item, at) => {
    const object = asObject(item, at);
    onlyKeys(object, ['what', 'name', 'digest'], at);
    const digest = optional(object.digest, `${at}.digest`, asDigest);
    return {
      what: asOneOf(object.what, LOCATIONS, `${at}.what`),
      name: asNonEmpty(object.name, `${at}.name`),
      ...(digest === undefined ? {} : { digest }),
    };
  });
}

function readExposure(json: Json, path: string): NonNullable<InventoryEntryContent['exposure']> {
  const object = asObject(json, path);
  onlyKeys(object, ['amount', 'currency', 'asOf'], path);
  const amount = asNonEmpty(object.amount, `${path}.amount`);
  parseDecimal(amount);
  const currency = asNonEmpty(object.currency, `${path}.currency`);
  if (!/^[A-Z]{3}$/.test(currency)) throw malformed(`${path}.currency`, 'a code of ISO 4217');
  const asOf = optional(object.asOf, `${path}.asOf`, asDay);
  return { amount, currency, ...(asOf === undefined ? {} : { asOf }) };
}

function readLink(json: Json, path: string): ModelLink {
  const object = asObject(json, path);
  onlyKeys(object, ['type', 'model', 'note'], path);
  const note = optional(object.note, `${path}.note`, asNonEmpty);
  return {
    type: asOneOf(object.type, LINK_TYPES, `${path}.type`),
    model: asNonEmpty(object.model, `${path}.model`),
    ...(note === undefined ? {} : { note }),
  };
}

function readUseTerms(json: Json, path: string): UseTerms {
  const object = asObject(json, path);
  onlyKeys(object, ['use', 'owner', 'population', 'limits'], path);
  const use = asNonEmpty(object.use, `${path}.use`);
  const terms = {
    owner: optional(object.owner, `${path}.owner`, asNonEmpty),
    population: optional(object.population, `${path}.population`, asNonEmpty),
    limits: optional(object.limits, `${path}.limits`, asNonEmpty),
  };
  return { use, ...given(terms) };
}

function readTags(json: Json, path: string): readonly string[] {
  const tags = asArray(json, path, asNonEmpty);
  const twice = tags.find((tag, index) => tags.indexOf(tag) !== index);
  if (twice !== undefined) throw malformed(path, `a list without \`${twice}\` twice`);
  return tags;
}

function asDay(json: Json | undefined, path: string): string {
  const text = asNonEmpty(json, path);
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text) && isSameDay(text);
  if (!isDay) throw malformed(path, 'a day like `2019-04-01`');
  return text;
}

/** `2026-02-30` parses as a day in March. */
function isSameDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00.000Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/**
 * Evidence that nobody attaches: what the platform registers, what is an act of its own, and what the gates read of a
 * person in a duty.
 */
const NEVER_ATTACHED: ReadonlySet<string> = new Set([
  'model-artifact',
  'model-spec',
  'training-run',
  'inventory-entry',
  'risk-tier',
  'scope-determination',
  'role-assignment',
  'policy-document',
  'validation-report',
  'finding',
  'change-record',
  'approval-record',
  'e-signature',
  'sod-check',
  'exception-record',
  'deployment-record',
  'decision-log',
]);

/** Evidence ids under which a file may be attached. */
export const ATTACHABLE: readonly string[] = EVIDENCE_IDS.filter((id) => !NEVER_ATTACHED.has(id));

/** @throws KernelError `record_malformed` naming the member */
export function readAttachmentContent(content: JsonObject): EvidenceAttachmentContent {
  onlyKeys(
    content,
    ['evidence', 'kind', 'title', 'file', 'madeBy', 'statement', 'expires'],
    'content',
  );
  const file = asObject(content.file, 'content.file');
  onlyKeys(file, ['name', 'digest', 'size', 'mediaType'], 'content.file');
  const extras = {
    kind: optional(content.kind, 'content.kind', asNonEmpty),
    madeBy: optional(content.madeBy, 'content.madeBy', asNonEmpty),
    expires: optional(content.expires, 'content.expires', asTime),
  };
  return {
    evidence: asOneOf(content.evidence, ATTACHABLE, 'content.evidence'),
    title: asNonEmpty(content.title, 'content.title'),
    file: {
      name: asNonEmpty(file.name, 'content.file.name'),
      digest: asDigest(file.digest, 'content.file.digest'),
      size: asCount(file.size, 'content.file.size'),
      mediaType: asNonEmpty(file.mediaType, 'content.file.mediaType'),
    },
    statement: asNonEmpty(content.statement, 'content.statement'),
    ...given(extras),
  };
}
