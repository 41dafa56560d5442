// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { describeDraftFindings } from './describe-draft-findings.ts';

test('a draft tells what its catalogue lacks; a run of before it was measured tells nothing', () => {
  const featureCatalogue = {
    inputs: [],
    lacking: [{ input: 'postcode', what: ['a definition', 'a justification'] }],
    screen: null,
  };
  expect(describeDraftFindings({ featureCatalogue })).toEqual([
    'feature catalogue: `postcode` lacks a definition; a justification',
  ]);
  expect(describeDraftFindings({})).toEqual([]);
});
