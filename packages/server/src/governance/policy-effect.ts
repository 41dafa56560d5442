// SPDX-License-Identifier: Apache-2.0
import {
  asOfIndex,
  type GateVerdict,
  judgeChangeRequest,
  type Policy,
  type RecordSet,
  readTier,
  type SubjectRef,
  versionContext,
} from '@countersign/kernel';
import { findChangeRequest, listChangeRequests } from './change-requests.ts';
import { apartFromSodCheck } from './separation-record.ts';
import { listWarrants } from './warrants.ts';

/** What a policy would do to one open request or one running warrant. Sentences as verdicts give them. */
export interface PolicyEffectItem {
  readonly kind: 'request' | 'warrant';
  /** Of the request, or of the warrant. */
  readonly digest: string;
  readonly changeRequest: string;
  readonly subject: SubjectRef;
  readonly transition: 'staging' | 'production';
  /** Asked for by the new policy and not by the old one, whether or not it is there already. */
  readonly newlyAsked: readonly string[];
  readonly noLongerAsked: readonly string[];
  /** What would be lacking that is not lacking now. */
  readonly newlyMissing: readonly string[];
  readonly noLongerMissing: readonly string[];
  /** Of a warrant: the end that the new policy would set, where it is earlier than its own. */
  readonly endsEarlier?: string;
}

export interface PolicyEffect {
  readonly requests: number;
  readonly warrants: number;
  /** Of both together: touched in any way, and stopped by something newly missing or an earlier end. */
  readonly affected: number;
  readonly stopped: number;
  /** Those that are touched. */
  readonly items: readonly PolicyEffectItem[];
}

/**
 * Every open change request judged now, and every live warrant judged on what the log held when it was signed, under the
 * policy that each froze and under another one. Nothing that runs changes by signing a policy: this is what each would meet
 * when it is proposed again.
 */
export function policyEffect(
  set: RecordSet,
  policy: Policy,
  at: { readonly workspace: string; readonly now: string },
): PolicyEffect {
  const requests = listChangeRequests(set, at).filter(
    ({ state, subject }) =>
      (state === 'open' || state === 'ready') && subject.workspace === at.workspace,
  );
  const warrants = listWarrants(set, { ...at, live: true });
  const items = [
    ...requests.map(({ digest, subject, transition }): PolicyEffectItem => {
      const judged = { phase: 'promote', now: at.now } as const;
      const before = judgeChangeRequest(set, digest, judged);
      const after = judgeChangeRequest(set, digest, { ...judged, supposed: policy });
      const found = {
        kind: 'request',
        digest,
        changeRequest: digest,
        subject,
        transition,
      } as const;
      return { ...found, ...differences(before, after) };
    }),
    ...warrants.map((warrant): PolicyEffectItem => {
      const then = asOfIndex(set, warrant.index);
      const judged = { phase: 'promote', now: warrant.loggedAt } as const;
      const before = judgeChangeRequest(then, warrant.changeRequest, judged);
      const after = judgeChangeRequest(then, warrant.changeRequest, {
        ...judged,
        supposed: policy,
      });
      const record = findChangeRequest(set, warrant.changeRequest);
      const { subjectRef } = record.statement.predicate;
      const ends = endUnder(set, policy, { subject: subjectRef, ...warrant });
      return {
        kind: 'warrant',
        digest: warrant.digest,
        changeRequest: warrant.changeRequest,
        subject: subjectRef,
        transition: warrant.environment,
        ...differences(before, after),
        ...(ends < warrant.expires ? { endsEarlier: ends } : {}),
      };
    }),
  ];
  const touched = items.filter(isTouched);
  return {
    requests: requests.length,
    warrants: warrants.length,
    affected: touched.length,
    stopped: touched.filter(
      ({ newlyMissing, endsEarlier }) => newlyMissing.length > 0 || endsEarlier !== undefined,
    ).length,
    items: touched,
  };
}

function isTouched(item: PolicyEffectItem): boolean {
  const { newlyAsked, noLongerAsked, newlyMissing, noLongerMissing, endsEarlier } = item;
  const lists = [newlyAsked, noLongerAsked, newlyMissing, noLongerMissing];
  return endsEarlier !== undefined || lists.some(({ length }) => length > 0);
}

type Differences = Pick<
  PolicyEffectItem,
  'newlyAsked' | 'noLongerAsked' | 'newlyMissing' | 'noLongerMissing'
>;

function differences(before: GateVerdict, after: GateVerdict): Differences {
  const was = apartFromSodCheck(before).missing;
  const will = apartFromSodCheck(after).missing;
  const asked = demandsOf(before);
  const wanted = demandsOf(after);
  return {
    newlyAsked: without(wanted, asked),
    noLongerAsked: without(asked, wanted),
    newlyMissing: without(will, was),
    noLongerMissing: without(was, will),
  };
}

function demandsOf({ conditions, approvals }: GateVerdict): readonly string[] {
  return [
    ...conditions.map(({ gate, id }) => `${gate}: ${id}`),
    ...approvals.map(({ gate, role, needed, committee }) => {
      const who = committee === undefined ? role : `committee ${committee} (${role})`;
      return `${gate}: ${needed} approval${needed === 1 ? '' : 's'} by ${who}`;
    }),
  ];
}

function without(all: readonly string[], those: readonly string[]): readonly string[] {
  return all.filter((one) => !those.includes(one));
}

const DAY_MS = 86_400_000;

function endUnder(
  set: RecordSet,
  policy: Policy,
  warrant: {
    readonly subject: SubjectRef;
    readonly environment: 'staging' | 'production';
    readonly notBefore: string;
  },
): string {
  const { workspace, model = '', use = '', version = 0 } = warrant.subject;
  const found = versionContext(set, { workspace, model, use, version });
  const tier = (found.ok ? readTier(set, found.context)?.tier : undefined) ?? 'high';
  const days = policy.transitions[warrant.environment].warrantDaysMax[tier];
  return new Date(Date.parse(warrant.notBefore) + days * DAY_MS).toISOString();
}
