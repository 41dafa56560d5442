// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';
import { type DecimalText, decimal } from '../plan/measurement.ts';
import type { InputRow } from '../scorer/input-values.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import { inputFields } from '../scorer/score-table.ts';
import { columnsOf, type InputType, type ScorerSpec } from '../scorer/scorer-spec.ts';
import { identifier } from '../table/column-type.ts';
import type { Table } from '../table/table.ts';

/** What the scorer did with one strange value of one input. Refusal by code or a score are both proper. */
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

/** Lowest and highest value of each numeric input in the measured rows. */
export type SeenRanges = ReadonlyMap<string, { readonly low: number; readonly high: number }>;

export async function seenRanges(table: Table, spec: ScorerSpec): Promise<SeenRanges> {
  const numeric = inputFields(spec).filter(({ type }) => type !== 'string' && type !== 'bool');
  if (numeric.length === 0) return new Map();
  for (const { name } of numeric) table.column(name);
  const ends = numeric.flatMap(({ name }) => [
    `min(CAST(${identifier(name)} AS DOUBLE))`,
    `max(CAST(${identifier(name)} AS DOUBLE))`,
  ]);
  const found = (await table.select(`SELECT ${ends.join(', ')} FROM ${table.relation}`)).flat();
  return new Map(
    numeric.flatMap(({ name }, at) => {
      const [low, high] = [found[2 * at], found[2 * at + 1]];
      return low === null || high === null
        ? []
        : [[name, { low: Number(low), high: Number(high) }] as const];
    }),
  );
}

/**
 * Tries missing, extreme, unseen and wrongly typed values of each input on one row, and numbers just outside the declared
 * bounds and a whole range away from those in the measured rows.
 */
export async function probeBoundaries(
  scorer: Scorer,
  row: InputRow,
  expected: { readonly seen: SeenRanges; readonly isProbability: boolean },
): Promise<readonly ProbeResult[]> {
  const { seen, isProbability } = expected;
  const probe = (changed: InputRow, name: Pick<ProbeResult, 'input' | 'probe'>) =>
    probeOf(scorer, changed, { ...name, isProbability });
  const results: ProbeResult[] = [];
  for (const field of inputFields(scorer.spec)) {
    const { [field.name]: _, ...without } = row;
    results.push(await probe(without, { input: field.name, probe: 'absent' }));
    const outside = outsideProbes(scorer.spec, field, seen);
    for (const [name, value] of [['missing', null] as const, ...PROBES[field.type], ...outside]) {
      results.push(
        await probe({ ...row, [field.name]: value }, { input: field.name, probe: name }),
      );
    }
  }
  results.push(
    await probe({ ...row, 'an unknown input': 1 }, { input: 'an unknown input', probe: 'unknown' }),
  );
  return results;
}

type NamedProbe = readonly [string, unknown];

function outsideProbes(
  spec: ScorerSpec,
  field: { readonly name: string; readonly type: InputType },
  seen: SeenRanges,
): readonly NamedProbe[] {
  if (field.type === 'string' || field.type === 'bool') return [];
  const whole = field.type === 'i64';
  const declared = spec.inputs.find((input) => columnsOf(input).includes(field.name));
  const beside = (bound: string, side: 1 | -1) =>
    // A float32 resolves a step of 1e-6 of the value; the scorer holds the value given against the bound.
    whole
      ? Number(bound) + side
      : Number(bound) + side * Math.max(1e-6, Math.abs(Number(bound)) * 1e-6);
  const range = seen.get(field.name);
  const width = range === undefined ? 0 : Math.max(1, range.high - range.low);
  const typed = (value: number) => (whole ? Math.round(value) : value);
  return [
    ...(declared?.min === undefined
      ? []
      : [['below declared minimum', beside(declared.min, -1)] as const]),
    ...(declared?.max === undefined
      ? []
      : [['above declared maximum', beside(declared.max, 1)] as const]),
    ...(range === undefined
      ? []
      : [
          ['far below measured rows', typed(range.low - width)] as const,
          ['far above measured rows', typed(range.high + width)] as const,
        ]),
  ];
}

async function probeOf(
  scorer: Scorer,
  row: InputRow,
  { isProbability, ...name }: Pick<ProbeResult, 'input' | 'probe'> & { isProbability: boolean },
): Promise<ProbeResult> {
  try {
    const { score } = await scorer.score(row);
    // A scorer gives finite numbers alone; a probability has bounds beside that.
    const outcome = !isProbability || (score >= 0 && score <= 1) ? 'scored' : 'failed';
    return { ...name, outcome, score: decimal(score) };
  } catch (error) {
    // What the scorer says about an input is a proper refusal; anything else is what the probe is looking for.
    const code = error instanceof AnalysisError ? error.code : 'unexpected';
    return { ...name, outcome: code.startsWith('input_') ? 'refused' : 'failed', code };
  }
}
