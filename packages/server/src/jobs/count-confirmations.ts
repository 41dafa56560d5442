// SPDX-License-Identifier: Apache-2.0
import { type CountedRecord, type Json, recordsOfType } from '@countersign/kernel';
import type { TestDraft } from './record-tests.ts';
import type { VersionFacts } from './version-facts.ts';

const KIND = 'alternatives';

/**
 * Numbers each confirmation of an alternative: 1 for the first of the model on this data. Rows that were looked at before
 * are no longer untouched, and the report says how often they were.
 */
export function countConfirmations(
  facts: Pick<VersionFacts, 'set' | 'version'>,
  drafts: readonly TestDraft[],
): readonly TestDraft[] {
  return drafts.map((draft) => {
    const detail = membersOf(draft.content.detail);
    if (draft.kind !== KIND || detail.confirmation === undefined) return draft;
    const digest = draft.content.data.digest;
    const earlier = recordsOfType(facts.set, 'fairness-test').filter((record) =>
      isConfirmation(record, { model: facts.version.model, digest }),
    );
    const content = {
      ...draft.content,
      detail: { ...detail, confirmation_number: earlier.length + 1 },
    };
    return { ...draft, content };
  });
}

function isConfirmation(
  record: CountedRecord,
  of: { readonly model: string; readonly digest: string | undefined },
): boolean {
  const { kind, subjectRef, content } = record.statement.predicate;
  return (
    kind === KIND &&
    subjectRef.model === of.model &&
    membersOf(content.data).digest === of.digest &&
    membersOf(content.detail).confirmation !== undefined
  );
}

function membersOf(json: Json | undefined): { readonly [name: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as { readonly [name: string]: Json }) // arrays were told apart, which TypeScript loses for readonly ones
    : {};
}
