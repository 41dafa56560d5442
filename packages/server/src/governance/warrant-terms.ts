// SPDX-License-Identifier: Apache-2.0
import {
  type CountedRecord,
  excuseOf,
  type GateVerdict,
  latestItem,
  type ModelSpecContent,
  type Policy,
  type RecordSet,
  readChangeRequest,
  readPolicy,
  readTier,
  type VersionContext,
  type Warrant,
} from '@countersign/kernel';

const DAY_MS = 86_400_000;

/**
 * What a warrant says, from an allowed verdict. It repeats what the change request froze, and ends with whatever it
 * rests on that ends first: the policy's longest time for the tier, an exception, the validation.
 */
export function warrantTerms(
  set: RecordSet,
  at: {
    readonly record: CountedRecord;
    readonly context: VersionContext;
    readonly verdict: GateVerdict;
    readonly now: string;
  },
): Warrant {
  const request = readChangeRequest(at.record.statement.predicate.content);
  const policyRecord = set.byDigest.get(request.policy);
  const policy = readPolicy(policyRecord?.statement.predicate.content.policy, 'content.policy');
  const exceptions = exceptionsUsed(set, at.verdict);
  // The spec is a platform record of this shape; the kernel judged that it belongs to these bytes.
  const spec = set.byDigest.get(request.spec)?.statement.predicate
    .content as unknown as ModelSpecContent;
  return {
    environment: request.transition,
    warrant: exceptions.length === 0 ? 'full' : 'provisional',
    artifactDigest: request.artifactDigest,
    spec: request.spec,
    changeRequest: at.record.digest,
    approvals: at.verdict.approvals.flatMap(({ given }) => given.map(({ record }) => record)),
    exceptions: exceptions.map(({ digest }) => digest),
    policy: request.policy,
    rulesVersion: request.rulesVersion,
    demonstration: set.founding.demonstration,
    notBefore: at.now,
    expires: expiryOf(set, { ...at, policy, exceptions, transition: request.transition }),
    fallback: spec.fallback.kind,
    limits: { use: at.context.use, ...limitsOfExceptions(exceptions) },
  };
}

/** Exceptions that the verdict rests on; any makes the warrant provisional. */
function exceptionsUsed(set: RecordSet, verdict: GateVerdict): readonly CountedRecord[] {
  const digests = new Set(
    verdict.conditions.flatMap(({ outcome, records }) => (outcome === 'excepted' ? records : [])),
  );
  return [...digests].flatMap((digest) => {
    const record = set.byDigest.get(digest);
    return record?.statement.predicate.type === 'exception-record' ? [record] : [];
  });
}

function limitsOfExceptions(exceptions: readonly CountedRecord[]): {
  readonly [key: string]: string;
} {
  if (exceptions.length === 0) return {};
  const texts = exceptions.map((record) => excuseOf(record)?.limits ?? '');
  return { exceptions: texts.join(' ') };
}

function expiryOf(
  set: RecordSet,
  at: {
    readonly context: VersionContext;
    readonly verdict: GateVerdict;
    readonly now: string;
    readonly policy: Policy;
    readonly exceptions: readonly CountedRecord[];
    readonly transition: 'staging' | 'production';
  },
): string {
  const tier = readTier(set, at.context)?.tier ?? 'high';
  const days = at.policy.transitions[at.transition].warrantDaysMax[tier];
  const byPolicy = new Date(Date.parse(at.now) + days * DAY_MS).toISOString();
  const carried = at.verdict.carried?.find(({ evidence }) => evidence === 'validation-report');
  const validation =
    latestItem(set, at.context, { id: 'validation-report' }) ??
    set.byDigest.get(carried?.record ?? '');
  const validUntil = validation?.statement.predicate.content.expires;
  const ends = [
    byPolicy,
    ...at.exceptions.flatMap((record) => excuseOf(record)?.expires ?? []),
    ...(typeof validUntil === 'string' ? [validUntil] : []),
  ];
  return ends.sort()[0] ?? byPolicy;
}
