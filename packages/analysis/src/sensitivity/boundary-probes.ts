// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';
import { type DecimalText, decimal } from '../plan/measurement.ts';
import type { InputRow } from '../scorer/input-values.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import { inputFields } from '../scorer/score-table.ts';
import type { InputType } from '../scorer/scorer-spec.ts';

/** What the scorer did with one strange value of one input. Refusal by code or a probability are both proper. */
export interface ProbeResult {
  readonly input: string;
  readonly probe: string;
  readonly outcome: 'refused' | 'scored' | 'failed';
  readonly code?: string;
  readonly score?: DecimalText | null;
}

const NUMBERS: readonly (readonly [string, unknown])[] = [
  ['zero', 0],
  ['negative', -1],
  ['very large', 1e15],
  ['very small', -1e15],
  ['not a number', Number.NaN],
  ['infinite', Number.POSITIVE_INFINITY],
  ['text', 'abc'],
];

const PROBES: Readonly<Record<InputType, readonly (readonly [string, unknown])[]>> = {
  f32: [...NUMBERS, ['beyond float32', 1e39]],
  f64: [...NUMBERS, ['largest double', Number.MAX_VALUE]],
  i64: [...NUMBERS, ['fraction', 0.5], ['beyond 64 bits', 2n ** 64n]],
  string: [
    ['empty text', ''],
    ['unseen level', 'a level never seen'],
    ['number', 1],
    ['long text', 'x'.repeat(100_000)],
  ],
  bool: [['number', 1]],
};

/** Tries missing, extreme, unseen and wrongly typed values of each input on one row. */
export async function probeBoundaries(
  scorer: Scorer,
  row: InputRow,
): Promise<readonly ProbeResult[]> {
  const results: ProbeResult[] = [];
  for (const field of inputFields(scorer.spec)) {
    const { [field.name]: _, ...without } = row;
    results.push(await probe(scorer, without, { input: field.name, probe: 'absent' }));
    for (const [name, value] of [['missing', null] as const, ...PROBES[field.type]]) {
      results.push(
        await probe(scorer, { ...row, [field.name]: value }, { input: field.name, probe: name }),
      );
    }
  }
  results.push(
    await probe(
      scorer,
      { ...row, 'an unknown input': 1 },
      { input: 'an unknown input', probe: 'unknown' },
    ),
  );
  return results;
}

async function probe(
  scorer: Scorer,
  row: InputRow,
  name: Pick<ProbeResult, 'input' | 'probe'>,
): Promise<ProbeResult> {
  try {
    const { score } = await scorer.score(row);
    const outcome = score >= 0 && score <= 1 ? 'scored' : 'failed';
    return { ...name, outcome, score: decimal(score) };
  } catch (error) {
    // What the scorer says about an input is a proper refusal; anything else is what the probe is looking for.
    const code = error instanceof AnalysisError ? error.code : 'unexpected';
    return { ...name, outcome: code.startsWith('input_') ? 'refused' : 'failed', code };
  }
}
