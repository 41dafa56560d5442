// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { statusOf, statusText } from './use-status.ts';

const declared = { inUseSince: '2019-09-02' };
const legacy = (state: 'running' | 'overdue' | 'ended') => ({
  version: 1,
  stage: 'development' as const,
  enforcement: 'attested' as const,
  legacy: {
    warrant: 'a'.repeat(64),
    inUseSince: '2018-01-01',
    expires: '2027-01-01T00:00:00.000Z',
    state,
  },
});

test('a use that its owner declares is in use and no proposal', () => {
  expect(statusText(statusOf(declared, { stage: 'proposed', versions: [] }))).toBe(
    'in use since 2019-09-02, declared',
  );
  expect(statusOf(declared, undefined).status).toBe('declared');
  expect(statusText(statusOf({}, undefined))).toBe('proposed');
});

test.each(['staging', 'production', 'suspended', 'retired'] as const)(
  'a use in %s is told by its warrants, whatever was declared before',
  (stage) => {
    expect(statusOf(declared, { stage, versions: [legacy('running')] })).toEqual({ status: stage });
  },
);

test('a legacy warrant is told while it runs or is overdue', () => {
  const shown = (state: 'running' | 'overdue' | 'ended') =>
    statusText(statusOf(declared, { stage: 'development', versions: [legacy(state)] }));
  expect(shown('running')).toBe('in use since 2018-01-01, legacy');
  expect(shown('overdue')).toBe('in use since 2018-01-01, legacy, overdue');
  expect(shown('ended')).toBe('in use since 2019-09-02, declared');
});
