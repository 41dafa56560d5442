// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seed } from '../../tests/property-seed.ts';
import { toHex } from '../bytes.ts';
import { assertRecordJson, canonicalBytes, canonicalJson } from './canonical.ts';
import { type Json, parseStrictJson } from './parse.ts';

function numberOfBits(hex: string): number {
  return Buffer.from(hex, 'hex').readDoubleBE();
}

describe('canonical JSON', () => {
  it.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('writes the number %s as %s (RFC 8785, appendix B)', (bits, text) => {
    expect(canonicalJson(numberOfBits(bits))).toBe(text);
  });

  it.each(['7fffffffffffffff', '7ff0000000000000', 'fff0000000000000'])(
    'refuses the number %s (RFC 8785, appendix B)',
    (bits) => {
      expect(() => canonicalJson(numberOfBits(bits))).toThrow(
        expect.objectContaining({ code: 'json_unsupported_value' }),
      );
    },
  );

  it('writes the example of RFC 8785 section 3.2.4 to the byte', () => {
    // Read with JSON.parse: the example holds 1E30, which our own parser refuses as beyond 2^53.
    const input = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`);
    expect(toHex(canonicalBytes(input))).toBe(
      '7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a' +
        '5b3333333333333333332e333333333333332c31652b33302c342e352c302e3030322c31652d3237' +
        '5d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d',
    );
  });

  it('sorts keys by UTF-16 code units (RFC 8785, section 3.2.3)', () => {
    const input = parseStrictJson(String.raw`{
      "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis"
    }`);
    expect(Object.values(JSON.parse(canonicalJson(input)))).toHaveLength(7);
    const order = [...canonicalJson(input).matchAll(/:"([^"]*)"/g)].map((match) => match[1]);
    expect(order).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  it.each([
    [
      '{"1":{"f":{"f":"hi","F":5},"\\n":56.0},"10":{},"":"empty","a":{},"111":[{"e":"yes","E":"no"}],"A":{}}',
      '{"":"empty","1":{"\\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{"E":"no","e":"yes"}],"A":{},"a":{}}',
    ],
    [
      '{"péché":"is wrong according to French","peach":"This sorting order","sin":"ignore locale","pêche":"but canonicalization MUST"}',
      '{"peach":"This sorting order","péché":"is wrong according to French","pêche":"but canonicalization MUST","sin":"ignore locale"}',
    ],
    ['{"Unnormalized Unicode":"A\\u030a"}', '{"Unnormalized Unicode":"A\u030a"}'],
    ['[56,{"d":true,"10":null,"1":[]}]', '[56,{"1":[],"10":null,"d":true}]'],
    ['"\\u0000\\u001f\\u007f\\u2028"', '"\\u0000\\u001f\u007f\u2028"'],
  ])('writes %s in its canonical form', (input, output) => {
    expect(canonicalJson(parseStrictJson(input))).toBe(output);
  });

  it('is read back as the same value, and written the same again', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const first = tryWrite(value as Json);
        fc.pre(first !== undefined);
        expect(canonicalJson(parseStrictJson(first!))).toBe(first);
      }),
      { seed, numRuns: 500 },
    );
  });

  it('does not depend on the order of members', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.integer()), (object) => {
        fc.pre(Object.keys(object).every((key) => key.isWellFormed()));
        const reversed = Object.fromEntries(Object.entries(object).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(object));
      }),
      { seed },
    );
  });

  it.each([
    ['undefined', undefined],
    ['a member that is undefined', { a: undefined }],
    ['a big integer', 1n],
    ['a function', () => 1],
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['bytes', Uint8Array.of(1)],
    ['a hole in a list', new Array(1)],
  ])('refuses %s', (_, value) => {
    expect(() => canonicalJson(value as Json)).toThrow(
      expect.objectContaining({ code: 'json_unsupported_value' }),
    );
  });

  it('refuses a lone surrogate in text and in a key', () => {
    for (const value of ['\ud800', { '\udc00': 1 }]) {
      expect(() => canonicalJson(value)).toThrow(
        expect.objectContaining({ code: 'json_lone_surrogate' }),
      );
    }
  });

  it('refuses depth over 64, so a cycle too', () => {
    const cycle: Json[] = [];
    cycle.push(cycle);
    expect(() => canonicalJson(cycle)).toThrow('nesting deeper than 64');
  });

  it('accepts objects without a prototype', () => {
    expect(canonicalJson(Object.assign(Object.create(null), { b: 1, a: 2 }))).toBe('{"a":2,"b":1}');
  });
});

describe('record JSON', () => {
  it('may hold safe integers', () => {
    expect(() =>
      assertRecordJson({ a: [0, -1, Number.MAX_SAFE_INTEGER], b: { c: '0.5' }, d: null }),
    ).not.toThrow();
  });

  it.each([
    ['a fraction', { a: { b: [1, 0.5] } }, '$.a.b[1]'],
    ['-0', { zero: -0 }, '$.zero'],
    ['2^53', 2 ** 53, '$'],
    ['NaN', [Number.NaN], '$[0]'],
  ])('may not hold %s, and the path is named', (_, value, path) => {
    expect(() => assertRecordJson(value)).toThrow(
      expect.objectContaining({ code: 'json_unsafe_number', details: { path } }),
    );
  });
});

function tryWrite(value: Json): string | undefined {
  try {
    const text = canonicalJson(value);
    parseStrictJson(text);
    return text;
  } catch {
    return undefined;
  }
}
