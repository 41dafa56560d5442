// SPDX-License-Identifier: Apache-2.0
import {
  conflictOf,
  dutiesOf,
  holdsRole,
  newestPolicyDocument,
  type Policy,
  type Predicate,
  type RecordSet,
  type Role,
  readPolicy,
  readProvisionalContent,
  readTier,
  readWaiverContent,
  whenHolds,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { type Arrival, conflicted, refused, versionOf } from './arrival.ts';

interface Relief {
  readonly roles: readonly Role[];
  readonly daysMax: number;
}

/** Whether a record excuses by rules of its own, and not as an exception from an inconclusive condition. */
export function isRelief({ type, kind }: Predicate): boolean {
  return type === 'exception-record' && (kind === 'waiver' || kind === 'provisional');
}

/** Who signs a waiver or a provisional use together, and for how long, under the newest policy; undefined: nobody. */
export function reliefRule(set: RecordSet, predicate: Predicate): Relief | undefined {
  const policy = newestPolicy(set);
  if (policy === undefined) return undefined;
  if (predicate.kind === 'provisional') {
    const { provisional } = policy;
    return provisional && { roles: provisional.signers, daysMax: provisional.daysMax };
  }
  const { evidence, condition } = predicate.content;
  const { workspace, model, use } = predicate.subjectRef;
  if (model === undefined || use === undefined) return undefined;
  const context = { workspace, model, use, version: predicate.subjectRef.version ?? LATER };
  const tier = readTier(set, { ...context, artifactDigest: '', registeredAt: 0, registeredOn: '' });
  const rule = (policy.waivable ?? []).find(
    (one) =>
      (evidence === undefined ? one.condition === condition : one.evidence === evidence) &&
      tier !== undefined &&
      whenHolds(one.when, tier),
  );
  return rule && { roles: rule.by, daysMax: rule.daysMax };
}

/** A waiver for a use is judged like one of a version that comes after everything known. */
const LATER = Number.MAX_SAFE_INTEGER;

function newestPolicy(set: RecordSet): Policy | undefined {
  const newest = newestPolicyDocument(set, 'promotion-policy');
  return newest && readPolicy(newest.statement.predicate.content.policy, 'content.policy');
}

/** @throws ServerError `record_refused`, `conflict_of_duties`; KernelError for malformed content */
export async function checkRelief(context: ServerContext, arrival: Arrival): Promise<void> {
  const { record, signers } = arrival;
  const { predicate } = record.statement;
  const { expires } =
    predicate.kind === 'waiver'
      ? readWaiverContent(predicate.content)
      : readProvisionalContent(predicate.content);
  const set = await context.records.current();
  const rule = reliefRule(set, predicate);
  if (rule === undefined) {
    const what = String(
      predicate.content.evidence ?? predicate.content.condition ?? 'provisional use',
    );
    throw refused(
      record,
      `the promotion policy in force does not let anybody do without \`${what}\` here; see \`waivable\` and \`provisional\` in \`countersign policy\``,
      'content',
    );
  }
  const days = (Date.parse(expires) - Date.parse(context.now())) / 86_400_000;
  if (days <= 0 || days > rule.daysMax) {
    throw refused(record, `it must expire within ${rule.daysMax} days`, 'content.expires');
  }
  if (predicate.subjectRef.version === undefined) return;
  const version = versionOf(set, record);
  if (predicate.subjectRef.artifactDigest !== version.artifactDigest) {
    throw refused(
      record,
      'it is for other bytes than the version has',
      'subjectRef.artifactDigest',
    );
  }
  const duties = dutiesOf(set, version);
  for (const { account, key } of signers) {
    for (const role of rule.roles.filter((one) => holdsRole(key, one))) {
      const conflict = conflictOf(set, duties, { account, role });
      if (conflict !== undefined) throw conflicted(record, conflict);
    }
  }
}
