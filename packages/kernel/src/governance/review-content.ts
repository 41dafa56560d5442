// SPDX-License-Identifier: Apache-2.0
import type {
  AttestationCampaignContent,
  AttestationContent,
  ModelReviewContent,
  OverlayContent,
} from '../records/contents.ts';
import {
  asArray,
  asDigest,
  asNonEmpty,
  asOneOf,
  asTime,
  type JsonObject,
  malformed,
  onlyKeys,
  optional,
} from '../records/shape.ts';
import { asDay } from './finding-content.ts';

export const REVIEW_OUTCOMES = ['stands', 'revalidate', 'restrict', 'retire'] as const;
export type ReviewOutcome = (typeof REVIEW_OUTCOMES)[number];

/** What calls for a review beside the calendar. */
export const REVIEW_TRIGGERS = ['breach', 're-tier', 'pack'] as const;
export type ReviewTriggerKind = (typeof REVIEW_TRIGGERS)[number];

/** @throws KernelError `record_malformed` naming the member */
export function readModelReview(content: JsonObject): ModelReviewContent {
  onlyKeys(content, ['outcome', 'rationale', 'triggers', 'evidence'], 'content');
  return {
    outcome: asOneOf(content.outcome, REVIEW_OUTCOMES, 'content.outcome'),
    rationale: asNonEmpty(content.rationale, 'content.rationale'),
    triggers: asArray(content.triggers, 'content.triggers', (json, path) =>
      asOneOf(json, REVIEW_TRIGGERS, path),
    ),
    evidence: asArray(content.evidence, 'content.evidence', asDigest),
  };
}

/** @throws KernelError `record_malformed` naming the member */
export function readCampaign(content: JsonObject): AttestationCampaignContent {
  onlyKeys(content, ['campaign', 'title', 'due'], 'content');
  const campaign = asNonEmpty(content.campaign, 'content.campaign');
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(campaign)) {
    throw malformed('content.campaign', 'a name of lower-case letters, digits, `.`, `_` and `-`');
  }
  return {
    campaign,
    title: asNonEmpty(content.title, 'content.title'),
    due: asDay(content.due, 'content.due'),
  };
}

/** @throws KernelError `record_malformed` naming the member */
export function readAttestation(content: JsonObject): AttestationContent {
  onlyKeys(content, ['campaign', 'entry', 'answer', 'note'], 'content');
  return {
    campaign: asDigest(content.campaign, 'content.campaign'),
    entry: asDigest(content.entry, 'content.entry'),
    answer: asOneOf(content.answer, ['confirmed', 'disputed'] as const, 'content.answer'),
    note: asNonEmpty(content.note, 'content.note'),
  };
}

/** @throws KernelError `record_malformed` naming the member */
export function readOverlay(content: JsonObject): OverlayContent {
  onlyKeys(
    content,
    ['id', 'segment', 'size', 'reason', 'authority', 'expires', 'status', 'ended'],
    'content',
  );
  const status = asOneOf(content.status, ['active', 'ended'] as const, 'content.status');
  const ended = optional(content.ended, 'content.ended', asNonEmpty);
  if ((status === 'ended') !== (ended !== undefined)) {
    throw malformed('content.ended', 'the reason of an overlay that has ended, and of no other');
  }
  return {
    id: asNonEmpty(content.id, 'content.id'),
    segment: asNonEmpty(content.segment, 'content.segment'),
    size: asNonEmpty(content.size, 'content.size'),
    reason: asNonEmpty(content.reason, 'content.reason'),
    authority: asNonEmpty(content.authority, 'content.authority'),
    expires: asTime(content.expires, 'content.expires'),
    status,
    ...(ended === undefined ? {} : { ended }),
  };
}
