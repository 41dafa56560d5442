// SPDX-License-Identifier: Apache-2.0
import { Tensor } from 'onnxruntime-node';
import { AnalysisError } from '../errors.ts';
import { columnsOf, type InputType, type ScorerInput, type ScorerSpec } from './scorer-spec.ts';

/** One row by column name. Numbers may come as number or bigint, texts as string. */
export type InputRow = Readonly<Record<string, unknown>>;

const I64_MIN = -(2n ** 63n);
const I64_MAX = 2n ** 63n - 1n;

/**
 * The feeds of one row. Throws AnalysisError `input_unknown`, `input_missing`, `input_type` or `input_out_of_range`,
 * naming the field; a value is never coerced from one kind to another.
 */
export function feedsOf(spec: ScorerSpec, row: InputRow): Record<string, Tensor> {
  refuseUnknown(spec, row);
  return Object.fromEntries(spec.inputs.map((input) => [input.name, tensorOf(input, row)]));
}

/** A value as a model is given it: null only where the input accepts missing values. */
export type InputValue = number | bigint | string | boolean | null;

export interface NamedValue {
  readonly name: string;
  readonly type: InputType;
  readonly value: InputValue;
}

/** The same values, checked in the same way, one by one under the keys of the row; for scorers that take no tensors. */
export function valuesOf(spec: ScorerSpec, row: InputRow): readonly NamedValue[] {
  refuseUnknown(spec, row);
  return spec.inputs.flatMap((input) =>
    columnsOf(input).map((name) => ({
      name,
      type: input.type,
      value: checkedValue(input, row, name),
    })),
  );
}

function checkedValue(input: ScorerInput, row: InputRow, name: string): InputValue {
  switch (input.type) {
    case 'f32':
    case 'f64':
      return acceptsNull(input, row, name) ? null : float(input, row, name);
    case 'i64':
      return integer(input, row, name);
    case 'string':
      return acceptsNull(input, row, name) ? null : text(input, row, name);
    case 'bool':
      return truth(row, name);
  }
}

function refuseUnknown(spec: ScorerSpec, row: InputRow): void {
  const known = new Set(spec.inputs.flatMap(columnsOf));
  for (const key of Object.keys(row)) {
    if (known.has(key)) continue;
    throw refusal('input_unknown', key, `input \`${key}\` is not one of the model's; remove it`);
  }
}

function tensorOf(input: ScorerInput, row: InputRow): Tensor {
  const columns = columnsOf(input);
  const shape = [1, columns.length];
  switch (input.type) {
    case 'f32':
      return new Tensor(
        'float32',
        Float32Array.from(columns, (name) => float(input, row, name)),
        shape,
      );
    case 'f64':
      return new Tensor(
        'float64',
        Float64Array.from(columns, (name) => float(input, row, name)),
        shape,
      );
    case 'i64':
      return new Tensor(
        'int64',
        BigInt64Array.from(columns, (name) => integer(input, row, name)),
        shape,
      );
    case 'string':
      return new Tensor(
        'string',
        columns.map((name) => text(input, row, name)),
        shape,
      );
    case 'bool':
      return new Tensor(
        'bool',
        Uint8Array.from(columns, (name) => (truth(row, name) ? 1 : 0)),
        shape,
      );
  }
}

function present(row: InputRow, name: string): unknown {
  const value = Object.hasOwn(row, name) ? row[name] : undefined;
  if (value !== undefined && value !== null) return value;
  throw refusal(
    'input_missing',
    name,
    `input \`${name}\` is missing; the model takes no missing values`,
  );
}

function acceptsNull(input: ScorerInput, row: InputRow, name: string): boolean {
  return input.missing === 'accept' && Object.hasOwn(row, name) && row[name] === null;
}

function float(input: ScorerInput, row: InputRow, name: string): number {
  if (acceptsNull(input, row, name)) return Number.NaN;
  const value = present(row, name);
  if (typeof value !== 'number') {
    throw refusal('input_type', name, `input \`${name}\` is ${kind(value)}; give a number`);
  }
  const kept = input.type === 'f32' ? Math.fround(value) : value;
  if (!Number.isFinite(kept)) {
    throw refusal(
      'input_out_of_range',
      name,
      `input \`${name}\` is \`${value}\`; give a finite number`,
    );
  }
  refuseOutside(input, name, value);
  return kept;
}

function integer(input: ScorerInput, row: InputRow, name: string): bigint {
  const value = present(row, name);
  const whole =
    typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value));
  if (!whole) {
    throw refusal('input_type', name, `input \`${name}\` is ${kind(value)}; give a whole number`);
  }
  const exact = BigInt(value);
  if (exact < I64_MIN || exact > I64_MAX) {
    throw refusal('input_out_of_range', name, `input \`${name}\` does not fit 64 bits; correct it`);
  }
  refuseOutside(input, name, Number(exact));
  return exact;
}

function text(input: ScorerInput, row: InputRow, name: string): string {
  if (acceptsNull(input, row, name)) return '';
  const value = present(row, name);
  if (typeof value !== 'string') {
    throw refusal('input_type', name, `input \`${name}\` is ${kind(value)}; give a text`);
  }
  if (input.allowed !== undefined && !input.allowed.includes(value)) {
    const shown = value.slice(0, 60);
    throw refusal(
      'input_out_of_range',
      name,
      `input \`${name}\` is \`${shown}\`; expected one of ${input.allowed.join(', ')}`,
    );
  }
  return value;
}

function truth(row: InputRow, name: string): boolean {
  const value = present(row, name);
  if (typeof value === 'boolean') return value;
  throw refusal('input_type', name, `input \`${name}\` is ${kind(value)}; give true or false`);
}

function refuseOutside(input: ScorerInput, name: string, value: number): void {
  const low = input.min !== undefined && value < Number(input.min);
  const high = input.max !== undefined && value > Number(input.max);
  if (!low && !high) return;
  throw refusal(
    'input_out_of_range',
    name,
    `input \`${name}\` is \`${value}\`; expected ${input.min ?? 'any'} to ${input.max ?? 'any'}`,
  );
}

function kind(value: unknown): string {
  if (typeof value === 'number') return `\`${value}\``;
  if (typeof value === 'string') return `the text \`${value.slice(0, 60)}\``;
  return `of type ${Array.isArray(value) ? 'array' : typeof value}`;
}

function refusal(code: AnalysisError['code'], field: string, message: string): AnalysisError {
  return new AnalysisError(code, message, { details: { field } });
}
