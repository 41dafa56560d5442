// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seed } from '../../tests/property-seed.ts';
import { utf8 } from '../bytes.ts';
import { parseStrictJson } from './parse.ts';

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('strict JSON', () => {
  it('reads what JSON.parse reads, wherever numbers are safe', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(0, 1, 2, '\t'), (text, indent) => {
        const value = JSON.parse(text);
        fc.pre(isStrict(value));
        const spaced = JSON.stringify(value, null, indent);
        expect(parseStrictJson(spaced)).toEqual(value);
        expect(parseStrictJson(utf8(spaced))).toEqual(value);
      }),
      { seed, numRuns: 500 },
    );
  });

  it('accepts no text that JSON.parse refuses, and reads mutations alike', () => {
    const sample = '{"a":[1,-0.5e+3,"x\\u00e9\\n",true,null],"b":{"c":""}}';
    const mutation = fc.tuple(
      fc.nat(sample.length),
      fc.nat(3),
      fc.string({ unit: fc.constantFrom(...' {}[],:"\\u0019.eE+-truefalsn\t\n\u0001') }),
    );
    fc.assert(
      fc.property(mutation, ([at, cut, insert]) => {
        const text = sample.slice(0, at) + insert + sample.slice(at + cut);
        const ours = attempt(() => parseStrictJson(text));
        if (ours.ok) expect(ours.value).toEqual(JSON.parse(text));
      }),
      { seed, numRuns: 5000 },
    );
  });

  it('reads every escape', () => {
    expect(parseStrictJson('"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\ud83d\\uDE02"')).toBe(
      '"\\/\b\f\n\r\tA😂',
    );
  });

  it('keeps members named like those of Object.prototype', () => {
    const value = parseStrictJson('{"constructor":1,"toString":2,"hasOwnProperty":3}');
    expect(Object.entries(value as object)).toEqual([
      ['constructor', 1],
      ['toString', 2],
      ['hasOwnProperty', 3],
    ]);
  });

  it.each([
    ['9007199254740991', 9007199254740991],
    ['-9007199254740991', -9007199254740991],
    ['0.1', 0.1],
    ['1E-7', 1e-7],
    ['5e-324', 5e-324],
    ['12.50e1', 125],
    ['-0', -0],
  ])('reads the number %s', (text, value) => {
    expect(Object.is(parseStrictJson(text), value)).toBe(true);
  });

  it.each([
    ['nothing', '', 'json_syntax', 1, 1],
    ['only space', ' \n ', 'json_syntax', 2, 2],
    ['two documents', '1 2', 'json_syntax', 1, 3],
    ['a trailing comma in a list', '[1,]', 'json_syntax', 1, 4],
    ['a trailing comma in an object', '{"a":1,}', 'json_syntax', 1, 8],
    ['a leading comma', '[,1]', 'json_syntax', 1, 2],
    ['a missing comma', '[1 2]', 'json_syntax', 1, 4],
    ['a missing colon', '{"a" 1}', 'json_syntax', 1, 6],
    ['a key without quotes', '{a:1}', 'json_syntax', 1, 2],
    ['single quotes', "['a']", 'json_syntax', 1, 2],
    ['a comment', '[1,\n// no\n2]', 'json_syntax', 2, 1],
    ['a list that is not closed', '[1', 'json_syntax', 1, 3],
    ['an object that is not closed', '{"a":1', 'json_syntax', 1, 7],
    ['the wrong bracket', '[1}', 'json_syntax', 1, 3],
    ['a string that is not closed', '"abc', 'json_syntax', 1, 5],
    ['a string ending in a backslash', '"abc\\', 'json_syntax', 1, 5],
    ['a raw newline in a string', '"a\nb"', 'json_syntax', 1, 3],
    ['a raw control character after an escape', '"\\n\u0001"', 'json_syntax', 1, 4],
    ['an unknown escape', '"\\x41"', 'json_syntax', 1, 2],
    ['a short escape', '"\\u00e"', 'json_syntax', 1, 2],
    ['a leading zero', '01', 'json_syntax', 1, 2],
    ['a plus sign', '+1', 'json_syntax', 1, 1],
    ['a bare point', '.5', 'json_syntax', 1, 1],
    ['a point without digits', '1.', 'json_syntax', 1, 3],
    ['an exponent without digits', '1e+', 'json_syntax', 1, 4],
    ['a minus without digits', '-', 'json_syntax', 1, 2],
    ['hexadecimal', '0x10', 'json_syntax', 1, 2],
    ['NaN', 'NaN', 'json_syntax', 1, 1],
    ['Infinity', '-Infinity', 'json_syntax', 1, 2],
    ['a word in capitals', 'True', 'json_syntax', 1, 1],
    ['a word that goes on', 'nullx', 'json_syntax', 1, 5],
    ['a no-break space', '\u00a01', 'json_syntax', 1, 1],
    ['a repeated key', '{"a":1,\n "b":2,\n "a":3}', 'json_duplicate_key', 3, 2],
    ['a key repeated by an escape', '{"a":1,"\\u0061":2}', 'json_duplicate_key', 1, 8],
    ['a key repeated in an inner object', '[{"x":{"k":1,"k":1}}]', 'json_duplicate_key', 1, 14],
    ['the key `__proto__`', '{"__proto__":{}}', 'json_forbidden_key', 1, 2],
    ['the key `__proto__` by an escape', '{"\\u005f_proto__":1}', 'json_forbidden_key', 1, 2],
    ['a lone high surrogate', '["\\ud83d"]', 'json_lone_surrogate', 1, 2],
    ['a lone low surrogate', '["x\\ude02"]', 'json_lone_surrogate', 1, 2],
    ['surrogates in the wrong order', '"\\ude02\\ud83d"', 'json_lone_surrogate', 1, 1],
    ['a raw lone surrogate', '"a\ud83db"', 'json_lone_surrogate', 1, 1],
    ['a lone surrogate in a key', '{"\\udfff":1}', 'json_lone_surrogate', 1, 2],
    ['2^53', '[9007199254740992]', 'json_unsafe_number', 1, 2],
    ['-2^53', '-9007199254740992', 'json_unsafe_number', 1, 1],
    ['a large number in exponent form', '1e16', 'json_unsafe_number', 1, 1],
    ['a number beyond binary64', '1e400', 'json_unsafe_number', 1, 1],
    ['depth 65', nested(65), 'json_too_deep', 1, 65],
    ['a byte order mark', '\ufeff1', 'bad_utf8', 1, 1],
  ])('refuses %s', (_, text, code, line, column) => {
    expect(() => parseStrictJson(text)).toThrow(
      expect.objectContaining({ name: 'KernelError', code, details: { line, column } }),
    );
  });

  it('shortens what it quotes', () => {
    const key = 'k'.repeat(1000);
    const text = `{"${key}":1,"${key}":2}`;
    expect(() => parseStrictJson(text)).toThrow(`key \`${'k'.repeat(60)}…\` is repeated`);
  });

  it('names line and column in the message too', () => {
    expect(() => parseStrictJson('{\n  "a": tru\n}')).toThrow(
      'JSON at line 2, column 8: a value was expected',
    );
  });

  it('allows depth 64, and another depth when asked', () => {
    expect(parseStrictJson(nested(64))).toBeInstanceOf(Array);
    expect(() => parseStrictJson(nested(3), { maxDepth: 2 })).toThrow(
      expect.objectContaining({ code: 'json_too_deep' }),
    );
    expect(parseStrictJson(nested(100), { maxDepth: 100 })).toBeInstanceOf(Array);
  });

  it('limits bytes, not characters', () => {
    const text = '"ééé"';
    expect(parseStrictJson(text, { maxBytes: 8 })).toBe('ééé');
    for (const input of [text, utf8(text)]) {
      expect(() => parseStrictJson(input, { maxBytes: 7 })).toThrow(
        expect.objectContaining({ code: 'json_too_large' }),
      );
    }
  });

  it('has a limit of 1 MiB by default', () => {
    const text = (bytes: number) => `"${'a'.repeat(bytes - 2)}"`;
    expect(parseStrictJson(text(1024 * 1024))).toHaveLength(1024 * 1024 - 2);
    expect(() => parseStrictJson(text(1024 * 1024 + 1))).toThrow(
      expect.objectContaining({ code: 'json_too_large' }),
    );
  });

  it.each([
    ['an overlong form', [0x22, 0x0a, 0x61, 0xc0, 0xaf, 0x22], 2, 2],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22], 1, 2],
    ['a stray continuation', [0x22, 0xc3, 0xa9, 0x80, 0x22], 1, 3],
    ['a sequence cut short by the end', [0x22, 0x61, 0xe2, 0x82], 1, 3],
    ['a first byte that is never valid', [0xff], 1, 1],
  ])('refuses UTF-8 with %s and says where', (_, bytes, line, column) => {
    expect(() => parseStrictJson(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ code: 'bad_utf8', details: { line, column } }),
    );
  });

  it('refuses a byte order mark in bytes', () => {
    expect(() => parseStrictJson(Uint8Array.of(0xef, 0xbb, 0xbf, 0x31))).toThrow(
      expect.objectContaining({ code: 'bad_utf8' }),
    );
  });
});

function attempt<T>(
  run: () => T,
): { readonly ok: true; readonly value: T } | { readonly ok: false } {
  try {
    return { ok: true, value: run() };
  } catch {
    return { ok: false };
  }
}

function isStrict(value: unknown): boolean {
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, member]) => key !== '__proto__' && isStrict(member));
}
