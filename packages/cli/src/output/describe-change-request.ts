// SPDX-License-Identifier: Apache-2.0
import {
  type ChangeRequestReview,
  type GateVerdict,
  isJudgedOtherwise,
  subjectText,
} from '@countersign/kernel';
import { fields, short, table } from './table.ts';

export function describeChangeRequest(review: ChangeRequestReview): readonly string[] {
  const { request, promotion } = review;
  return [
    ...(promotion === undefined
      ? []
      : [`promoted on ${promotion.loggedAt} under warrant ${short(promotion.warrant)}`, '']),
    ...fields([
      ['change request', review.digest],
      ['proposes', `${subjectText(review.subject)} to ${request.transition}`],
      ['by', `${review.submitter} at ${review.submittedAt}`],
      ['class', request.class],
      ['envelope', request.envelope === undefined ? undefined : short(request.envelope)],
      ['cannot wait', request.urgency],
      ['reason', request.reason],
      ['impact', request.impact],
      ['rollback', request.rollback],
      ['artefact', request.artifactDigest],
      ['evidence', `${request.evidence.length} records frozen`],
      ['policy', short(request.policy)],
      ['rules', request.rulesVersion],
    ]),
    '',
    ...describeJudgement(review),
  ];
}

/** The gates as they stood at the promotion, then today's where they would say something else; today's alone before. */
function describeJudgement({ promotion, verdict }: ChangeRequestReview): readonly string[] {
  if (promotion === undefined) return describeVerdict(verdict);
  return [
    'when it was promoted:',
    ...describeVerdict(promotion.verdict),
    ...(isJudgedOtherwise(promotion.verdict, verdict)
      ? ['', 'judged as of today:', ...describeVerdict(verdict)]
      : []),
  ];
}

/** Conditions and approvals as a table, then what is missing. */
export function describeVerdict(
  verdict: Pick<GateVerdict, 'allowed' | 'conditions' | 'approvals' | 'missing' | 'carried'>,
): readonly string[] {
  const rows = [
    ...verdict.conditions.map(({ gate, id, outcome, reasons }) => [
      gate,
      id,
      outcome,
      reasons.join('; '),
    ]),
    ...verdict.approvals.map(({ gate, role, committee, needed, given }) => [
      gate,
      committee === undefined ? `approval by ${role}` : `decision of ${committee} (${role})`,
      given.length >= needed ? 'given' : 'open',
      given.map(({ account }) => account).join(', '),
    ]),
  ];
  const missing = verdict.missing.map((one) => `  missing: ${one}`);
  const carried = (verdict.carried ?? []).map(
    ({ evidence, record, version }) => `  carried: ${evidence} of @${version} (${short(record)})`,
  );
  return [
    ...table(['gate', 'condition', 'outcome', ''], rows),
    ...(carried.length > 0 ? ['', ...carried] : []),
    ...(missing.length > 0 ? ['', ...missing] : []),
  ];
}
