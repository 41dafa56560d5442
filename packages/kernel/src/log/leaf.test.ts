// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../bytes.ts';
import { encodeLogLeaf, type LogLeaf, parseLogLeaf } from './leaf.ts';

const leaf: LogLeaf = {
  v: 1,
  type: 'record',
  payload: 'a'.repeat(64),
  signatures: 'b'.repeat(64),
  time: '2026-11-22T10:00:00.000Z',
};
const text = `{"payload":"${'a'.repeat(64)}","signatures":"${'b'.repeat(64)}","time":"2026-11-22T10:00:00.000Z","type":"record","v":1}`;

describe('a log leaf', () => {
  it('is canonical JSON, and reads back', () => {
    expect(fromUtf8(encodeLogLeaf(leaf))).toBe(text);
    expect(parseLogLeaf(utf8(text))).toEqual(leaf);
  });

  it.each<[string, Partial<Record<keyof LogLeaf, unknown>>]>([
    ['another version', { v: 2 }],
    ['another type', { type: 'decision' }],
    ['a payload that is no digest', { payload: 'abc' }],
    ['a digest in capitals', { signatures: 'B'.repeat(64) }],
    ['a time without milliseconds', { time: '2026-11-22T10:00:00Z' }],
    ['a time in another zone', { time: '2026-11-22T10:00:00.000+01:00' }],
    ['a day that does not exist', { time: '2026-02-30T10:00:00.000Z' }],
    ['a time that is a number', { time: 1 }],
  ])('with %s is neither written nor read', (_, change) => {
    const wrong = { ...leaf, ...change } as LogLeaf;
    expect(() => encodeLogLeaf(wrong)).toThrow(expect.objectContaining({ code: 'bad_log_leaf' }));
    const sorted = JSON.stringify(wrong, Object.keys(wrong).sort());
    expect(() => parseLogLeaf(utf8(sorted))).toThrow(
      expect.objectContaining({ code: 'bad_log_leaf' }),
    );
  });

  it.each([
    ['spaces', text.replace(':', ': ')],
    ['another order', JSON.stringify(leaf)],
    ['a further member', text.replace('"v":1', '"v":1,"x":1')],
    ['a list', '[]'],
    ['null', 'null'],
  ])('is refused with %s', (_, wrong) => {
    expect(() => parseLogLeaf(utf8(wrong))).toThrow(
      expect.objectContaining({ code: 'bad_log_leaf' }),
    );
  });

  it('is refused over 1 KB and when it is no JSON', () => {
    expect(() => parseLogLeaf(utf8(text + ' '.repeat(1024)))).toThrow(
      expect.objectContaining({ code: 'json_too_large' }),
    );
    expect(() => parseLogLeaf(utf8('{'))).toThrow(expect.objectContaining({ code: 'json_syntax' }));
  });
});
