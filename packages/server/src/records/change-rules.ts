// SPDX-License-Identifier: Apache-2.0
import {
  type Approval,
  actsAs,
  approvalConflict,
  conflictOf,
  deputationsOf,
  dutiesOf,
  holdsRole,
  newestPolicyDocument,
  originOfVersion,
  type Predicate,
  type RecordSet,
  RULES_VERSION,
  readApprovalContent,
  readChangeRequest,
  readExceptionContent,
  readPolicy,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { type Arrival, conflicted, including, refused, versionOf } from './arrival.ts';
import { checkRelief, isRelief } from './relief-rules.ts';

export async function checkApproval(
  context: ServerContext,
  { record, signers, sender }: Arrival,
): Promise<void> {
  const { predicate, subject } = record.statement;
  const approval = readApprovalContent(predicate.content);
  if (subject[0]?.digest.sha256 !== approval.changeRequest) {
    throw refused(record, 'its subject is not the change request it names', 'subject');
  }
  const set = await including(context, record, [approval.changeRequest]);
  const now = context.now();
  const who = { account: predicate.actor, role: approval.role };
  const conflict = approvalConflict(set, approval.changeRequest, { ...who, now });
  if (conflict !== undefined) throw conflicted(record, conflict);
  const signer = signers.find(
    ({ account, key }) =>
      account === who.account &&
      (approval.asDeputyOf !== undefined || actsAs(key, who.role, predicate.subjectRef.model)),
  );
  if (signer === undefined) {
    throw refused(
      record,
      `\`${who.account}\` did not sign it with a key in the role ${who.role}`,
      'content.role',
    );
  }
  refuseUnfounded(context, set, record, approval);
  // 21 CFR 11.50(a)(1): the printed name of the signer; it is taken from the account, not chosen at each signing.
  if (sender.account === who.account && approval.printedName !== sender.printedName) {
    throw refused(
      record,
      `the printed name of \`${who.account}\` is \`${sender.printedName}\``,
      'content.printedName',
    );
  }
}

/** What the kernel would count for nothing is refused before it is recorded: who signed would else believe that it counts. */
function refuseUnfounded(
  context: ServerContext,
  set: RecordSet,
  record: Arrival['record'],
  { role, asDeputyOf, committee }: Approval,
): void {
  const { actor, blobs = [] } = record.statement.predicate;
  const now = context.now();
  const standsIn = deputationsOf(set).some(
    (one) =>
      one.deputy === actor &&
      one.for === asDeputyOf &&
      one.role === role &&
      one.from <= now &&
      now < one.until,
  );
  if (asDeputyOf !== undefined && !standsIn) {
    const reason = `no deputation lets \`${actor}\` stand in for \`${asDeputyOf}\` as ${role} now`;
    throw refused(record, reason, 'content.asDeputyOf');
  }
  if (committee !== undefined && !blobs.includes(committee.minutes)) {
    throw refused(record, 'the minutes are not among its blobs', 'content.committee.minutes');
  }
}

export async function checkChangeRequest(
  context: ServerContext,
  { record }: Arrival,
): Promise<void> {
  const { predicate } = record.statement;
  const request = readChangeRequest(predicate.content);
  if (request.rulesVersion !== RULES_VERSION) {
    throw refused(
      record,
      `new requests pin rules version ${RULES_VERSION}`,
      'content.rulesVersion',
    );
  }
  const named = [request.run, request.spec, request.policy, ...request.packs, ...request.evidence];
  const set = await including(context, record, [...new Set(named)]);
  const version = versionOf(set, record);
  if (version.artifactDigest !== request.artifactDigest) {
    throw refused(record, 'it is for other bytes than the version has', 'content.artifactDigest');
  }
  const run = set.byDigest.get(request.run)?.statement.predicate;
  const isBuilt = originOfVersion(set, version) === 'built';
  if (!isBuilt && run?.type !== 'run-request') {
    throw refused(record, 'it names no request at which the version was registered', 'content.run');
  }
  if (isBuilt) refuseOtherRun(record, run, version.version);
  if (set.byDigest.get(request.policy)?.statement.predicate.kind !== 'promotion-policy') {
    throw refused(record, 'the policy it names is not in force', 'content.policy');
  }
}

function refuseOtherRun(
  record: Arrival['record'],
  run: Predicate | undefined,
  version: number,
): void {
  if (run?.type !== 'training-run' || run.subjectRef.version !== version) {
    throw refused(record, "the run it names is not the version's", 'content.run');
  }
  if (run.content.promotable !== true) {
    throw refused(
      record,
      'the version comes from a draft run; run it on the platform with `countersign run --remote`',
      'content.run',
    );
  }
}

export async function checkException(context: ServerContext, arrival: Arrival): Promise<void> {
  const { record, signers } = arrival;
  if (isRelief(record.statement.predicate)) return checkRelief(context, arrival);
  const exception = readExceptionContent(record.statement.predicate.content);
  const set = await context.records.current();
  const version = versionOf(set, record);
  const rule = exceptionRule(set, exception.condition);
  if (rule === undefined) {
    throw refused(
      record,
      `the promotion policy in force allows no exception from \`${exception.condition}\``,
      'content.condition',
    );
  }
  if (record.statement.predicate.subjectRef.artifactDigest !== version.artifactDigest) {
    throw refused(
      record,
      'it is for other bytes than the version has',
      'subjectRef.artifactDigest',
    );
  }
  const days = (Date.parse(exception.expires) - Date.parse(context.now())) / 86_400_000;
  if (days <= 0 || days > rule.daysMax) {
    throw refused(record, `it must expire within ${rule.daysMax} days`, 'content.expires');
  }
  const duties = dutiesOf(set, version);
  for (const { account, key } of signers) {
    for (const role of rule.signers.filter((one) => holdsRole(key, one))) {
      const conflict = conflictOf(set, duties, { account, role });
      if (conflict !== undefined) throw conflicted(record, conflict);
    }
  }
}

/** The rule for exceptions from a condition in the newest promotion policy that counts. */
export function exceptionRule(set: RecordSet, condition: string) {
  const newest = newestPolicyDocument(set, 'promotion-policy');
  if (newest === undefined) return undefined;
  const policy = readPolicy(newest.statement.predicate.content.policy, 'content.policy');
  return policy.exceptions.find((one) => one.condition === condition);
}
