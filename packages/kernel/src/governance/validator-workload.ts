// SPDX-License-Identifier: Apache-2.0
import { type RecordSet, recordsOfType } from '../records/record-set.ts';
import { findingsRegister } from './findings-register.ts';
import { type ReviewEntry, reviewConflict, reviewSchedule } from './review-schedule.ts';

export interface WorkloadRow {
  readonly validator: string;
  /** Versions with an open change request and no validation report yet, by `MODEL@N for USE`. */
  readonly validations: readonly string[];
  readonly reviews: readonly string[];
  /** Findings that were answered and wait for a retest or closure. */
  readonly findings: readonly string[];
}

/**
 * What waits for each validator. A validation or review waits for everybody who may do it; a finding for whoever raised
 * it, or for every validator where nobody of them did.
 */
export function validatorWorkload(
  set: RecordSet,
  at: { readonly workspace: string; readonly now: string; readonly validators: readonly string[] },
): readonly WorkloadRow[] {
  const validations = openValidations(set, at.workspace);
  const reviews = reviewSchedule(set, at).filter(({ state }) => isWaiting(state));
  const answered = findingsRegister(set, { ...at, status: 'responded' });
  return at.validators.map((validator) => {
    const mayReview = (use: {
      readonly workspace: string;
      readonly model: string;
      readonly use: string;
    }) => reviewConflict(set, use, { account: validator, role: 'validator' }) === undefined;
    return {
      validator,
      validations: validations.filter(mayReview).map(({ text }) => text),
      reviews: reviews.filter(mayReview).map(({ model, use }) => `${model} for ${use}`),
      findings: answered
        .filter(
          ({ raisedBy, content }) =>
            content.owner !== validator &&
            content.respondedBy !== validator &&
            (raisedBy === validator || !at.validators.includes(raisedBy)),
        )
        .map(({ model, id }) => `${model}/${id}`),
    };
  });
}

function isWaiting(state: ReviewEntry['state']): boolean {
  return state === 'overdue' || state === 'triggered' || state === 'due';
}

function openValidations(set: RecordSet, workspace: string) {
  const reported = new Set(
    recordsOfType(set, 'validation-report').map(({ statement }) => keyOf(statement.predicate)),
  );
  const open = new Map<string, ReturnType<typeof asked>>();
  for (const { statement } of recordsOfType(set, 'change-record')) {
    const { subjectRef, content } = statement.predicate;
    const isOfVersion = subjectRef.model !== undefined && subjectRef.version !== undefined;
    if (subjectRef.workspace !== workspace || !isOfVersion) continue;
    if (content.transition === undefined || reported.has(keyOf(statement.predicate))) continue;
    open.set(keyOf(statement.predicate), asked(statement.predicate));
  }
  return [...open.values()];
}

type Subject = {
  readonly subjectRef: {
    readonly workspace: string;
    readonly model?: string;
    readonly use?: string;
    readonly version?: number;
  };
};

function keyOf({ subjectRef: { model, use, version } }: Subject): string {
  return JSON.stringify([model, use, version]);
}

function asked({ subjectRef }: Subject) {
  const { workspace, model = '', use = '', version = 0 } = subjectRef;
  return { workspace, model, use, text: `${model}@${version} for ${use}` };
}
