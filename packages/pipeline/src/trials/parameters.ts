// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';

/** Something of a run that holds parameters of the fit, under the name that readers know it by. */
export interface ParameterSource {
  readonly name: string;
  readonly values: Json;
}

/**
 * The value of a parameter: under its name as it stands, under the path that its dots spell, or with `__` for dots, as
 * scikit-learn's `get_params` writes it. Undefined where there is none.
 */
export function parameterOf(values: Json, name: string): Json | undefined {
  const names = [name, name.replaceAll('.', '__')];
  for (const one of names) {
    const found = memberOf(values, one);
    if (found !== undefined) return found;
  }
  let at: Json | undefined = values;
  for (const part of name.split('.')) at = at === undefined ? undefined : memberOf(at, part);
  return at;
}

function memberOf(values: Json, name: string): Json | undefined {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return undefined;
  // Array.isArray does not narrow readonly arrays away.
  return Object.entries(values as { readonly [name: string]: Json }).find(
    ([key]) => key === name,
  )?.[1];
}

/** Numbers are equal by value, whether a file holds them as number or as text; nothing and `None` are the same. */
export function isSameParameter(a: Json, b: Json): boolean {
  const [left, right] = [plain(a), plain(b)];
  const numbers = [left, right].map((text) => (text.trim() === '' ? Number.NaN : Number(text)));
  if (numbers.every((one) => !Number.isNaN(one))) return numbers[0] === numbers[1];
  return left.toLowerCase() === right.toLowerCase();
}

function plain(value: Json): string {
  if (value === null) return 'none';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
