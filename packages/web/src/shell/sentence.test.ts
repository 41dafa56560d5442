// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { sentence } from './sentence.ts';

test.each([
  ['the version has not been rebuilt', 'The version has not been rebuilt'],
  [
    'gate/production-approval: 1 approval by legal missing',
    'gate/production-approval: 1 approval by legal missing',
  ],
  ['`dev` cannot act as validator', '`dev` cannot act as validator'],
  ['evidence-complete: fail', 'evidence-complete: fail'],
  ['reproducible: fail as computed here', 'reproducible: fail as computed here'],
  ['', ''],
])('`%s` is printed as `%s`', (message, printed) => {
  expect(sentence(message)).toBe(printed);
});
