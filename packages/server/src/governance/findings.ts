// SPDX-License-Identifier: Apache-2.0
import {
  type CountedRecord,
  type FindingContent,
  type RecordSet,
  recordsOfType,
  supersededDigests,
} from '@countersign/kernel';

export interface FindingEntry {
  readonly id: string;
  readonly model: string;
  readonly use?: string;
  readonly version?: number;
  /** The state in force; the next state's record supersedes this digest. */
  readonly digest: string;
  readonly content: FindingContent;
  readonly raisedAt: string;
  readonly history: readonly {
    readonly digest: string;
    readonly status: string;
    readonly actor: string;
    readonly at: string;
  }[];
}

export interface FindingFilter {
  readonly workspace: string;
  readonly model?: string | undefined;
  readonly status?: 'open' | 'responded' | 'closed' | undefined;
}

/** The findings register: one entry a finding, in its state in force, by model and number. */
export function findingsRegister(set: RecordSet, filter: FindingFilter): readonly FindingEntry[] {
  const superseded = supersededDigests(set);
  return recordsOfType(set, 'finding')
    .filter(
      ({ digest, statement: { predicate } }) =>
        !superseded.has(digest) &&
        predicate.subjectRef.workspace === filter.workspace &&
        (filter.model === undefined || predicate.subjectRef.model === filter.model),
    )
    .map((record) => entryOf(set, record))
    .filter(({ content }) => filter.status === undefined || content.status === filter.status)
    .sort((a, b) => a.model.localeCompare(b.model) || numberOf(a.id) - numberOf(b.id));
}

function entryOf(set: RecordSet, record: CountedRecord): FindingEntry {
  const { subjectRef, content } = record.statement.predicate;
  const chain = chainOf(set, record);
  return {
    id: String(content.id),
    model: subjectRef.model ?? '',
    ...(subjectRef.use === undefined ? {} : { use: subjectRef.use }),
    ...(subjectRef.version === undefined ? {} : { version: subjectRef.version }),
    digest: record.digest,
    content: content as unknown as FindingContent, // shape checked when it was recorded
    raisedAt: chain[0]?.loggedAt ?? record.loggedAt,
    history: chain.map((one) => ({
      digest: one.digest,
      status: String(one.statement.predicate.content.status),
      actor: one.statement.predicate.actor,
      at: one.loggedAt,
    })),
  };
}

/** Oldest first. A record can only supersede an earlier one, so the walk ends. */
function chainOf(set: RecordSet, last: CountedRecord): readonly CountedRecord[] {
  const chain: CountedRecord[] = [];
  let at: CountedRecord | undefined = last;
  while (at !== undefined) {
    chain.unshift(at);
    const before: string | undefined = at.statement.predicate.supersedes;
    at = before === undefined ? undefined : set.byDigest.get(before);
  }
  return chain;
}

/** `F-1`, `F-2`, … in a model; the next number after the highest that any record ever used. */
export function nextFindingId(set: RecordSet, workspace: string, model: string): string {
  const used = recordsOfType(set, 'finding')
    .filter(({ statement: { predicate } }) => {
      const { subjectRef } = predicate;
      return subjectRef.workspace === workspace && subjectRef.model === model;
    })
    .map(({ statement }) => numberOf(String(statement.predicate.content.id)));
  return `F-${Math.max(0, ...used) + 1}`;
}

function numberOf(id: string): number {
  return Number(/^F-(\d{1,9})$/.exec(id)?.[1] ?? 0);
}
