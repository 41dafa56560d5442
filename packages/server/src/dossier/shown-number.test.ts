// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { countCell, measuredCell } from './shown-number.ts';

test.each([
  ['0.781234567890', '0.781'],
  ['0.0345678901234', '0.0346'],
  ['1.23456789012', '1.235'],
  ['12.3456789012', '12.35'],
  ['1234.56789012', '1,235'],
  ['-0.5', '−0.500'],
  ['0.0000123456', '1.23 × 10⁻⁵'],
  ['1.5e-12', '1.50 × 10⁻¹²'],
  ['1000000', '1,000,000'],
  ['0', '0'],
])('%s is shown as %s and keeps the recorded value', (recorded, shown) => {
  const cell = measuredCell(recorded);
  expect(cell.text).toBe(shown);
  expect(cell.exact ?? cell.text).toBe(recorded);
});

test.each(['', 'none', '≥ 0.70', '2026-03-01', '0x10', '1.2.3', ' 1'])(
  'text that is no decimal is left alone: `%s`',
  (text) => {
    expect(measuredCell(text)).toEqual({ text });
  },
);

test('counts are grouped by thousands', () => {
  expect(countCell(1234567)).toEqual({ text: '1,234,567', exact: '1234567' });
  expect(countCell(12)).toEqual({ text: '12' });
});
