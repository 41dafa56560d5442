// SPDX-License-Identifier: Apache-2.0
import { fromBase64 } from '../bytes.ts';
import { type Envelope, PAYLOAD_TYPE_STATEMENT } from '../dsse.ts';
import { KernelError } from '../errors.ts';
import { assertRecordJson, canonicalBytes } from '../json/canonical.ts';
import { type Json, parseStrictJson } from '../json/parse.ts';
import { type Primitives, sha256Hex } from '../primitives.ts';
import { isRecordType, type RecordType } from './record-type.ts';
import {
  asArray,
  asCount,
  asDigest,
  asNonEmpty,
  asObject,
  asOneOf,
  asString,
  asTime,
  type JsonObject,
  malformed,
  onlyKeys,
  optional,
} from './shape.ts';

/** in-toto Attestation Framework, Statement v1. */
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const PREDICATE_PREFIX = 'https://countersign.dev/predicate/';
const PREDICATE_VERSION = '/v1';

export const SCOPES = ['firm', 'model', 'use', 'dataset', 'feature', 'version'] as const;
export type Scope = (typeof SCOPES)[number];

export const PRODUCERS = [
  'pipeline',
  'validation',
  'human',
  'monitoring',
  'registry',
  'serving',
  'platform',
] as const;
export type Producer = (typeof PRODUCERS)[number];

/** What a record is about. `model` is absent only for records of the firm itself. */
export interface SubjectRef {
  readonly workspace: string;
  readonly model?: string;
  readonly use?: string;
  readonly version?: number;
  /** Digest of the canonical artefact manifest of the version. */
  readonly artifactDigest?: string;
  readonly dataset?: string;
}

export interface ResourceDescriptor {
  readonly name: string;
  readonly digest: { readonly sha256: string };
}

/**
 * The predicate of every record (frameworks.md, section 13, whose payload "Shape" is `content`).
 * `source` names the records it rests on; `blobs` names bytes outside the log it commits to.
 * `founding` binds it to one firm, so that nothing is replayed in another; only the founding record has none.
 */
export interface Predicate {
  readonly type: RecordType;
  readonly kind?: string;
  readonly scope: Scope;
  readonly subjectRef: SubjectRef;
  readonly producer: Producer;
  /** Account id of who acted, or `service:<name>`. */
  readonly actor: string;
  readonly claimedAt: string;
  readonly effectiveAt?: string;
  readonly basis?: 'measured' | 'declared';
  readonly source: readonly string[];
  readonly blobs?: readonly string[];
  readonly packVersions?: readonly string[];
  readonly supersedes?: string;
  readonly founding?: string;
  readonly content: JsonObject;
}

export interface Statement {
  readonly subject: readonly ResourceDescriptor[];
  readonly predicate: Predicate;
}

/** A record as it arrived: its name is the SHA-256 of its payload bytes. */
export interface SignedRecord {
  readonly digest: string;
  readonly envelope: Envelope;
  readonly statement: Statement;
}

export function predicateTypeOf(type: RecordType): string {
  return `${PREDICATE_PREFIX}${type}${PREDICATE_VERSION}`;
}

/** Payload bytes of a statement: RFC 8785 canonical JSON without binary floats. */
export function statementBytes(statement: Statement): Uint8Array {
  const json = {
    _type: STATEMENT_TYPE,
    subject: statement.subject,
    predicateType: predicateTypeOf(statement.predicate.type),
    predicate: statement.predicate,
  } as unknown as Json; // interfaces of readonly members are JSON, which TypeScript cannot see
  assertRecordJson(json);
  return canonicalBytes(json);
}

/** The default subject of a record without bytes of its own: the digest of its canonical `subjectRef`. */
export function subjectOf(p: Primitives, ref: SubjectRef): ResourceDescriptor {
  const parts = [ref.workspace, ref.model, ref.use].filter((part) => part !== undefined);
  const name = parts.join('/') + (ref.version === undefined ? '' : `@${ref.version}`);
  const digest = ref.artifactDigest ?? sha256Hex(p, canonicalBytes(ref as unknown as Json));
  return { name, digest: { sha256: digest } };
}

/**
 * Reads an envelope into a record. Signatures are not checked here: see `verifyRecords`.
 * @throws KernelError `record_malformed` naming the path, or a JSON error with line and column
 */
