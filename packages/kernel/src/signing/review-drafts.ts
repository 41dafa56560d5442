// SPDX-License-Identifier: Apache-2.0
import type { ReviewOutcome } from '../governance/review-content.ts';
import { findingDraft } from './finding-drafts.ts';
import type { Draft } from './person-statement.ts';

export interface ReviewSubject {
  readonly workspace: string;
  readonly model: string;
  readonly use: string;
}

export interface ReviewWords {
  readonly outcome: ReviewOutcome;
  readonly rationale: string;
  /** Digests of the records that were looked at. */
  readonly evidence: readonly string[];
  /** The finding that `revalidate` and `restrict` open: its number, who answers it and until which day. */
  readonly finding?: { readonly id: string; readonly owner: string; readonly due: string };
}

/** What the records say at the moment of reviewing. */
export interface ReviewFacts {
  readonly triggers: readonly { readonly kind: string; readonly record: string }[];
  /** Live warrants of the use. */
  readonly warrants: readonly {
    readonly digest: string;
    readonly version: number;
    readonly environment: string;
    readonly artifactDigest: string;
  }[];
}

/** Days that the finding of a review is due in unless its reviewer says otherwise. */
export const REVIEW_FINDING_DAYS = 90;

export function opensFinding(outcome: ReviewOutcome): boolean {
  return outcome === 'revalidate' || outcome === 'restrict';
}

/**
 * A review and what its outcome brings about, to be recorded together or not at all: a finding that blocks, and the end
 * of live warrants.
 */
export function reviewDrafts(
  subject: ReviewSubject,
  words: ReviewWords,
  facts: ReviewFacts,
): readonly Draft[] {
  const { outcome, rationale, evidence } = words;
  const review: Draft = {
    type: 'periodic-review',
    kind: 'model',
    scope: 'use',
    subjectRef: subject,
    source: [...new Set([...evidence, ...facts.triggers.map(({ record }) => record)])],
    content: {
      outcome,
      rationale,
      triggers: [...new Set(facts.triggers.map(({ kind }) => kind))],
      evidence,
    },
  };
  return [review, ...findingOf(subject, words), ...endingsOf(subject, words, facts)];
}

function findingOf(subject: ReviewSubject, words: ReviewWords): readonly Draft[] {
  const { outcome, rationale, finding } = words;
  if (!opensFinding(outcome) || finding === undefined) return [];
  return [
    findingDraft(subject, {
      ...finding,
      title: `Review: ${outcome}`,
      source: 'validation',
      severity: outcome === 'restrict' ? 'high' : 'medium',
      blocking: true,
      description: rationale,
    }),
  ];
}

function endingsOf(
  subject: ReviewSubject,
  { outcome, rationale }: ReviewWords,
  { warrants }: ReviewFacts,
): readonly Draft[] {
  if (outcome === 'stands' || outcome === 'revalidate') return [];
  const kind = outcome === 'retire' ? 'retire' : 'suspend';
  return warrants.map(({ digest, version, environment, artifactDigest }) => ({
    type: 'deployment-record',
    kind,
    scope: 'version',
    subjectRef: { ...subject, version, artifactDigest },
    source: [digest],
    content: { warrant: digest, environment, reason: `review: ${rationale}` },
  }));
}

/** An owner's answer to a campaign, about the inventory entry in force. */
export function attestationDraft(
  about: { readonly workspace: string; readonly model: string },
  given: {
    readonly campaign: string;
    readonly entry: string;
    readonly answer: 'confirmed' | 'disputed';
    readonly note: string;
  },
): Draft {
  return {
    type: 'periodic-review',
    kind: 'attestation',
    scope: 'model',
    subjectRef: about,
    source: [given.campaign, given.entry],
    content: given,
  };
}
