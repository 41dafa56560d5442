// SPDX-License-Identifier: Apache-2.0
import { type ChangeRequestReview, changeRequestReview } from '@countersign/kernel';
import { expect, test } from 'vitest';
import { produce, report } from '../../../kernel/tests/credit-model.ts';
import { foundFirm } from '../../../kernel/tests/firm.ts';
import { describeChangeRequest } from './describe-change-request.ts';

test('a promoted request begins with its promotion; today’s judgement stands under its own heading', async () => {
  const firm = await foundFirm();
  const { candidate, request, production } = await produce(firm);
  const reviewed = (): ChangeRequestReview => {
    const found = changeRequestReview(firm.set(), request, firm.now());
    if ('refused' in found) throw new Error(found.refused);
    return found.review;
  };
  const same = describeChangeRequest(reviewed());
  const loggedAt = firm.set().byDigest.get(production)?.loggedAt;
  expect(same[0]).toBe(`promoted on ${loggedAt} under warrant ${production.slice(0, 12)}`);
  expect(same).toContain('when it was promoted:');
  expect(same).not.toContain('judged as of today:');
  await firm.add(
    {
      type: 'implementation-test',
      subjectRef: candidate.ref,
      content: report([{ metric: 'flipped-decisions', value: '1', verdict: 'fail' }]),
    },
    'platform',
  );
  const lapsed = describeChangeRequest(reviewed());
  const today = lapsed.indexOf('judged as of today:');
  const missing = lapsed.flatMap((line, at) => (line.startsWith('  missing: ') ? [at] : []));
  expect(missing.length).toBeGreaterThan(0);
  expect(missing.every((at) => at > today && today > 0)).toBe(true);
});
