// SPDX-License-Identifier: Apache-2.0
import { supersededDigests } from '../evidence/evidence-items.ts';
import { accountOf, actsAs, keyStanding } from '../identity/key-register.ts';
import { ROLES, type Role } from '../identity/roles.ts';
import type { Json } from '../json/parse.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import {
  asArray,
  asNonEmpty,
  asObject,
  asOneOf,
  asTime,
  malformed,
  onlyKeys,
  optional,
} from '../records/shape.ts';
import { type Approval, readApprovalContent } from './change-request.ts';
import { checkHead, HEAD_KEYS } from './committee-decision.ts';
import type { GateFacts } from './facts.ts';
import { conflictOf } from './separation-of-duties.ts';

/** Who stands in for whom, in which role and for how long (`policy-document` of kind `deputies`, member `deputies`). */
export interface Deputation {
  readonly deputy: string;
  readonly for: string;
  readonly role: Role;
  readonly from: string;
  readonly until: string;
  /** Of one model only; of all without it. */
  readonly model?: string;
}

/** A longer absence is a vacancy: the role is given to somebody by a key. */
const DEPUTY_DAYS_MAX = 90;
const DAY_MS = 86_400_000;

/** @throws KernelError `record_malformed` naming the member */
export function readDeputies(json: Json | undefined, path = 'deputies'): readonly Deputation[] {
  const object = asObject(json, path);
  onlyKeys(object, [...HEAD_KEYS, 'deputations'], path);
  checkHead(object, path);
  return asArray(object.deputations, `${path}.deputations`, readDeputation);
}

function readDeputation(json: Json, path: string): Deputation {
  const object = asObject(json, path);
  onlyKeys(object, ['deputy', 'for', 'role', 'from', 'until', 'model'], path);
  const model = optional(object.model, `${path}.model`, asNonEmpty);
  const deputation: Deputation = {
    deputy: asNonEmpty(object.deputy, `${path}.deputy`),
    for: asNonEmpty(object.for, `${path}.for`),
    role: asOneOf(object.role, ROLES, `${path}.role`),
    from: asTime(object.from, `${path}.from`),
    until: asTime(object.until, `${path}.until`),
    ...(model === undefined ? {} : { model }),
  };
  const days = (Date.parse(deputation.until) - Date.parse(deputation.from)) / DAY_MS;
  if (deputation.deputy === deputation.for) throw malformed(`${path}.deputy`, 'somebody else');
  if (days <= 0 || days > DEPUTY_DAYS_MAX) {
    throw malformed(`${path}.until`, `after \`from\`, by ${DEPUTY_DAYS_MAX} days at most`);
  }
  return deputation;
}

interface SignedDeputation extends Deputation {
  readonly record: CountedRecord;
}

/** Deputations of records that were not superseded. One that the deputy signed, and one that cannot be read, is left out. */
export function deputationsOf(set: RecordSet): readonly SignedDeputation[] {
  const superseded = supersededDigests(set);
  return recordsOfType(set, 'policy-document')
    .filter(
      ({ digest, statement }) => statement.predicate.kind === 'deputies' && !superseded.has(digest),
    )
    .flatMap((record) => {
      const signers = record.signers.map(accountOf);
      return readable(record)
        .filter(({ deputy }) => !signers.includes(deputy))
        .map((one) => ({ ...one, record }));
    });
}

function readable(record: CountedRecord): readonly Deputation[] {
  try {
    return readDeputies(record.statement.predicate.content.deputies);
  } catch {
    return []; // it appoints nobody
  }
}

/** Whether an account stood in for another at a time, before the log held anything later than `index`. */
function standsIn(
  set: RecordSet,
  who: { readonly deputy: string; readonly for: string; readonly role: Role },
  at: { readonly time: string; readonly index: number; readonly model: string },
): boolean {
  return deputationsOf(set).some(
    (one) =>
      one.record.index < at.index &&
      one.deputy === who.deputy &&
      one.for === who.for &&
      one.role === who.role &&
      (one.model === undefined || one.model === at.model) &&
      one.from <= at.time &&
      at.time < one.until,
  );
}

/**
 * Why an approval given as a deputy does not count, or undefined. The deputy needs a key of their own, not the role; whoever
 * they stand in for must hold it, and neither may have a conflict. Nobody deputises for a counterpart: who has a judgement
 * of their own on the request gives no second one, and none is given twice for the same person.
 */
export function deputyRefusal(
  facts: GateFacts,
  at: { readonly record: CountedRecord; readonly approval: Approval; readonly principal: string },
): string | undefined {
  const { record, approval, principal } = at;
  const { set, context } = facts;
  const { actor } = record.statement.predicate;
  const { role } = approval;
  const who = { deputy: actor, for: principal, role };
  const when = { time: record.loggedAt, index: record.index, model: context.model };
  if (!standsIn(set, who, when)) {
    return `no deputation lets \`${actor}\` stand in for \`${principal}\` as ${role}`;
  }
  const holdsIt = [...set.register.values()].some(
    (key) =>
      accountOf(key) === principal &&
      actsAs(key, role, context.model) &&
      ['in force', 'suspended'].includes(keyStanding(key, record.loggedAt)),
  );
  if (!holdsIt) return `\`${principal}\` does not hold the role ${role}`;
  const conflict = conflictOf(set, facts.duties, { account: principal, role });
  if (conflict !== undefined) return `a deputy has no more rights: ${conflict}`;
  const own = otherJudgements(facts, record).find(
    ({ account, isDeputy }) => account === principal || (account === actor && !isDeputy),
  );
  if (own === undefined) return undefined;
  return own.account === principal
    ? `\`${principal}\` has signed on this request: nobody stands in beside them`
    : `\`${actor}\` has signed as ${own.role} on this request: nobody deputises for a counterpart`;
}

/** Who else gave a judgement on the request, as themselves or as a deputy. */
function otherJudgements(facts: GateFacts, record: CountedRecord) {
  return recordsOfType(facts.set, 'approval-record').flatMap((other) => {
    if (other.digest === record.digest) return [];
    try {
      const { changeRequest, role, asDeputyOf } = readApprovalContent(
        other.statement.predicate.content,
      );
      if (changeRequest !== facts.record.digest) return [];
      const account = other.statement.predicate.actor;
      return [{ account, role, isDeputy: asDeputyOf !== undefined }];
    } catch {
      return []; // what cannot be read judges nothing
    }
  });
}
