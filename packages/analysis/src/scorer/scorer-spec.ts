// SPDX-License-Identifier: Apache-2.0
import type { InferenceSession } from 'onnxruntime-node';
import { AnalysisError } from '../errors.ts';
import type { ColumnType } from '../table/column-type.ts';

export type InputType = 'f32' | 'f64' | 'i64' | 'string' | 'bool';

/** The type of a table's column that holds values of an input. */
export const INPUT_COLUMN_TYPES: Readonly<Record<InputType, ColumnType>> = {
  f32: 'number',
  f64: 'number',
  i64: 'integer',
  string: 'text',
  bool: 'boolean',
};

/** One tensor of the model, of shape [1, number of columns]. */
export interface ScorerInput {
  readonly name: string;
  readonly type: InputType;
  /** Keys of a row that fill the tensor in order; without it, the key named like the input. */
  readonly columns?: readonly string[] | undefined;
  /** Decimal bounds; a value outside is refused. */
  readonly min?: string | undefined;
  readonly max?: string | undefined;
  /** The only texts accepted. */
  readonly allowed?: readonly string[] | undefined;
  /** `accept`: null is given to the model as NaN or empty text, for it to impute. Default `refuse`. */
  readonly missing?: 'refuse' | 'accept' | undefined;
}

/** How to call the model: the artifact section of the pipeline file in short. */
export interface ScorerSpec {
  readonly inputs: readonly ScorerInput[];
  /** Name of the output tensor. */
  readonly output: string;
  /** Place of the score in it; the only or second-class column is usual. Default 0. */
  readonly outputIndex?: number | undefined;
}

/** The scorer's spec of a pipeline file's `artifact` section. */
export function scorerSpecOf(artifact: {
  readonly inputs: readonly ScorerInput[];
  readonly output: { readonly name: string; readonly index: number };
}): ScorerSpec {
  return {
    inputs: artifact.inputs,
    output: artifact.output.name,
    outputIndex: artifact.output.index,
  };
}

/**
 * The same spec without bounds, with missing values given to the model: what the graph itself does with values that
 * serving refuses. For parity of edges only, never for serving.
 */
export function unguardedSpec(spec: ScorerSpec): ScorerSpec {
  const inputs = spec.inputs.map(({ name, type, columns }) => ({
    name,
    type,
    columns,
    missing: 'accept' as const,
  }));
  return { ...spec, inputs };
}

/** Row keys that an input reads. */
export function columnsOf(input: ScorerInput): readonly string[] {
  return input.columns ?? [input.name];
}

/** What ONNX Runtime calls each type. */
export const TENSOR_TYPES: Readonly<Record<InputType, string>> = {
  f32: 'float32',
  f64: 'float64',
  i64: 'int64',
  string: 'string',
  bool: 'bool',
};

/** Throws `model_mismatch` unless the model asks for exactly these inputs, types and widths, and has the output. */
export function refuseMismatch(session: InferenceSession, spec: ScorerSpec): void {
  const declared = new Set(spec.inputs.map((input) => input.name));
  const undeclared = session.inputNames.find((name) => !declared.has(name));
  if (undeclared !== undefined) {
    throw mismatch(undeclared, `the model asks for input \`${undeclared}\`; declare it`);
  }
  for (const input of spec.inputs) refuseInput(session, input);
  const output = session.outputMetadata.find((entry) => entry.name === spec.output);
  if (output === undefined) {
    throw mismatch(
      spec.output,
      `the model has no output \`${spec.output}\`; it has ${session.outputNames.join(', ')}`,
    );
  }
  if (!output.isTensor || (output.type !== 'float32' && output.type !== 'float64')) {
    throw mismatch(
      spec.output,
      `output \`${spec.output}\` is not a tensor of floats; export the model without ZipMap`,
    );
  }
}

function refuseInput(session: InferenceSession, input: ScorerInput): void {
  const found = session.inputMetadata.find((entry) => entry.name === input.name);
  if (found === undefined) {
    throw mismatch(
      input.name,
      `the model has no input \`${input.name}\`; it has ${session.inputNames.join(', ')}`,
    );
  }
  if (!found.isTensor || found.type !== TENSOR_TYPES[input.type]) {
    const actual = found.isTensor ? found.type : 'not a tensor';
    throw mismatch(
      input.name,
      `input \`${input.name}\` is ${actual} in the model, declared \`${input.type}\`; correct the declaration`,
    );
  }
  const width = columnsOf(input).length;
  const [rows, columns] = found.shape;
  const oneRow = typeof rows !== 'number' || rows <= 1;
  // A dimension that is not fixed is reported as a symbol or as -1.
  const fits = typeof columns !== 'number' || columns < 0 || columns === width;
  if (found.shape.length === 2 && oneRow && fits) return;
  throw mismatch(
    input.name,
    `input \`${input.name}\` has shape [${found.shape.join(', ')}] in the model, but rows give [1, ${width}]`,
  );
}

function mismatch(field: string, message: string): AnalysisError {
  return new AnalysisError('model_mismatch', message, { details: { field } });
}
