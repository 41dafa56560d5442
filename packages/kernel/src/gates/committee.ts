// SPDX-License-Identifier: Apache-2.0
import { supersededDigests } from '../evidence/evidence-items.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import type { Approval } from './change-request.ts';
import {
  type CommitteeCharter,
  type CommitteeDecision,
  readCommitteeCharter,
} from './committee-decision.ts';
import type { GateFacts } from './facts.ts';
import type { ApprovalRule } from './policy.ts';
import { conflictOf } from './separation-of-duties.ts';

export interface CharterInForce {
  readonly digest: string;
  readonly charter: CommitteeCharter;
}

/** Charters in force: of one committee the newest that was not superseded. One that cannot be read charters nobody. */
export function chartersInForce(set: RecordSet): ReadonlyMap<string, CharterInForce> {
  const superseded = supersededDigests(set);
  const found = new Map<string, CharterInForce>();
  for (const { digest, statement } of recordsOfType(set, 'policy-document')) {
    if (statement.predicate.kind !== 'committee' || superseded.has(digest)) continue;
    try {
      const charter = readCommitteeCharter(statement.predicate.content.committee);
      found.set(charter.name, { digest, charter });
    } catch {
      // Left out: the approval that names it is refused for want of a charter.
    }
  }
  return found;
}

/** Why an approval is not the decision of the committee that the rule asks for, or undefined when it is. */
export function committeeRefusal(
  facts: GateFacts,
  at: { readonly record: CountedRecord; readonly approval: Approval; readonly rule: ApprovalRule },
): string | undefined {
  const { rule, approval, record } = at;
  const decision = approval.committee;
  if (rule.committee === undefined) {
    return decision === undefined ? undefined : 'policy asks for no committee here';
  }
  if (decision?.name !== rule.committee) {
    return `policy asks for the decision of the committee \`${rule.committee}\`, signed by its chair`;
  }
  const found = chartersInForce(facts.set).get(rule.committee);
  if (found === undefined) return `no charter of the committee \`${rule.committee}\` is in force`;
  if (found.digest !== decision.charter) {
    return `it met under charter ${decision.charter.slice(0, 12)}, in force is ${found.digest.slice(0, 12)}`;
  }
  const { actor } = record.statement.predicate;
  if (approval.asDeputyOf !== undefined || actor !== found.charter.chair) {
    return `\`${actor}\` does not chair the committee \`${rule.committee}\``;
  }
  return voteRefusal(facts, { decision, charter: found.charter, rule, approval });
}

/** Quorum and majority are of members without a conflict: the others may attend and speak, and do not count. */
function voteRefusal(
  facts: GateFacts,
  at: {
    readonly decision: CommitteeDecision;
    readonly charter: CommitteeCharter;
    readonly rule: ApprovalRule;
    readonly approval: Approval;
  },
): string | undefined {
  const { decision, charter, rule, approval } = at;
  const { attendance, votes } = decision;
  const malformed = recordedVotesRefusal(charter, decision);
  if (malformed !== undefined) return malformed;
  const isFree = (account: string) =>
    conflictOf(facts.set, facts.duties, { account, role: rule.role }) === undefined &&
    !facts.duties.developers.some((one) => one.account === account);
  const counted = attendance.filter(isFree).length;
  if (counted < charter.quorum) {
    return `the quorum is ${charter.quorum} members without a conflict, ${counted} attended`;
  }
  const inFavour = votes.for.filter(isFree).length;
  // A rejection stops the request whatever the count was.
  if (approval.decision === 'reject' || inFavour * 2 > counted) return undefined;
  return `${inFavour} of ${counted} who count voted for it, which is no majority`;
}

/** What is wrong with a decision as it was written down, whatever conflicts its members have; undefined when nothing is. */
export function recordedVotesRefusal(
  charter: CommitteeCharter,
  decision: Pick<CommitteeDecision, 'attendance' | 'votes' | 'dissent'>,
): string | undefined {
  const { attendance, votes } = decision;
  const stranger = attendance.find((account) => !charter.members.includes(account));
  if (stranger !== undefined) return `\`${stranger}\` is no member of the committee`;
  if (!attendance.includes(charter.chair)) return 'its chair did not attend';
  const cast = [...votes.for, ...votes.against, ...votes.abstain];
  const absent = cast.find((account) => !attendance.includes(account));
  if (absent !== undefined) return `\`${absent}\` voted without attending`;
  if (new Set(cast).size !== cast.length) return 'somebody voted twice';
  const silent = attendance.find((account) => !cast.includes(account));
  if (silent !== undefined) return `\`${silent}\` attended, and no vote or abstention is recorded`;
  if (votes.against.length > 0 && decision.dissent.trim() === '') {
    return 'there were votes against, and their dissent is not recorded';
  }
  return undefined;
}
