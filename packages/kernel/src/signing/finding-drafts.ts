// SPDX-License-Identifier: Apache-2.0
import { endOfDay } from '../governance/finding-content.ts';
import type { FindingContent } from '../records/contents.ts';
import type { SubjectRef } from '../records/statement.ts';
import type { Draft } from './person-statement.ts';

/** What a person does with a finding once it is open. Dates are days, `2026-12-31`. */
export type FindingStep =
  | { readonly step: 'respond'; readonly response: string; readonly by: string }
  | { readonly step: 'extend'; readonly to: string; readonly reason: string }
  | {
      readonly step: 'accept';
      readonly until: string;
      readonly reason: string;
      readonly compensating: string;
    }
  | {
      readonly step: 'retest';
      readonly outcome: 'passed' | 'failed';
      readonly note: string;
      readonly evidence: readonly string[];
    }
  | { readonly step: 'close'; readonly closure: string; readonly evidence: readonly string[] }
  | { readonly step: 'reopen'; readonly reason: string; readonly due: string };

export const FINDING_STEPS = ['respond', 'extend', 'accept', 'retest', 'close', 'reopen'] as const;

/** The first record of a finding: of the use, also where it names a version, so that later versions inherit it. */
export function findingDraft(
  subjectRef: SubjectRef,
  content: Omit<FindingContent, 'status'>,
): Draft {
  return { type: 'finding', scope: 'use', subjectRef, content: { ...content, status: 'open' } };
}

/** A finding as the register holds it: its newest record, and what that says. */
export interface StandingFinding {
  readonly digest: string;
  readonly subjectRef: SubjectRef;
  readonly content: FindingContent;
}

/** A later state of a finding: a record that supersedes the one before and repeats what does not change. */
export function findingStepDraft(before: StandingFinding, step: FindingStep): Draft {
  return {
    type: 'finding',
    scope: 'use',
    subjectRef: before.subjectRef,
    source: [before.digest],
    supersedes: before.digest,
    content: { ...before.content, ...changeOf(before.content, step) },
  };
}

function changeOf(before: FindingContent, step: FindingStep): Partial<FindingContent> {
  switch (step.step) {
    case 'respond':
      return { status: 'responded', response: step.response, respondedBy: step.by };
    case 'extend':
      return {
        status: 'extended',
        due: step.to,
        extensions: (before.extensions ?? 0) + 1,
        extension: { from: before.due, reason: step.reason },
      };
    case 'accept': {
      const { reason, compensating, until } = step;
      const expires = endOfDay(until) ?? until;
      return { status: 'accepted', acceptance: { reason, compensating, expires } };
    }
    case 'retest': {
      const { outcome, note, evidence } = step;
      return { status: 'retest', retest: { outcome, note, evidence } };
    }
    case 'close':
      return { status: 'closed', closure: step.closure, evidence: step.evidence };
    case 'reopen':
      return { status: 'open', reopened: step.reason, due: step.due };
  }
}
