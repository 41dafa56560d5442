// SPDX-License-Identifier: Apache-2.0
import type { CommitteesReply, DeputiesReply, EnvelopesReply } from '@countersign/contract';
import {
  accountOf,
  type CommitteeDecision,
  type CountedRecord,
  chartersInForce,
  deputationsOf,
  isEnvelope,
  type RecordSet,
  readApprovalContent,
  readEnvelope,
  recordsOfType,
  supersededDigests,
} from '@countersign/kernel';

interface At {
  readonly workspace: string;
  readonly now: string;
}

type EnvelopeEntry = EnvelopesReply['envelopes'][number];

/** Envelopes, newest first, with the versions that went into production inside each: a renewal counts no second time. */
export function envelopesRegister(set: RecordSet, at: At): readonly EnvelopeEntry[] {
  const superseded = supersededDigests(set);
  const shipped = versionsByEnvelope(set);
  return recordsOfType(set, 'change-plan')
    .flatMap((record): readonly EnvelopeEntry[] => {
      const { subjectRef, content, actor } = record.statement.predicate;
      if (!isEnvelope(record) || subjectRef.workspace !== at.workspace) return [];
      const { title, rationale, version, may, uses, expires, impact, rollback } =
        readEnvelope(content);
      const versions = [...(shipped.get(record.digest) ?? [])].sort((a, b) => a - b);
      const used = versions.length;
      const isReplaced = superseded.has(record.digest);
      const standing =
        at.now >= expires ? 'expired' : used >= uses ? ('used up' as const) : ('running' as const);
      return [
        {
          digest: record.digest,
          model: subjectRef.model ?? '',
          use: subjectRef.use ?? '',
          ...{ version, title, rationale, may, expires, used, uses, versions },
          since: record.loggedAt,
          by: actor,
          signedBy: signersOf(record),
          ...(impact === undefined ? {} : { impact }),
          ...(rollback === undefined ? {} : { rollback }),
          state: isReplaced ? 'replaced' : standing,
        },
      ];
    })
    .reverse();
}

function versionsByEnvelope(set: RecordSet): ReadonlyMap<string, ReadonlySet<number>> {
  const found = new Map<string, Set<number>>();
  for (const { statement } of recordsOfType(set, 'deployment-record')) {
    const { kind, content, subjectRef } = statement.predicate;
    if (kind !== 'promote' || content.environment !== 'production') continue;
    const request = set.byDigest.get(String(content.changeRequest));
    const envelope = request?.statement.predicate.content.envelope;
    if (typeof envelope !== 'string' || subjectRef.version === undefined) continue;
    found.set(envelope, (found.get(envelope) ?? new Set()).add(subjectRef.version));
  }
  return found;
}

/** Deputations of documents in force, the latest end first. */
export function deputiesRegister(set: RecordSet, now: string): DeputiesReply['deputations'] {
  return deputationsOf(set)
    .map(({ record, ...one }) => ({
      ...one,
      record: record.digest,
      signedBy: signersOf(record),
      state: standingOf(one, now),
    }))
    .sort((a, b) => (a.until < b.until ? 1 : -1));
}

function standingOf(
  { from, until }: { readonly from: string; readonly until: string },
  now: string,
): DeputiesReply['deputations'][number]['state'] {
  if (now < from) return 'to come';
  return now < until ? 'running' : 'over';
}

/** Committees by name, with what their chairs signed. */
export function committeesRegister(set: RecordSet): CommitteesReply['committees'] {
  const decisions = decisionsByCommittee(set);
  return [...chartersInForce(set)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { digest, charter }]) => ({
      record: digest,
      name,
      chair: charter.chair,
      members: charter.members,
      quorum: charter.quorum,
      since: set.byDigest.get(digest)?.loggedAt ?? '',
      decisions: decisions.get(name) ?? [],
    }));
}

type DecisionEntry = CommitteesReply['committees'][number]['decisions'][number];

function decisionsByCommittee(set: RecordSet): ReadonlyMap<string, readonly DecisionEntry[]> {
  const found = new Map<string, DecisionEntry[]>();
  for (const record of [...recordsOfType(set, 'approval-record')].reverse()) {
    const { subjectRef, content } = record.statement.predicate;
    // Most approvals are of one person: those are not read.
    if (content.committee === undefined) continue;
    const approval = readable(record);
    if (approval?.committee === undefined) continue;
    const { name } = approval.committee;
    const entry = {
      ...countsOf(approval.committee),
      record: record.digest,
      changeRequest: approval.changeRequest,
      subject: `${subjectRef.model}@${subjectRef.version} for ${subjectRef.use}`,
      decision: approval.decision,
      at: record.loggedAt,
    };
    found.set(name, [...(found.get(name) ?? []), entry]);
  }
  return found;
}

function countsOf({ attendance, votes, minutes }: CommitteeDecision) {
  return {
    attended: attendance.length,
    for: votes.for.length,
    against: votes.against.length,
    abstained: votes.abstain.length,
    minutes,
  };
}

function readable({ statement }: CountedRecord) {
  try {
    return readApprovalContent(statement.predicate.content);
  } catch {
    return undefined; // what cannot be read decided nothing
  }
}

function signersOf({ signers }: CountedRecord): readonly string[] {
  return [...new Set(signers.map(accountOf))];
}
