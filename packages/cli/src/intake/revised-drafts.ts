// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from 'node:util';
import type { ApiClient } from '../client/api-client.ts';
import { listRecords } from '../client/digests.ts';
import { type RecordContent, toldRecord } from '../client/told-record.ts';
import type { Draft } from '../signing/person-statement.ts';

/** Members that tell one record of a subject from another of its type. */
const NAMED_BY = {
  'scope-determination': ['pack'],
  'role-assignment': ['principal', 'role'],
} as const;

/** What the records of one intake are about. */
export type IntakeSubject = Pick<Draft, 'scope' | 'subjectRef'> & {
  readonly type: keyof typeof NAMED_BY;
};

export interface StandingRecord {
  readonly digest: string;
  readonly content: RecordContent;
}

/** Records of the very subject that count, newest first. */
export async function standingRecords(
  client: ApiClient,
  { type, subjectRef }: IntakeSubject,
): Promise<readonly StandingRecord[]> {
  const { model, use } = subjectRef;
  const summaries = await listRecords(client, {
    type,
    ...(model === undefined ? {} : { model }),
    ...(use === undefined ? {} : { use }),
  });
  const found: StandingRecord[] = [];
  for (const { digest } of summaries.filter((one) => one.use === use)) {
    const { content, counts } = await toldRecord(client, digest);
    if (counts) found.push({ digest, content });
  }
  return found;
}

/** The record that a content is about the same matter as: each supersedes the one before, so the newest is in force. */
export function standingFor(
  standing: readonly StandingRecord[],
  type: IntakeSubject['type'],
  content: object,
): StandingRecord | undefined {
  const wanted: RecordContent = { ...content };
  return standing.find((one) =>
    NAMED_BY[type].every((member) => one.content[member] === wanted[member]),
  );
}

/** Drafts of an intake that is made again: what stands already is left out, what changed supersedes what stood. */
export function revisedDrafts(
  subject: IntakeSubject,
  contents: readonly object[],
  standing: readonly StandingRecord[],
): readonly Draft[] {
  return contents.flatMap((content): readonly Draft[] => {
    const earlier = standingFor(standing, subject.type, content);
    if (earlier === undefined) return [{ ...subject, content }];
    if (isDeepStrictEqual(earlier.content, content)) return [];
    return [{ ...subject, supersedes: earlier.digest, content }];
  });
}
