// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seed } from '../tests/property-seed.ts';
import {
  concatBytes,
  equalBytes,
  fromBase64,
  fromHex,
  fromUtf8,
  toBase64,
  toHex,
  utf8,
} from './bytes.ts';

describe('base64', () => {
  // RFC 4648 section 10.
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('of `%s` is `%s`, as RFC 4648 has it', (text, encoded) => {
    expect(toBase64(utf8(text))).toBe(encoded);
    expect(fromUtf8(fromBase64(encoded))).toBe(text);
  });

  it('agrees with Buffer both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const encoded = Buffer.from(bytes).toString('base64');
        expect(toBase64(bytes)).toBe(encoded);
        expect(fromBase64(encoded)).toEqual(bytes);
      }),
      { seed },
    );
  });

  it.each([
    ['padding is missing', 'Zg'],
    ['padding is missing', 'Zm8'],
    ['padding is in the middle', 'Zg==Zg=='],
    ['only padding', '===='],
    ['one digit', 'Z==='],
    ['the URL alphabet', '-_-_'],
    ['white space', 'Zm9v\n   '],
    ['spare bits before `==`', 'Zh=='],
    ['spare bits before `=`', 'Zm9='],
    ['a letter beyond ASCII', 'Zm9ŵ'],
  ])('is refused: %s', (_, text) => {
    expect(() => fromBase64(text)).toThrow(expect.objectContaining({ code: 'bad_base64' }));
  });
});

describe('hex', () => {
  it('agrees with Buffer both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
      { seed },
    );
  });

  it.each(['a', 'abc', 'AB', '0g', ' a', 'é0', '0é'])('`%s` is refused', (text) => {
    expect(() => fromHex(text)).toThrow(expect.objectContaining({ code: 'bad_hex' }));
  });
});

describe('UTF-8', () => {
  it('keeps a byte order mark, so that bytes round trip', () => {
    expect(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
  });

  it.each([
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a cut sequence', [0xe2, 0x82]],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ])('bytes are refused: %s', (_, bytes) => {
    expect(() => fromUtf8(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ code: 'bad_utf8' }),
    );
  });

  it('text with a lone surrogate is refused', () => {
    expect(() => utf8('a\ud800')).toThrow(expect.objectContaining({ code: 'bad_utf8' }));
  });
});

describe('bytes', () => {
  it('are joined in order', () => {
    expect(concatBytes()).toEqual(new Uint8Array(0));
    expect(concatBytes(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))).toEqual(
      Uint8Array.of(1, 2, 3),
    );
  });

  it('are equal by length and content', () => {
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
  });
});
