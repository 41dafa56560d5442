// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { readByteRange } from './byte-range.ts';

// The examples of RFC 9110, section 14.1.2, on a representation of 10000 bytes.
test.each([
  ['bytes=0-499', { start: 0, end: 499 }],
  ['bytes=500-999', { start: 500, end: 999 }],
  ['bytes=-500', { start: 9500, end: 9999 }],
  ['bytes=9500-', { start: 9500, end: 9999 }],
  ['bytes=0-0', { start: 0, end: 0 }],
  ['bytes=9999-20000', { start: 9999, end: 9999 }],
  ['bytes=-20000', { start: 0, end: 9999 }],
])('%s of 10000 bytes is that part', (header, range) => {
  expect(readByteRange(header, 10_000)).toEqual(range);
});

test.each([
  undefined,
  '',
  'bytes=',
  'bytes=-',
  'lines=1-2',
  'bytes=0-0,-1',
  'bytes=5-4',
  'bytes=a-b',
])('%s is ignored, and the whole is sent', (header) => {
  expect(readByteRange(header, 10_000)).toBeUndefined();
});

test.each([
  ['bytes=10000-', 10_000],
  ['bytes=10000-10001', 10_000],
  ['bytes=-0', 10_000],
  ['bytes=0-', 0],
  ['bytes=-1', 0],
])('%s of %i bytes is not satisfiable', (header, size) => {
  expect(() => readByteRange(header, size)).toThrow(
    expect.objectContaining({ code: 'range_unsatisfiable' }),
  );
});
