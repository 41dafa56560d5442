// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from 'node:util';
import { TIERS } from '@countersign/kernel';
import { z } from 'zod';

/** What is compared of a `risk-tier` record; a use that was tiered by hand has no answers. */
const Tiered = z.looseObject({
  tier: z.enum(TIERS),
  points: z.int().optional(),
  override: z.string().optional(),
  answers: z
    .array(z.looseObject({ question: z.string(), answer: z.string(), points: z.int() }))
    .default([]),
});

export interface TierDifference {
  /** Nothing differs: signing it again would only make approvals stale. */
  readonly isSame: boolean;
  readonly isRaised: boolean;
  readonly lines: readonly string[];
}

/** The tier in force against the one computed again, answer by answer. */
export function tierDifference(before: unknown, after: unknown): TierDifference {
  const now = Tiered.parse(after);
  const was = Tiered.safeParse(before).data;
  if (was === undefined) {
    return { isSame: false, isRaised: false, lines: [`tier ${now.tier}; none was signed before`] };
  }
  if (isDeepStrictEqual(before, after)) {
    return { isSame: true, isRaised: false, lines: [`tier ${now.tier} stands: no answer differs`] };
  }
  const given = new Map(was.answers.map((one) => [one.question, one]));
  const answers = now.answers.flatMap(({ question, answer, points }) => {
    const earlier = given.get(question);
    if (earlier?.answer === answer && earlier.points === points) return [];
    const from = earlier === undefined ? 'not asked' : `${earlier.answer} (${earlier.points})`;
    return [`  ${question}: ${from} → ${answer} (${points})`];
  });
  const isRaised = TIERS.indexOf(now.tier) < TIERS.indexOf(was.tier);
  const consequence = isRaised
    ? [
        'approvals given under the lower tier do not suffice at the next request; a review falls due',
      ]
    : [];
  const override = now.override === undefined ? [] : [`  override: ${now.override}`];
  return {
    isSame: false,
    isRaised,
    lines: [
      `tier ${was.tier} (${was.points ?? '?'} points) → ${now.tier} (${now.points ?? '?'} points)`,
      ...answers,
      ...override,
      ...consequence,
    ],
  };
}
