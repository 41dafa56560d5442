// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { AnalysisError } from '../../errors.ts';
import { valuesOf } from '../input-values.ts';
import type { ScorerSpec } from '../scorer-spec.ts';
import { parseAnswer, parseReady, refuseTwoTypes, requestLine } from './protocol.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const READY = parseReady(
  bytes(
    '{"ready":"countersign-scorer/1","name":"m","version":"1","outputs":[{"name":"p","size":2}]}',
  ),
);

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof AnalysisError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('a request', () => {
  const spec: ScorerSpec = {
    inputs: [
      { name: 'a', type: 'f64' },
      { name: 'b', type: 'f32' },
      { name: 'c', type: 'i64' },
      { name: 'd', type: 'string', missing: 'accept' },
      { name: 'e', type: 'bool' },
    ],
    output: 'p',
  };
  test.each([
    [
      { a: 1, b: 0.1, c: 7, d: 'x"y', e: false },
      '"a":1.0,"b":0.10000000149011612,"c":7,"d":"x\\"y","e":false',
    ],
    [{ a: -0, b: 2, c: -3n, d: null, e: true }, '"a":-0.0,"b":2.0,"c":-3,"d":null,"e":true'],
    [
      { a: 1e21, b: 1.5, c: 2n ** 53n, d: 'ü\u2028', e: true },
      '"a":1e+21,"b":1.5,"c":"9007199254740992","d":"ü\u2028","e":true',
    ],
    [
      { a: 5e-324, b: 0, c: 9_007_199_254_740_991, d: '', e: true },
      '"a":5e-324,"b":0.0,"c":9007199254740991,"d":"","e":true',
    ],
  ])('spells every value so that it reads back as it is', (row, members) => {
    expect(requestLine('0f', valuesOf(spec, row))).toBe(`{"id":"0f","inputs":{${members}}}`);
  });

  test('has one value under a name, so two inputs cannot read one column as two types', () => {
    const twice: ScorerSpec = {
      inputs: [
        { name: 'a', type: 'f64', columns: ['x'] },
        { name: 'b', type: 'f32', columns: ['x'] },
      ],
      output: 'p',
    };
    expect(codeOf(() => refuseTwoTypes(twice))).toBe('model_mismatch');
    expect(codeOf(() => refuseTwoTypes(spec))).toBe('accepted');
  });
});

describe('an answer', () => {
  test('keeps every bit of a number, and what JSON has no word for is text', () => {
    const said = '{"id":"0f","outputs":{"p":[0.1000000000000000055511151231257827,"-Infinity"]}}';
    const answer = parseAnswer(bytes(said), '0f', READY);
    expect(answer).toEqual({ ok: true, outputs: new Map([['p', [0.1, -Infinity]]]) });
    const large = '{"id":"0f","outputs":{"p":["1e300","NaN"]}}';
    expect(parseAnswer(bytes(large), '0f', READY)).toEqual({
      ok: true,
      outputs: new Map([['p', [1e300, Number.NaN]]]),
    });
  });

  test('may say in words that the row cannot be scored', () => {
    const answer = parseAnswer(bytes('{"id":"0f","error":"no such region"}'), '0f', READY);
    expect(answer).toEqual({ ok: false, message: 'no such region' });
  });

  test.each([
    ['of another id', '{"id":"10","outputs":{"p":[1,2]}}'],
    ['with a bare NaN', '{"id":"0f","outputs":{"p":[NaN,2]}}'],
    ['with a number too few', '{"id":"0f","outputs":{"p":[1]}}'],
    ['with a number alone', '{"id":"0f","outputs":{"p":1}}'],
    ['with a word for a number', '{"id":"0f","outputs":{"p":[1,"high"]}}'],
    ['with hexadecimal text', '{"id":"0f","outputs":{"p":[1,"0x10"]}}'],
    ['with empty text', '{"id":"0f","outputs":{"p":[1,""]}}'],
    ['with null', '{"id":"0f","outputs":{"p":[1,null]}}'],
    ['with another output', '{"id":"0f","outputs":{"p":[1,2],"q":3}}'],
    ['without outputs', '{"id":"0f"}'],
    ['with a second error', '{"id":"0f","outputs":{"p":[1,2]},"error":"x"}'],
    ['with a member twice', '{"id":"0f","id":"0f","outputs":{"p":[1,2]}}'],
    ['with more than JSON', '{"id":"0f","outputs":{"p":[1,2]}} {}'],
    [
      'with an integer that another reader may round',
      '{"id":"0f","outputs":{"p":[9007199254740993,2]}}',
    ],
    ['that is a list', '[]'],
    ['that is empty', ''],
    ['with an empty error', '{"id":"0f","error":""}'],
  ])('%s is not believed', (_, line) => {
    expect(codeOf(() => parseAnswer(bytes(line), '0f', READY))).toBe('scorer_protocol');
  });

  test('that is not UTF-8 is not believed', () => {
    const line = Uint8Array.from([...bytes('{"id":"0f","error":"'), 0xff, ...bytes('"}')]);
    expect(codeOf(() => parseAnswer(line, '0f', READY))).toBe('scorer_protocol');
  });
});

describe('a first line', () => {
  test.each([
    [
      'of another protocol',
      '{"ready":"countersign-scorer/2","name":"m","version":"1","outputs":[{"name":"p","size":1}]}',
    ],
    [
      'without a name',
      '{"ready":"countersign-scorer/1","version":"1","outputs":[{"name":"p","size":1}]}',
    ],
    ['without outputs', '{"ready":"countersign-scorer/1","name":"m","version":"1","outputs":[]}'],
    [
      'with an output of no number',
      '{"ready":"countersign-scorer/1","name":"m","version":"1","outputs":[{"name":"p","size":0}]}',
    ],
    [
      'with a member that nobody knows',
      '{"ready":"countersign-scorer/1","name":"m","version":"1","outputs":[{"name":"p","size":1}],"x":1}',
    ],
    ['that is a greeting', 'Welcome to R'],
  ])('%s makes no scorer', (_, line) => {
    expect(codeOf(() => parseReady(bytes(line)))).toBe('scorer_protocol');
  });
});
