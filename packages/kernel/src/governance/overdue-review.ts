// SPDX-License-Identifier: Apache-2.0
import { latestItem, versionContext } from '../evidence/evidence-items.ts';
import { readPolicy, TIERS } from '../gates/policy.ts';
import type { RecordSet } from '../records/record-set.ts';
import type { SubjectRef } from '../records/statement.ts';
import { setOfModel } from './records-of-model.ts';
import { reviewBase } from './review-schedule.ts';

const DAY_MS = 86_400_000;

/**
 * Why a warrant is restricted for want of a review, or undefined. Only a policy that says `reviews.overdueRestricts`
 * does so, and only for the warrants made under it. The period counts from `reviewBase`, as in the register of
 * reviews; its length is by the tier in force now.
 */
export function overdueReview(
  all: RecordSet,
  warrant: { readonly policy: string; readonly subject: SubjectRef; readonly loggedAt: string },
  now: string,
): string | undefined {
  const document = all.byDigest.get(warrant.policy)?.statement.predicate.content;
  if (document?.policy === undefined) return undefined;
  const rule = readPolicy(document.policy, 'content.policy').reviews;
  if (rule?.overdueRestricts !== true) return undefined;
  const { workspace, model, use, version } = warrant.subject;
  if (model === undefined || use === undefined || version === undefined) return undefined;
  const set = setOfModel(all, model);
  const found = versionContext(set, { workspace, model, use, version });
  if (!found.ok) return undefined;
  const said = latestItem(set, found.context, { id: 'risk-tier' })?.statement.predicate.content
    .tier;
  const tier = TIERS.find((one) => one === said) ?? 'high';
  const since = reviewBase(set, { workspace, model, use })?.at ?? warrant.loggedAt;
  const due = Date.parse(since) + rule[tier] * DAY_MS;
  if (Date.parse(now) <= due + rule.graceDays * DAY_MS) return undefined;
  const day = new Date(due).toISOString();
  return `the review of ${model} for ${use} was due at ${day}, ${rule.graceDays} days of grace are over`;
}