export function readRecord(p: Primitives, envelope: Envelope): SignedRecord {
  if (envelope.payloadType !== PAYLOAD_TYPE_STATEMENT) {
    throw malformed('payloadType', `\`${PAYLOAD_TYPE_STATEMENT}\``);
  }
  const payload = fromBase64(envelope.payload);
  const json = parseStrictJson(payload);
  assertRecordJson(json);
  const statement = readStatement(json);
  if (!sameBytes(canonicalBytes(json), payload)) {
    throw new KernelError(
      'record_not_canonical',
      'the payload is not in RFC 8785 canonical form; serialise it with `canonicalBytes`',
    );
  }
  return { digest: sha256Hex(p, payload), envelope, statement };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

export function readStatement(json: Json): Statement {
  const root = asObject(json, 'statement');
  onlyKeys(root, ['_type', 'subject', 'predicateType', 'predicate'], 'statement');
  if (root._type !== STATEMENT_TYPE) throw malformed('_type', `\`${STATEMENT_TYPE}\``);
  const predicate = readPredicate(root.predicate);
  if (root.predicateType !== predicateTypeOf(predicate.type)) {
    throw malformed('predicateType', `\`${predicateTypeOf(predicate.type)}\``);
  }
  const subject = asArray(root.subject, 'subject', readDescriptor);
  if (subject.length === 0) throw malformed('subject', 'a list of at least one resource');
  return { subject, predicate };
}

function readDescriptor(json: Json, path: string): ResourceDescriptor {
  const object = asObject(json, path);
  onlyKeys(object, ['name', 'digest'], path);
  const digest = asObject(object.digest, `${path}.digest`);
  onlyKeys(digest, ['sha256'], `${path}.digest`);
  return {
    name: asString(object.name, `${path}.name`),
    digest: { sha256: asDigest(digest.sha256, `${path}.digest.sha256`) },
  };
}

const PREDICATE_KEYS = [
  'type',
  'kind',
  'scope',
  'subjectRef',
  'producer',
  'actor',
  'claimedAt',
  'effectiveAt',
  'basis',
  'source',
  'blobs',
  'packVersions',
  'supersedes',
  'founding',
  'content',
];

function readPredicate(json: Json | undefined): Predicate {
  const at = 'predicate';
  const object = asObject(json, at);
  onlyKeys(object, PREDICATE_KEYS, at);
  const type = asString(object.type, `${at}.type`);
  if (!isRecordType(type)) throw malformed(`${at}.type`, 'a known record type');
  if (type !== 'founding' && object.founding === undefined) {
    throw malformed(`${at}.founding`, 'the digest of the founding record');
  }
  const kind = optional(object.kind, `${at}.kind`, asNonEmpty);
  const effectiveAt = optional(object.effectiveAt, `${at}.effectiveAt`, asTime);
  const basis = optional(object.basis, `${at}.basis`, (value, path) =>
    asOneOf(value, ['measured', 'declared'] as const, path),
  );
  const blobs = optional(object.blobs, `${at}.blobs`, digests);
  const packVersions = optional(object.packVersions, `${at}.packVersions`, digests);
  const supersedes = optional(object.supersedes, `${at}.supersedes`, asDigest);
  const founding = optional(object.founding, `${at}.founding`, asDigest);
  return {
    type,
    scope: asOneOf(object.scope, SCOPES, `${at}.scope`),
    subjectRef: readSubjectRef(object.subjectRef, `${at}.subjectRef`),
    producer: asOneOf(object.producer, PRODUCERS, `${at}.producer`),
    actor: asNonEmpty(object.actor, `${at}.actor`),
    claimedAt: asTime(object.claimedAt, `${at}.claimedAt`),
    source: digests(object.source ?? null, `${at}.source`),
    content: asObject(object.content, `${at}.content`),
    ...(kind === undefined ? {} : { kind }),
    ...(effectiveAt === undefined ? {} : { effectiveAt }),
    ...(basis === undefined ? {} : { basis }),
    ...(blobs === undefined ? {} : { blobs }),
    ...(packVersions === undefined ? {} : { packVersions }),
    ...(supersedes === undefined ? {} : { supersedes }),
    ...(founding === undefined ? {} : { founding }),
  };
}

function digests(value: Json, path: string): readonly string[] {
  return asArray(value, path, asDigest);
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,127}$/;

function asName(value: Json, path: string): string {
  const text = asString(value, path);
  if (!NAME.test(text)) {
    throw malformed(path, 'a name of lower-case letters, digits, `.`, `_` and `-`, 128 at most');
  }
  return text;
}

export function readSubjectRef(json: Json | undefined, path: string): SubjectRef {
  const object = asObject(json, path);
  onlyKeys(object, ['workspace', 'model', 'use', 'version', 'artifactDigest', 'dataset'], path);
  const model = optional(object.model, `${path}.model`, asName);
  const use = optional(object.use, `${path}.use`, asName);
  const version = optional(object.version, `${path}.version`, asCount);
  const artifactDigest = optional(object.artifactDigest, `${path}.artifactDigest`, asDigest);
  const dataset = optional(object.dataset, `${path}.dataset`, asNonEmpty);
  return {
    workspace: asName(object.workspace ?? null, `${path}.workspace`),
    ...(model === undefined ? {} : { model }),
    ...(use === undefined ? {} : { use }),
    ...(version === undefined ? {} : { version }),
    ...(artifactDigest === undefined ? {} : { artifactDigest }),
    ...(dataset === undefined ? {} : { dataset }),
  };
}
