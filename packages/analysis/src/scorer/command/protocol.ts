// SPDX-License-Identifier: Apache-2.0
import { type Json, parseStrictJson, SCORER_PROTOCOL } from '@countersign/kernel';
import { AnalysisError } from '../../errors.ts';
import type { InputValue, NamedValue } from '../input-values.ts';
import { columnsOf, type ScorerSpec } from '../scorer-spec.ts';

/** What a process says once it can score (docs/formats.md). */
export interface Ready {
  readonly name: string;
  readonly version: string;
  readonly outputs: readonly { readonly name: string; readonly size: number }[];
}

/** The numbers of every output, or what the model said of a row that it cannot score. */
export type LineAnswer =
  | { readonly ok: true; readonly outputs: ReadonlyMap<string, readonly number[]> }
  | { readonly ok: false; readonly message: string };

/** Of any line that a process writes, without its end. */
export const LINE_BYTES_MAX = 256 * 1024;
const NUMBERS_MAX = 10_000;
const TEXT_MAX = 500;

/** One line without its end: the row under the id that the answer must repeat. */
export function requestLine(id: string, values: readonly NamedValue[]): string {
  const inputs = values.map((one) => `${JSON.stringify(one.name)}:${spelled(one)}`);
  return `{"id":${JSON.stringify(id)},"inputs":{${inputs.join(',')}}}`;
}

/**
 * Floats are the shortest text that reads back as the same binary64 and always have a point or an exponent, so that no
 * reader takes one for an integer and loses the sign of a zero; integers that a double cannot hold are text.
 */
function spelled({ type, value }: NamedValue): string {
  if (typeof value === 'bigint') return integerText(value);
  if (type === 'f32' || type === 'f64') return floatText(value);
  return JSON.stringify(value);
}

function integerText(value: bigint): string {
  const isSafe =
    value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
  return isSafe ? String(value) : `"${value}"`;
}

function floatText(value: InputValue): string {
  if (typeof value !== 'number') return 'null';
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Throws AnalysisError `scorer_protocol` for a line that does not declare a scorer of this protocol. */
export function parseReady(line: Uint8Array): Ready {
  const object = objectOf(line, 'the first line');
  if (object.ready !== SCORER_PROTOCOL)
    throw breach(`the first line must say \`"ready": "${SCORER_PROTOCOL}"\``);
  onlyKeys(object, ['ready', 'name', 'version', 'outputs']);
  const { outputs } = object;
  if (!Array.isArray(outputs) || outputs.length === 0 || outputs.length > NUMBERS_MAX)
    throw breach('`outputs` of the first line must be a list of {name, size}');
  return {
    name: textOf(object.name, 'name'),
    version: textOf(object.version, 'version'),
    outputs: outputs.map((one: Json) => {
      const { name, size, ...rest } = isObject(one) ? one : {};
      const isSize = typeof size === 'number' && Number.isInteger(size) && size >= 1;
      if (!isSize || size > NUMBERS_MAX || Object.keys(rest).length > 0)
        throw breach('`outputs` of the first line must be a list of {name, size}');
      return { name: textOf(name, 'outputs.name'), size };
    }),
  };
}

/** Throws AnalysisError `model_mismatch` unless the process has the output that is scored by. */
export function refuseOtherOutputs(spec: ScorerSpec, { outputs }: Ready): void {
  const found = outputs.find(({ name }) => name === spec.output);
  const index = spec.outputIndex ?? 0;
  if (found !== undefined && index < found.size) return;
  const has = outputs.map(({ name, size }) => `${name} of ${size}`).join(', ');
  throw new AnalysisError(
    'model_mismatch',
    `the scorer has no output \`${spec.output}\` with a place ${index}; it has ${has}`,
    { details: { field: spec.output } },
  );
}

/** Throws AnalysisError `model_mismatch` where two inputs read one column as different types: a row has one value under a key. */
export function refuseTwoTypes(spec: ScorerSpec): void {
  const types = new Map<string, string>();
  for (const input of spec.inputs) {
    for (const name of columnsOf(input)) {
      const other = types.get(name) ?? input.type;
      types.set(name, input.type);
      if (other === input.type) continue;
      const message = `column \`${name}\` is read as \`${other}\` and as \`${input.type}\`; a command scorer takes each once`;
      throw new AnalysisError('model_mismatch', message, { details: { field: name } });
    }
  }
}

/** Throws AnalysisError `scorer_protocol` for a line that is no answer to the request `id`. */
export function parseAnswer(line: Uint8Array, id: string, ready: Ready): LineAnswer {
  const object = objectOf(line, 'the answer');
  if (object.id !== id) throw breach('the answer is to another request');
  if (object.error !== undefined) {
    onlyKeys(object, ['id', 'error']);
    return { ok: false, message: textOf(object.error, 'error') };
  }
  onlyKeys(object, ['id', 'outputs']);
  const outputs = isObject(object.outputs) ? object.outputs : {};
  onlyKeys(
    outputs,
    ready.outputs.map(({ name }) => name),
  );
  const numbers = ready.outputs.map(({ name, size }) => {
    const value = outputs[name];
    const list: readonly Json[] = Array.isArray(value) ? value : [value ?? null];
    if (list.length !== size)
      throw breach(`output \`${name}\` has ${list.length} numbers, ${size} were declared`);
    return [name, list.map((one) => numberOf(one, name))] as const;
  });
  return { ok: true, outputs: new Map(numbers) };
}

const BY_NAME: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);
const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A JSON number, the name of one that JSON has no word for, or as text a number beyond 2^53. */
function numberOf(json: Json, name: string): number {
  if (typeof json === 'number') return json;
  if (typeof json === 'string') {
    const named = BY_NAME.get(json);
    if (named !== undefined) return named;
    if (json.length <= TEXT_MAX && DECIMAL.test(json)) return Number(json);
  }
  throw breach(`output \`${name}\` holds something that is no number`);
}

function isObject(json: Json | undefined): json is { readonly [key: string]: Json } {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function objectOf(line: Uint8Array, what: string): { readonly [key: string]: Json } {
  try {
    const json = parseStrictJson(line);
    if (isObject(json)) return json;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unreadable';
    throw breach(`${what} is not strict JSON: ${reason}`, cause);
  }
  throw breach(`${what} is not a JSON object`);
}

function onlyKeys(object: { readonly [key: string]: Json }, known: readonly string[]): void {
  const other = Object.keys(object).find((key) => !known.includes(key));
  if (other !== undefined) throw breach(`\`${other.slice(0, 60)}\` is no member that was declared`);
}

function textOf(json: Json | undefined, name: string): string {
  if (typeof json === 'string' && json.length > 0 && json.length <= TEXT_MAX) return json;
  throw breach(`\`${name}\` must be a text of 1 to ${TEXT_MAX} characters`);
}

/** A process that breaks the protocol once is not believed again. */
export function breach(message: string, cause?: unknown): AnalysisError {
  return new AnalysisError('scorer_protocol', `the scorer broke its protocol: ${message}`, {
    ...(cause === undefined ? {} : { cause }),
  });
}
