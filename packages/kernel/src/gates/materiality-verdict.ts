// SPDX-License-Identifier: Apache-2.0
import { type ChangeClass, classOf, classRefusals } from './change-class.ts';
import { type EnvelopeProof, envelopeApprovals, proveEnvelope } from './envelope-proof.ts';
import type { GateFacts } from './facts.ts';
import {
  baselineOf,
  type MaterialityVerdict,
  materialityOf,
  productionWarrants,
  type WarrantHeld,
} from './materiality.ts';
import { changesBetween } from './materiality-changes.ts';
import { MATERIALITIES, type Materiality } from './materiality-rules.ts';

/** A change as the kernel judges it: how much it is, of which class, and whether it is inside the envelope that it names. */
export interface ChangeVerdict extends MaterialityVerdict {
  readonly class: ChangeClass;
  readonly envelope?: EnvelopeProof;
  /** Why it may not go on as what it says it is. */
  readonly refusals: readonly string[];
}

/** Undefined where policy asks for neither and the request names no envelope: what then holds is that all is material. */
export function changeVerdict(facts: GateFacts, held: WarrantHeld): ChangeVerdict | undefined {
  const { policy, request } = facts;
  const isAsked =
    policy.materiality !== undefined ||
    policy.changes !== undefined ||
    request.envelope !== undefined;
  return isAsked ? judgeChange(facts, held) : undefined;
}

/** How much a request changes, whether or not its policy asks. */
export function judgeChange(facts: GateFacts, held: WarrantHeld): ChangeVerdict {
  const { set, record, request, context, policy } = facts;
  const baseline = baselineOf(set, context, { before: record.index, held });
  const changes =
    baseline === undefined
      ? undefined
      : changesBetween({ set, before: baseline.context, after: context });
  const judged = materialityOf(policy.materiality, baseline, { set, after: context, changes });
  const envelope = request.envelope === undefined ? undefined : proveOf(facts, baseline);
  const isInside = envelope !== undefined && envelope.outside.length === 0;
  const materiality = isInside ? 'within-envelope' : judged.materiality;
  const refusals = [
    ...(envelope?.outside ?? []).map((bound) => `out of the envelope's bounds: ${bound}`),
    ...understated(request.materiality, materiality),
    ...classRefusals(policy.changes, {
      stated: classOf(policy.changes, request.class),
      changes,
      sameArtifact: baseline?.context.artifactDigest === context.artifactDigest,
      wasInProduction: wasInProduction(facts, held),
      urgency: request.urgency,
    }),
  ];
  return {
    ...judged,
    materiality,
    class: classOf(policy.changes, request.class),
    ...(envelope === undefined ? {} : { envelope }),
    refusals,
  };
}

function proveOf(facts: GateFacts, baseline: ReturnType<typeof baselineOf>): EnvelopeProof {
  const { set, record, request, context, policy, duties, now, tier, fairLending } = facts;
  return proveEnvelope({
    set,
    request: record,
    envelope: request.envelope ?? '',
    context,
    baseline,
    duties,
    approvals: envelopeApprovals(policy, { tier, fairLending }),
    now,
  });
}

/** Ranks as `MATERIALITIES` stands: what claims less than was computed is refused, what claims more is its own affair. */
function understated(claimed: string | undefined, computed: Materiality): readonly string[] {
  if (claimed === undefined || claimed === computed) return [];
  const known: readonly string[] = MATERIALITIES;
  const rank = known.indexOf(claimed);
  if (rank >= 0 && rank < MATERIALITIES.indexOf(computed)) return [];
  return [`it says that the change is ${claimed}, the records say ${computed}`];
}

function wasInProduction({ set, record, context }: GateFacts, held: WarrantHeld): boolean {
  return productionWarrants(set, context, record.index).some(
    (warrant) =>
      warrant.statement.predicate.subjectRef.version === context.version &&
      warrant.statement.predicate.subjectRef.artifactDigest === context.artifactDigest &&
      held(warrant),
  );
}
