// SPDX-License-Identifier: Apache-2.0
import { KernelError } from '../errors.ts';
import type { Json } from '../json/parse.ts';

/**
 * Readers of JSON that came from outside: each returns the typed value or throws
 * `record_malformed` with the path of the member, so that an error names its place.
 */
export type JsonObject = { readonly [key: string]: Json };

const DIGEST = /^[0-9a-f]{64}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export function malformed(path: string, expected: string): KernelError {
  return new KernelError('record_malformed', `\`${path}\` must be ${expected}`, { path });
}

export function asObject(value: Json | undefined, path: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed(path, 'an object');
  }
  return value as JsonObject;
}

/** Refuses members that are not listed: a member nobody checks is a place to hide something. */
export function onlyKeys(object: JsonObject, allowed: readonly string[], path: string): void {
  for (const key of Object.keys(object)) {
    if (!allowed.includes(key))
      throw malformed(`${path}.${key}`, 'absent: the member is not known');
  }
}

export function asString(value: Json | undefined, path: string): string {
  if (typeof value !== 'string') throw malformed(path, 'a string');
  return value;
}

export function asNonEmpty(value: Json | undefined, path: string): string {
  const text = asString(value, path);
  if (text.length === 0) throw malformed(path, 'a non-empty string');
  return text;
}

export function asDigest(value: Json | undefined, path: string): string {
  const text = asString(value, path);
  if (!DIGEST.test(text)) throw malformed(path, 'a SHA-256 digest in lower-case hex');
  return text;
}

export function asTime(value: Json | undefined, path: string): string {
  const text = asString(value, path);
  if (!TIME.test(text) || Number.isNaN(Date.parse(text))) {
    throw malformed(path, 'a UTC time like `2026-11-22T10:00:00.000Z`');
  }
  return text;
}

export function asInteger(value: Json | undefined, path: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw malformed(path, 'an integer');
  return value;
}

export function asCount(value: Json | undefined, path: string): number {
  const count = asInteger(value, path);
  if (count < 0) throw malformed(path, 'an integer of zero or more');
  return count;
}

export function asBoolean(value: Json | undefined, path: string): boolean {
  if (typeof value !== 'boolean') throw malformed(path, 'true or false');
  return value;
}

export function asOneOf<T extends string>(
  value: Json | undefined,
  allowed: readonly T[],
  path: string,
): T {
  const text = asString(value, path);
  const found = allowed.find((one) => one === text);
  if (found === undefined) throw malformed(path, `one of ${allowed.join(', ')}`);
  return found;
}

export function asArray<T>(
  value: Json | undefined,
  path: string,
  read: (item: Json, itemPath: string) => T,
): readonly T[] {
  if (!Array.isArray(value)) throw malformed(path, 'a list');
  return value.map((item: Json, index) => read(item, `${path}[${index}]`));
}

export function optional<T>(
  value: Json | undefined,
  path: string,
  read: (item: Json, itemPath: string) => T,
): T | undefined {
  return value === undefined ? undefined : read(value, path);
}
