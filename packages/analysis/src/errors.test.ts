// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { ANALYSIS_ERROR_CODES, AnalysisError } from './errors.ts';

test('error codes are unique words joined by underscores', () => {
  expect(new Set(ANALYSIS_ERROR_CODES).size).toBe(ANALYSIS_ERROR_CODES.length);
  for (const code of ANALYSIS_ERROR_CODES) expect(code).toMatch(/^[a-z]+(_[a-z0-9]+)*$/);
});

test('an error keeps its code, details and cause', () => {
  const cause = new Error('disk');
  const error = new AnalysisError('file_missing', 'not there', {
    details: { file: 'x.csv' },
    cause,
  });
  expect(error).toMatchObject({
    name: 'AnalysisError',
    code: 'file_missing',
    details: { file: 'x.csv' },
    cause,
  });
});
