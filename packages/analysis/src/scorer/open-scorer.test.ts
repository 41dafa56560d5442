// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AnalysisError } from '../errors.ts';
import { openScorer, type Scorer } from './open-scorer.ts';
import type { ScorerSpec } from './scorer-spec.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../../tests/fixtures/${name}`, import.meta.url));

const SPEC: ScorerSpec = {
  inputs: [
    { name: 'amount', type: 'f32', min: '0', max: '1000000' },
    { name: 'duration', type: 'i64' },
    { name: 'purpose', type: 'string', allowed: ['car', 'education', 'furniture'] },
  ],
  output: 'probabilities',
  outputIndex: 1,
};
const ROW = { amount: 1500.5, duration: 24, purpose: 'car' };

async function refusal(action: () => Promise<unknown>): Promise<AnalysisError> {
  const error = await action().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AnalysisError) return error;
  throw new Error(`expected an AnalysisError, got ${String(error)}`);
}

describe('a scorer', () => {
  let scorer: Scorer;
  beforeAll(async () => {
    scorer = await openScorer(fixture('credit.onnx'), SPEC);
  });
  afterAll(async () => {
    await scorer.close();
  });

  test('keeps the exact float32 output', async () => {
    const { raw, score } = await scorer.score(ROW);
    expect(raw).toHaveLength(2);
    expect(raw.map(Math.fround)).toEqual(raw);
    expect(score).toBe(raw[1]);
  });

  test('gives the same bits for overlapping calls as for one at a time', async () => {
    const rows = Array.from({ length: 64 }, (_, index) => ({
      ...ROW,
      amount: 100 + index * 37.25,
    }));
    const together = await Promise.all(rows.map((row) => scorer.score(row)));
    for (const [index, row] of rows.entries()) {
      expect((await scorer.score(row)).raw).toEqual(together[index]!.raw);
    }
  });

  test('takes bigint for a whole number', async () => {
    expect(await scorer.score({ ...ROW, duration: 24n })).toEqual(await scorer.score(ROW));
  });

  test.each([
    ['a missing key', { amount: 1, duration: 2 }, 'input_missing', 'purpose'],
    ['null', { ...ROW, amount: null }, 'input_missing', 'amount'],
    ['an unknown key', { ...ROW, sex: 'male' }, 'input_unknown', 'sex'],
    ['a number as text', { ...ROW, amount: '12' }, 'input_type', 'amount'],
    ['a fraction for a whole number', { ...ROW, duration: 2.5 }, 'input_type', 'duration'],
    ['an unsafe whole number', { ...ROW, duration: 2 ** 60 }, 'input_type', 'duration'],
    ['more than 64 bits', { ...ROW, duration: 2n ** 63n }, 'input_out_of_range', 'duration'],
    ['NaN', { ...ROW, amount: Number.NaN }, 'input_out_of_range', 'amount'],
    ['a float32 overflow', { ...ROW, amount: 1e39 }, 'input_out_of_range', 'amount'],
    ['a value above its bound', { ...ROW, amount: 1_000_001 }, 'input_out_of_range', 'amount'],
    ['a text outside the list', { ...ROW, purpose: 'boat' }, 'input_out_of_range', 'purpose'],
    [
      'a key of the prototype',
      { amount: 1, duration: 2, toString: 'x' },
      'input_unknown',
      'toString',
    ],
  ])('refuses %s and names the field', async (_, row, code, field) => {
    const error = await refusal(() => scorer.score(row));
    expect([error.code, error.details.field]).toEqual([code, field]);
  });

  test('refuses to score after it is closed', async () => {
    const other = await openScorer(fixture('credit.onnx'), SPEC);
    await other.close();
    expect((await refusal(() => other.score(ROW))).code).toBe('scorer_closed');
  });
});

describe('opening a model', () => {
  test('refuses bytes that are not a model', async () => {
    const error = await refusal(() => openScorer(new TextEncoder().encode('not a model'), SPEC));
    expect(error.code).toBe('model_unreadable');
  });

  test('refuses an empty artifact', async () => {
    expect((await refusal(() => openScorer(new Uint8Array(), SPEC))).code).toBe('model_unreadable');
  });

  test('refuses an output that is not a tensor', async () => {
    const spec = { ...SPEC, output: 'output_probability' };
    const error = await refusal(() => openScorer(fixture('zipmap.onnx'), spec));
    expect([error.code, error.details.field]).toEqual(['model_mismatch', 'output_probability']);
  });

  test.each([
    ['an input left out', SPEC.inputs.slice(1), 'amount'],
    ['an input too many', [...SPEC.inputs, { name: 'age', type: 'f32' as const }], 'age'],
    ['another type', [{ name: 'amount', type: 'f64' as const }, ...SPEC.inputs.slice(1)], 'amount'],
    [
      'another width',
      [{ name: 'amount', type: 'f32' as const, columns: ['a', 'b'] }, ...SPEC.inputs.slice(1)],
      'amount',
    ],
  ])('refuses a spec with %s', async (_, inputs, field) => {
    const error = await refusal(() => openScorer(fixture('credit.onnx'), { ...SPEC, inputs }));
    expect([error.code, error.details.field]).toEqual(['model_mismatch', field]);
  });
});
