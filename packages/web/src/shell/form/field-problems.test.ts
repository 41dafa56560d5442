// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { ApiError } from '../../api/api-error.ts';
import { fieldProblems } from './field-problems.ts';

const FIELDS = [
  { name: 'until', places: ['content.acceptance.expires'] },
  { name: 'evidence' },
  { name: 'title' },
];

function refusal(message: string, problem: Partial<ApiError['problem']>): ApiError {
  return new ApiError(message, { status: 422, code: 'record_refused', ...problem });
}

test('a problem of the request stands at its field, items of a list at the list', () => {
  const problems = [
    { place: 'body.title', message: 'must not be empty' },
    { place: 'body.evidence.0', message: 'must be a SHA-256 digest in lower-case hex' },
    { place: 'body.elsewhere', message: 'must not be empty' },
  ];
  const error = refusal('`body.title`: must not be empty', { problems, field: 'body.title' });
  expect([...fieldProblems(error, FIELDS)]).toEqual([
    ['title', 'Must not be empty'],
    ['evidence', 'Must be a SHA-256 digest in lower-case hex'],
  ]);
});

test('a refusal of the record stands at the field that says it', () => {
  const error = refusal('finding refused: an acceptance expires in the future', {
    field: 'content.acceptance.expires',
  });
  expect([...fieldProblems(error, FIELDS)]).toEqual([
    ['until', 'An acceptance expires in the future'],
  ]);
});

test('what is about no field, or no answer of the server, stands at none', () => {
  expect(fieldProblems(refusal('no', { field: 'signatures' }), FIELDS).size).toBe(0);
  expect(fieldProblems(new Error('no'), FIELDS).size).toBe(0);
});
