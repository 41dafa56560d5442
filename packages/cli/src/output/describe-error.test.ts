// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CliError } from '../errors.ts';
import { describeError } from './describe-error.ts';

test('what the system refuses is told with its code once', () => {
  const refusal = (() => {
    try {
      return writeFileSync('/nosuch/exam.zip', '');
    } catch (error) {
      return error;
    }
  })();
  expect(describeError(refusal).lines).toEqual([
    "ENOENT: no such file or directory, open '/nosuch/exam.zip'",
    'next: check the path',
  ]);
});

test('the only malformed member is told once, further ones by a line each', () => {
  const first = { place: 'params.digest', message: 'must be a digest' };
  const second = { place: 'query.limit', message: 'must be a number' };
  const refused = (problems: readonly (typeof first)[]) =>
    new CliError('api_refused', '`params.digest`: must be a digest', {
      apiCode: 'request_malformed',
      details: { problems },
    });
  const line = 'request_malformed: `params.digest`: must be a digest';
  expect(describeError(refused([first])).lines).toEqual([line]);
  expect(describeError(refused([first, second])).lines).toEqual([
    line,
    '  query.limit: must be a number',
  ]);
});
