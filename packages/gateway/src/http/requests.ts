// SPDX-License-Identifier: Apache-2.0
import type { InputRow } from '@countersign/analysis';
import { type Json, parseStrictJson } from '@countersign/kernel';
import { GatewayError } from '../errors.ts';

/** A request for one decision, whatever protocol it came in. */
export interface DecideRequest {
  /** Makes repeating safe: the same key and body give the first answer again. */
  readonly key?: string;
  readonly use?: string;
  /** The firm's reference for the case, such as an application number; kept as an HMAC. */
  readonly business?: string;
  /** The person decided about; kept as an HMAC. */
  readonly subject?: string;
  readonly inputs: InputRow;
  /** Attributes for fairness monitoring. They are stored apart and never reach the model. */
  readonly protected: { readonly [name: string]: Json };
}

type JsonObject = { readonly [key: string]: Json };
const TEXT_MAX = 200;

function malformed(field: string, expected: string): GatewayError {
  return new GatewayError('request_malformed', `\`${field}\` must be ${expected}`, { field });
}

function objectOf(json: Json | undefined, field: string): JsonObject {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw malformed(field, 'an object');
  return json as JsonObject;
}

function onlyKeys(object: JsonObject, allowed: readonly string[], field: string): void {
  const unknown = Object.keys(object).find((key) => !allowed.includes(key));
  if (unknown !== undefined)
    throw malformed(`${field}.${unknown}`, `absent; known are ${allowed.join(', ')}`);
}

function textOf(json: Json | undefined, field: string): string | undefined {
  if (json === undefined) return undefined;
  if (typeof json !== 'string' || json.length === 0 || json.length > TEXT_MAX) {
    throw malformed(field, `a text of 1 to ${TEXT_MAX} characters`);
  }
  if (json.includes('\0')) throw malformed(field, 'a text without U+0000');
  return json;
}

function parse(body: Uint8Array): JsonObject {
  try {
    return objectOf(parseStrictJson(body), 'body');
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    const reason = cause instanceof Error ? cause.message : 'unreadable';
    throw new GatewayError(
      'request_malformed',
      `the body is not strict JSON: ${reason}`,
      {},
      { cause },
    );
  }
}

function references(object: JsonObject, field: string) {
  const key = textOf(object.key, `${field}.key`);
  const use = textOf(object.use, `${field}.use`);
  const business = textOf(object.business, `${field}.business`);
  const subject = textOf(object.subject, `${field}.subject`);
  return {
    ...(key === undefined ? {} : { key }),
    ...(use === undefined ? {} : { use }),
    ...(business === undefined ? {} : { business }),
    ...(subject === undefined ? {} : { subject }),
  };
}

const REFERENCES = ['key', 'use', 'business', 'subject'];

const NAME = /^[a-z0-9][a-z0-9._-]{0,127}$/;

/** A model's name as records spell it. Throws `request_malformed`: what is no name at all is not kept as a refusal. */
export function parseModelName(text: string): string {
  if (NAME.test(text)) return text;
  throw malformed('model', 'a name of lower-case letters, digits, `.`, `_` and `-`');
}

/** `{inputs, protected?, key?, use?, business?, subject?}`. Throws `request_malformed` naming the field. */
export function parseDecideRequest(body: Uint8Array): DecideRequest {
  const object = parse(body);
  onlyKeys(object, [...REFERENCES, 'inputs', 'protected'], 'body');
  return {
    ...references(object, 'body'),
    inputs: objectOf(object.inputs, 'body.inputs'),
    protected: object.protected === undefined ? {} : objectOf(object.protected, 'body.protected'),
  };
}

/**
 * An inference request of the Open Inference Protocol v2 with exactly one row; `parameters` carries the references and
 * `protected` as a JSON text. Throws `request_malformed` naming the field.
 */
export function parseInferRequest(body: Uint8Array): DecideRequest {
  const object = parse(body);
  onlyKeys(object, ['id', 'inputs', 'outputs', 'parameters'], 'body');
  const parameters =
    object.parameters === undefined ? {} : objectOf(object.parameters, 'body.parameters');
  onlyKeys(parameters, [...REFERENCES, 'protected'], 'body.parameters');
  if (!Array.isArray(object.inputs)) throw malformed('body.inputs', 'a list of tensors');
  const row = object.inputs.map((tensor: Json, index: number) =>
    tensorOf(tensor, `body.inputs[${index}]`),
  );
  const attributes = textOf(parameters.protected, 'body.parameters.protected');
  return {
    ...references(parameters, 'body.parameters'),
    inputs: Object.fromEntries(row),
    protected: attributes === undefined ? {} : parse(new TextEncoder().encode(attributes)),
  };
}

function tensorOf(json: Json, field: string): readonly [string, Json] {
  const tensor = objectOf(json, field);
  onlyKeys(tensor, ['name', 'shape', 'datatype', 'data', 'parameters'], field);
  const name = textOf(tensor.name, `${field}.name`);
  if (name === undefined) throw malformed(`${field}.name`, 'a text');
  const { data, shape } = tensor;
  const isOne =
    Array.isArray(shape) && shape.length > 0 && shape.every((length: Json) => length === 1);
  if (!isOne) throw malformed(`${field}.shape`, '[1] or [1, 1]: one request is one decision');
  if (!Array.isArray(data) || data.length !== 1)
    throw malformed(`${field}.data`, 'a list of one value');
  return [name, data[0] ?? null];
}
