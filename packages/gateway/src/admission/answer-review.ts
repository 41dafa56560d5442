// SPDX-License-Identifier: Apache-2.0
import { GatewayError } from '../errors.ts';
import type { ReviewAnswer, ReviewRequest } from './admission-review.ts';
import { judgeWorkload } from './judge-workload.ts';
import type { WarrantedVersion, WarrantedVersions } from './warranted-versions.ts';
import { type PodPlan, readWorkload } from './workload.ts';

export interface AnswerOptions {
  readonly warrants: Pick<WarrantedVersions, 'live' | 'held'>;
  readonly allowedImages: ReadonlySet<string>;
  readonly annotatedImages: boolean;
  readonly nowMs: () => number;
}

const DAY_MS = 86_400_000;
const WARNING_DAYS = 7;
/** Of warrants that are listed but were refused; the operator's log has them all. */
const REFUSALS_MAX = 5;

/** Judges one request from what is held in memory. Whatever is not known to be warranted is denied. */
export function answerReview(request: ReviewRequest, options: AnswerOptions): ReviewAnswer {
  // What is removed runs nothing; refusing it would keep a revoked model up.
  if (request.operation === 'DELETE') return allowed([], options.nowMs());
  if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') {
    return denied(422, [`operation \`${request.operation.slice(0, 40)}\` is not judged here`]);
  }
  const workload = readWorkload(request.object);
  if (!workload.ok) return denied(422, [workload.reason]);
  if (isSamePod(request, workload.pods)) return allowed([], options.nowMs());
  const live = options.warrants.live();
  if (live instanceof GatewayError) return denied(503, [live.message]);
  const { reasons, versions } = judgeWorkload(workload.pods, { ...options, live });
  if (reasons.length === 0) return allowed(versions, options.nowMs());
  return denied(403, [...reasons, ...options.warrants.held().refusals.slice(0, REFUSALS_MAX)]);
}

/**
 * An update of a pod that leaves what it runs as it was starts nothing. Refusing it would keep the controllers from taking
 * down a pod whose warrant has ended: they remove finalizers by updates.
 */
function isSamePod({ operation, object, oldObject }: ReviewRequest, pods: readonly PodPlan[]) {
  const isPod = typeof object === 'object' && object !== null && 'kind' in object;
  if (operation !== 'UPDATE' || !isPod || object.kind !== 'Pod') return false;
  const before = readWorkload(oldObject);
  return before.ok && JSON.stringify(before.pods) === JSON.stringify(pods);
}

export function denied(code: number, reasons: readonly string[]): ReviewAnswer {
  return {
    allowed: false,
    code,
    reasons,
    warnings: [],
    auditAnnotations: { verdict: 'denied', reasons: reasons.join('; ').slice(0, 1000) },
  };
}

function allowed(versions: readonly WarrantedVersion[], nowMs: number): ReviewAnswer {
  const names = versions.map(({ model, version, use }) => `${model}@${version} for ${use}`);
  return {
    allowed: true,
    code: 200,
    reasons: [],
    warnings: versions.flatMap((one) => expiryWarning(one, nowMs)),
    auditAnnotations: {
      verdict: 'allowed',
      ...(versions.length === 0
        ? {}
        : {
            versions: names.join(', '),
            warrants: versions.map(({ grant }) => grant.digest).join(', '),
          }),
    },
  };
}

function expiryWarning(one: WarrantedVersion, nowMs: number): readonly string[] {
  const { expires } = one.grant.warrant;
  const days = (Date.parse(expires) - nowMs) / DAY_MS;
  if (days > WARNING_DAYS) return [];
  return [`countersign: the warrant of ${one.model}@${one.version} ends at ${expires}`];
}
