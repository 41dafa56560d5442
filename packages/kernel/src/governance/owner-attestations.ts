// SPDX-License-Identifier: Apache-2.0
import { supersededDigests } from '../evidence/evidence-items.ts';
import type { AttestationCampaignContent, AttestationContent } from '../records/contents.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import { asString, type JsonObject } from '../records/shape.ts';
import { endOfDay } from './finding-content.ts';
import { readAttestation, readCampaign } from './review-content.ts';

export interface AttestationAnswer {
  readonly model: string;
  readonly owner: string;
  /** The inventory entry in force. */
  readonly entry: string;
  /** `stale`: answered, but the entry was changed since. */
  readonly state: 'confirmed' | 'disputed' | 'stale' | 'waiting';
  readonly record?: string;
  readonly at?: string;
  readonly note?: string;
}

export interface AttestationCampaign extends AttestationCampaignContent {
  readonly digest: string;
  readonly openedAt: string;
  readonly openedBy: string;
  readonly overdue: boolean;
  readonly answers: readonly AttestationAnswer[];
  readonly confirmed: number;
  readonly disputed: number;
  readonly waiting: number;
}

/** Campaigns in which owners confirm their inventory entries, newest first, each with what every owner answered. */
export function attestationCampaigns(
  set: RecordSet,
  at: { readonly workspace: string; readonly now: string },
): readonly AttestationCampaign[] {
  return recordsOfType(set, 'periodic-review')
    .filter(
      ({ statement: { predicate } }) =>
        predicate.kind === 'attestation-campaign' &&
        predicate.subjectRef.workspace === at.workspace,
    )
    .flatMap((record) => {
      const content = readOrUndefined(record, readCampaign);
      return content === undefined ? [] : [campaignOf(set, { record, content, ...at })];
    })
    .reverse();
}

function campaignOf(
  set: RecordSet,
  at: {
    readonly record: CountedRecord;
    readonly content: AttestationCampaignContent;
    readonly workspace: string;
    readonly now: string;
  },
): AttestationCampaign {
  const { record, content } = at;
  const answers = inventoryInForce(set, at.workspace).map((entry) =>
    answerOf(set, { campaign: record, entry }),
  );
  const count = (...states: readonly AttestationAnswer['state'][]) =>
    answers.filter(({ state }) => states.includes(state)).length;
  const waiting = count('waiting', 'stale');
  return {
    ...content,
    digest: record.digest,
    openedAt: record.loggedAt,
    openedBy: record.statement.predicate.actor,
    overdue: waiting > 0 && at.now > (endOfDay(content.due) ?? ''),
    answers,
    confirmed: count('confirmed'),
    disputed: count('disputed'),
    waiting,
  };
}

/** The inventory entries in force of a workspace, by model. */
export function inventoryInForce(set: RecordSet, workspace: string): readonly CountedRecord[] {
  const superseded = supersededDigests(set);
  return recordsOfType(set, 'inventory-entry')
    .filter(
      ({ digest, statement: { predicate } }) =>
        !superseded.has(digest) && predicate.subjectRef.workspace === workspace,
    )
    .sort((a, b) =>
      String(a.statement.predicate.subjectRef.model).localeCompare(
        String(b.statement.predicate.subjectRef.model),
      ),
    );
}

function answerOf(
  set: RecordSet,
  at: { readonly campaign: CountedRecord; readonly entry: CountedRecord },
): AttestationAnswer {
  const { campaign, entry } = at;
  const { subjectRef, content } = entry.statement.predicate;
  const owner = typeof content.owner === 'string' ? content.owner : '';
  const base = { model: subjectRef.model ?? '', owner, entry: entry.digest };
  const given = recordsOfType(set, 'periodic-review').findLast(({ statement: { predicate } }) => {
    const isOfIt =
      predicate.kind === 'attestation' && predicate.content.campaign === campaign.digest;
    return isOfIt && predicate.subjectRef.model === base.model && predicate.actor === owner;
  });
  const answer = given === undefined ? undefined : readOrUndefined(given, readAttestation);
  if (given === undefined || answer === undefined) return { ...base, state: 'waiting' };
  return {
    ...base,
    state: answer.entry === entry.digest ? answer.answer : 'stale',
    record: given.digest,
    at: given.loggedAt,
    note: answer.note,
  };
}

/** Why an attestation does not count, or undefined: it answers a campaign, for the entry in force, by its owner. */
export function attestationRefusal(
  set: RecordSet,
  attestation: AttestationContent,
  by: { readonly workspace: string; readonly model: string | undefined; readonly account: string },
): string | undefined {
  const campaign = set.byDigest.get(attestation.campaign)?.statement.predicate;
  if (campaign?.kind !== 'attestation-campaign') return 'it names no campaign';
  const entry = inventoryInForce(set, by.workspace).find(
    ({ statement }) => statement.predicate.subjectRef.model === by.model,
  );
  if (entry?.digest !== attestation.entry) return 'the entry it names is not the one in force';
  const owner = asString(entry.statement.predicate.content.owner, 'content.owner');
  return owner === by.account ? undefined : `the entry is \`${owner}\`'s to confirm`;
}

function readOrUndefined<T>(
  record: CountedRecord,
  read: (content: JsonObject) => T,
): T | undefined {
  try {
    return read(record.statement.predicate.content);
  } catch {
    return undefined;
  }
}
