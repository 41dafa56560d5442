// SPDX-License-Identifier: Apache-2.0
import { utf8 } from '../bytes.ts';
import { KernelError } from '../errors.ts';
import { JSON_DEPTH_MAX, type Json } from './parse.ts';

/**
 * RFC 8785 (JCS) text. Throws `json_unsupported_value` for what JSON cannot hold (undefined, NaN, a
 * Date, …) and for nesting over 64, `json_lone_surrogate` for text that is not Unicode.
 */
export function canonicalJson(value: Json): string {
  return write(value, 1);
}

/** UTF-8 bytes of `canonicalJson`. */
export function canonicalBytes(value: Json): Uint8Array {
  return utf8(canonicalJson(value));
}

/**
 * Throws `json_unsafe_number` with the `path` of the first number that is not a safe integer (or is
 * -0). Records hold no binary float: measured values are canonical decimals, as text.
 */
export function assertRecordJson(value: Json, path = '$'): void {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return;
    const message = `number \`${Object.is(value, -0) ? '-0' : value}\` at \`${path}\` is not a safe integer; write it as a decimal string`;
    throw new KernelError('json_unsafe_number', message, { path });
  }
  if (typeof value !== 'object' || value === null) return;
  if (isArray(value)) {
    for (let i = 0; i < value.length; i++) assertRecordJson(value[i]!, `${path}[${i}]`);
    return;
  }
  for (const [key, member] of Object.entries(value)) assertRecordJson(member, `${path}.${key}`);
}

function write(value: Json, depth: number): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') return number(value);
  if (value === null || value === true || value === false) return String(value);
  if (typeof value !== 'object') throw unsupported(`a value of type ${typeof value}`);
  if (depth > JSON_DEPTH_MAX) throw unsupported(`nesting deeper than ${JSON_DEPTH_MAX}`);
  return isArray(value) ? writeArray(value, depth) : writeObject(value, depth);
}

function writeArray(array: readonly Json[], depth: number): string {
  let text = '[';
  for (let i = 0; i < array.length; i++) {
    if (i > 0) text += ',';
    text += write(array[i]!, depth + 1);
  }
  return `${text}]`;
}

function writeObject(object: { readonly [key: string]: Json }, depth: number): string {
  const prototype = Object.getPrototypeOf(object);
  // A Map or Date would otherwise be written as `{}`. The second test admits plain objects of
  // another realm.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw unsupported('an object that is not plain');
  }
  // Default sort compares UTF-16 code units, which is what RFC 8785 section 3.2.3 asks for.
  const keys = Object.keys(object).sort();
  let text = '{';
  for (const key of keys) {
    if (text.length > 1) text += ',';
    text += `${quote(key)}:${write(object[key]!, depth + 1)}`;
  }
  return `${text}}`;
}

/**
 * RFC 8785 section 3.2.2.2 is the escaping of ECMAScript's JSON.stringify, minus its tolerance of
 * lone surrogates.
 */
function quote(text: string): string {
  if (!text.isWellFormed()) {
    throw new KernelError('json_lone_surrogate', 'text holds a lone surrogate; remove it');
  }
  return JSON.stringify(text);
}

/** RFC 8785 section 3.2.2.3: ECMAScript's own number text; -0 is `0`. */
function number(value: number): string {
  if (!Number.isFinite(value)) throw unsupported(`the number \`${value}\``);
  return String(value);
}

function unsupported(what: string): KernelError {
  return new KernelError('json_unsupported_value', `${what} cannot be written as JSON`);
}

// Array.isArray does not narrow a readonly array in a union.
function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
