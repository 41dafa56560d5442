// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  checkParseSchema,
  type EntityJson,
  type EntityUidJson,
  policySetTextToParts,
  policyToJson,
  preparsePolicySet,
  type StatefulAuthorizationCall,
  statefulIsAuthorized,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs';
import type { Action } from '@countersign/contract';
import { type RecordType, ROLES, type Role } from '@countersign/kernel';
import { ServerError } from '../errors.ts';
import { isMeasured } from './measured-types.ts';

/** Who asks, with the roles that the key register gives at this moment. */
export interface Principal {
  readonly account: string;
  readonly roles: readonly Role[];
}

export type AccessQuestion =
  | { readonly action: 'records:write'; readonly recordType: RecordType }
  | { readonly action: 'jobs:run'; readonly job: string }
  | { readonly action: 'blobs:read'; readonly sealed: boolean }
  | { readonly action: Exclude<Action, 'records:write' | 'jobs:run' | 'blobs:read'> };

export type AccessAnswer =
  | { readonly allowed: true; readonly policy: string }
  | { readonly allowed: false; readonly reason: string };

/** The policies of policies/access.cedar, read and checked once. Answers in about 0.6 ms: never on a decision's way. */
export interface AccessPolicies {
  decide(principal: Principal, question: AccessQuestion): AccessAnswer;
}

const FOLDER = join(import.meta.dirname, '../../../../policies');

/** @throws ServerError `access_policies_invalid` for policies that do not parse or do not fit their schema */
export function loadAccessPolicies(folder: string = FOLDER): AccessPolicies {
  const text = readFileSync(join(folder, 'access.cedar'), 'utf8');
  const schema = readFileSync(join(folder, 'access.cedarschema'), 'utf8');
  const policies = namedPolicies(text);
  const staticPolicies = Object.fromEntries(policies.map(({ id, text: one }) => [id, one]));
  refuse(checkParseSchema(schema));
  const checked = validate({ schema, policies: { staticPolicies } });
  if (checked.type === 'failure') refuse(checked);
  else refuseFindings(checked.validationErrors);
  // Cedar keeps parsed sets by name for the whole process: another text has another name.
  const set = createHash('sha256').update(text).digest('hex');
  refuse(preparsePolicySet(set, { staticPolicies }));
  const reasons = new Map(policies.map(({ id, reason }) => [id, reason]));
  return { decide: (principal, question) => decide({ set, reasons }, principal, question) };
}

interface LoadedSet {
  readonly set: string;
  readonly reasons: ReadonlyMap<string, string>;
}

interface NamedPolicy {
  readonly id: string;
  readonly reason: string;
  readonly text: string;
}

function namedPolicies(text: string): readonly NamedPolicy[] {
  const parts = policySetTextToParts(text);
  if (parts.type === 'failure')
    throw invalid(parts.errors.map(({ message }) => message).join('; '));
  return parts.policies.map((one) => {
    const read = policyToJson(one);
    if (read.type === 'failure')
      throw invalid(read.errors.map(({ message }) => message).join('; '));
    const { id, reason } = read.json.annotations ?? {};
    if (typeof id !== 'string' || typeof reason !== 'string') {
      throw invalid(`a policy lacks @id or @reason: ${one.slice(0, 80)}`);
    }
    return { id, reason, text: one };
  });
}

function decide(loaded: LoadedSet, principal: Principal, question: AccessQuestion): AccessAnswer {
  const answer = ask(loaded.set, principal, question);
  if (answer.type === 'failure') {
    return {
      allowed: false,
      reason: `the access policies cannot be evaluated: ${answer.errors.map(({ message }) => message).join('; ')}`,
    };
  }
  const { decision, diagnostics } = answer.response;
  // Cedar skips a policy that errs, which would let a broken prohibition pass: here an error denies.
  const broken = diagnostics.errors[0];
  if (broken !== undefined) {
    return {
      allowed: false,
      reason: `access policy \`${broken.policyId}\` cannot be evaluated: ${broken.error.message}`,
    };
  }
  const deciding = diagnostics.reason[0];
  if (decision === 'allow') return { allowed: true, policy: deciding ?? '' };
  if (deciding !== undefined) {
    return {
      allowed: false,
      reason: `${loaded.reasons.get(deciding) ?? 'forbidden'} (policy \`${deciding}\`)`,
    };
  }
  return { allowed: false, reason: lackingRole(loaded.set, principal, question) };
}

/** No policy permits it: says who could. */
function lackingRole(set: string, principal: Principal, question: AccessQuestion): string {
  const able = ROLES.filter((role) => {
    const answer = ask(set, { account: principal.account, roles: [role] }, question);
    return answer.type === 'success' && answer.response.decision === 'allow';
  });
  const what = describe(question);
  const held = principal.roles.length === 0 ? 'no role' : `the role ${principal.roles.join(', ')}`;
  return able.length === 0
    ? `no role may ${what}`
    : `\`${principal.account}\` holds ${held}; to ${what} takes ${able.join(', ')}`;
}

function describe(question: AccessQuestion): string {
  if (question.action === 'records:write') return `record a \`${question.recordType}\``;
  if (question.action === 'jobs:run') return `start a \`${question.job}\` job`;
  return `do \`${question.action}\``;
}

function ask(set: string, principal: Principal, question: AccessQuestion) {
  const account = uid('Account', principal.account);
  const resource = resourceOf(question);
  const call: StatefulAuthorizationCall = {
    principal: account,
    action: uid('Action', question.action),
    resource: resource.uid,
    context: question.action === 'blobs:read' ? { sealed: question.sealed } : {},
    preparsedPolicySetId: set,
    entities: [
      { uid: account, attrs: {}, parents: principal.roles.map((role) => uid('Role', role)) },
      resource,
    ],
  };
  return statefulIsAuthorized(call);
}

type TypedUid = { readonly type: string; readonly id: string };

function uid(type: string, id: string): TypedUid {
  return { type: `Countersign::${type}`, id };
}

function resourceOf(question: AccessQuestion): EntityJson & { uid: TypedUid } {
  if (question.action === 'records:write') {
    const parents: EntityUidJson[] = isMeasured(question.recordType)
      ? [uid('RecordKind', 'measured')]
      : [];
    return { uid: uid('RecordType', question.recordType), attrs: {}, parents };
  }
  const of =
    question.action === 'jobs:run' ? uid('Job', question.job) : uid('Platform', 'platform');
  return { uid: of, attrs: {}, parents: [] };
}

type Answer = { readonly type: string; readonly errors?: readonly { readonly message: string }[] };

function refuse(answer: Answer): void {
  if (answer.type !== 'success') {
    throw invalid((answer.errors ?? []).map(({ message }) => message).join('; '));
  }
}

function refuseFindings(
  findings: readonly { readonly policyId: string; readonly error: { readonly message: string } }[],
): void {
  const first = findings[0];
  if (first !== undefined) throw invalid(`policy \`${first.policyId}\`: ${first.error.message}`);
}

function invalid(reason: string): ServerError {
  return new ServerError(
    'access_policies_invalid',
    `policies/access.cedar cannot be used: ${reason}`,
  );
}
