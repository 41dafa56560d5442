// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { askedOf } from './exam-search.ts';

test('the year up to the date is the period unless days are given', () => {
  expect(askedOf({ date: '2026-03-03' }, '2026-11-23')).toEqual({
    date: '2026-03-03',
    from: '2025-03-03',
    to: '2026-03-03',
    known: undefined,
    bulk: undefined,
  });
  expect(askedOf({}, '2024-02-29').from).toBe('2023-03-01');
  const asked = askedOf({ from: '2026-01-01', to: '2026-03-31', known: 'then' }, '2026-11-23');
  expect(asked).toMatchObject({ from: '2026-01-01', to: '2026-03-31', known: '2026-11-23' });
});
