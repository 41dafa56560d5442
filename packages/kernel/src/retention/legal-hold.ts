// SPDX-License-Identifier: Apache-2.0

import type { Json } from '../json/parse.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import {
  asDigest,
  asNonEmpty,
  asObject,
  asOneOf,
  malformed,
  onlyKeys,
  optional,
} from '../records/shape.ts';
import type { SubjectRef } from '../records/statement.ts';
import { isDecisionKind, REPRODUCTION_KINDS, type StoredThing } from './thing-kinds.ts';

export const LEGAL_HOLD_KIND = 'legal-hold';

/**
 * retention-rule of kind `legal-hold`: what a matter needs is kept until the hold is lifted. What is held stands in the
 * record's `subjectRef` (model, use, version, dataset); a decision or a data subject stands here.
 */
export interface LegalHoldContent {
  /** `LH-3`. */
  readonly id: string;
  readonly matter: string;
  readonly reason: string;
  readonly status: 'placed' | 'lifted';
  readonly decision?: string;
  /** HMAC of the data subject's key, as the gateways file decisions; never the key itself. */
  readonly subject?: string;
}

export interface LegalHold extends Omit<LegalHoldContent, 'status'> {
  readonly digest: string;
  readonly target: Pick<SubjectRef, 'model' | 'use' | 'version' | 'dataset'>;
  readonly placedBy: string;
  readonly placedAt: string;
  readonly lifted?: {
    readonly digest: string;
    readonly at: string;
    readonly by: string;
    readonly reason: string;
  };
}

const HOLD_ID = /^LH-[1-9]\d{0,8}$/;

/** @throws KernelError `record_malformed` naming the member */
export function readLegalHold(json: Json | undefined, path = 'content'): LegalHoldContent {
  const object = asObject(json, path);
  onlyKeys(object, ['id', 'matter', 'reason', 'status', 'decision', 'subject'], path);
  const id = asNonEmpty(object.id, `${path}.id`);
  if (!HOLD_ID.test(id)) throw malformed(`${path}.id`, 'a number like `LH-3`');
  const decision = optional(object.decision, `${path}.decision`, asNonEmpty);
  const subject = optional(object.subject, `${path}.subject`, asDigest);
  if (decision !== undefined && subject !== undefined)
    throw malformed(`${path}.subject`, 'absent where a decision is named: place two holds');
  return {
    id,
    matter: asNonEmpty(object.matter, `${path}.matter`),
    reason: asNonEmpty(object.reason, `${path}.reason`),
    status: asOneOf(object.status, ['placed', 'lifted'] as const, `${path}.status`),
    ...(decision === undefined ? {} : { decision }),
    ...(subject === undefined ? {} : { subject }),
  };
}

/** Every hold ever placed, in log order, lifted ones with who lifted them. */
export function legalHolds(set: RecordSet): readonly LegalHold[] {
  const all = recordsOfType(set, 'retention-rule').filter(
    ({ statement }) => statement.predicate.kind === LEGAL_HOLD_KIND,
  );
  const lifts = new Map(
    all.flatMap((record) => {
      const { supersedes, content } = record.statement.predicate;
      return supersedes !== undefined && content.status === 'lifted' ? [[supersedes, record]] : [];
    }),
  );
  return all.flatMap((record) => {
    const hold = placedHold(record);
    const lift = lifts.get(record.digest);
    if (hold === undefined) return [];
    return [lift === undefined ? hold : { ...hold, lifted: liftOf(lift) }];
  });
}

/** One that cannot be read holds nothing that can be named; the door refuses it (records/retention-rules of the server). */
function placedHold(record: CountedRecord): LegalHold | undefined {
  const { content, subjectRef, actor, supersedes } = record.statement.predicate;
  if (supersedes !== undefined) return undefined;
  try {
    const { status, ...read } = readLegalHold(content);
    const { model, use, version, dataset } = subjectRef;
    return {
      ...read,
      digest: record.digest,
      target: {
        ...(model === undefined ? {} : { model }),
        ...(use === undefined ? {} : { use }),
        ...(version === undefined ? {} : { version }),
        ...(dataset === undefined ? {} : { dataset }),
      },
      placedBy: actor,
      placedAt: record.loggedAt,
    };
  } catch {
    return undefined;
  }
}

function liftOf({ digest, loggedAt, statement: { predicate } }: CountedRecord) {
  return { digest, at: loggedAt, by: predicate.actor, reason: String(predicate.content.reason) };
}

/** The number that the next hold takes. */
export function nextHoldId(set: RecordSet): string {
  const numbers = legalHolds(set).map(({ id }) => Number(id.slice(3)));
  return `LH-${Math.max(0, ...numbers) + 1}`;
}

/** A hold with the versions that answered where it holds decisions: a decision without its model cannot be replayed. */
export interface HeldMatter {
  readonly hold: LegalHold;
  readonly versions: readonly { readonly model: string; readonly version: number }[];
}

/**
 * Whether a hold keeps a thing. What is unclear is held: bytes of the model that name no use or version, audit rows while
 * any matter is open.
 */
export function isHeld(thing: StoredThing, { hold, versions }: HeldMatter): boolean {
  if (hold.lifted !== undefined) return false;
  if (thing.kind === 'audit-rows') return true;
  if (hold.decision !== undefined || hold.subject !== undefined) {
    if (isDecisionKind(thing.kind))
      return hold.subject === undefined
        ? thing.id === hold.decision
        : thing.subject === hold.subject;
    return thing.references.some(
      ({ kind, model, version }) =>
        REPRODUCTION_KINDS.has(kind) &&
        versions.some((one) => one.model === model && (version ?? one.version) === one.version),
    );
  }
  const { model, use, version, dataset } = hold.target;
  return thing.references.some(
    (one) =>
      (model === undefined || one.model === model) &&
      (use === undefined || one.use === undefined || one.use === use) &&
      (version === undefined || one.version === undefined || one.version === version) &&
      (dataset === undefined || one.dataset === dataset),
  );
}
