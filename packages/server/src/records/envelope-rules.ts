// SPDX-License-Identifier: Apache-2.0
import {
  accountOf,
  actsAs,
  ENVELOPE_KIND,
  envelopeApprovals,
  envelopeDuties,
  newestPolicyDocument,
  type RecordSet,
  type Role,
  readEnvelope,
  readPolicy,
  readTier,
  type SignedRecord,
  versionContext,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { type Arrival, refused } from './arrival.ts';
import type { IngestSigner } from './check-signatures.ts';

/** An envelope must say everything that bounds it, for a registered version of the use it names. */
export async function checkChangePlan(context: ServerContext, { record }: Arrival): Promise<void> {
  const { kind, content, subjectRef } = record.statement.predicate;
  if (kind !== ENVELOPE_KIND) return;
  const { version } = readEnvelope(content);
  const { workspace, model, use } = subjectRef;
  if (model === undefined || use === undefined) {
    throw refused(record, 'an envelope is for one use of one model', 'predicate.subjectRef');
  }
  const set = await context.records.current();
  const found = versionContext(set, { workspace, model, use, version });
  if (!found.ok) throw refused(record, found.reason, 'content.version');
}

/** It waits for everybody whom a material change of the use takes, as policy says where; the kernel judges who may stand for what. */
export function lackingForEnvelope(
  set: RecordSet,
  record: SignedRecord,
  signers: readonly IngestSigner[],
): string | undefined {
  const { model } = record.statement.predicate.subjectRef;
  const roles = rolesOfEnvelope(set, record);
  const accounts = new Set(signers.map(({ key }) => accountOf(key)));
  const lacking = roles.filter((role) => !signers.some(({ key }) => actsAs(key, role, model)));
  if (lacking.length > 0) return `a signature by ${lacking.join(' and by ')}`;
  return accounts.size < roles.length
    ? `${roles.length} persons' signatures for ${roles.join(', ')}`
    : undefined;
}

function rolesOfEnvelope(set: RecordSet, record: SignedRecord): readonly Role[] {
  const { content, subjectRef } = record.statement.predicate;
  const { workspace, model, use } = subjectRef;
  const policy = newestPolicyDocument(set, 'promotion-policy');
  if (policy === undefined || model === undefined || use === undefined) return [];
  const { version } = readEnvelope(content);
  const found = versionContext(set, { workspace, model, use, version });
  const tier = found.ok ? readTier(set, found.context) : undefined;
  if (tier === undefined) return [];
  const rules = readPolicy(policy.statement.predicate.content.policy, 'content.policy');
  return envelopeDuties(envelopeApprovals(rules, tier)).map(({ role }) => role);
}
