// SPDX-License-Identifier: Apache-2.0
import { DemoFailure } from './demo-failure.ts';

/** Reads members of what commands return with `--json`; what is not there stops the demo rather than being made up. */
export function textAt(result: unknown, ...path: readonly (string | number)[]): string {
  let value: unknown = result;
  for (const key of path) {
    value =
      typeof value === 'object' && value !== null
        ? (value as Record<string | number, unknown>)[key]
        : undefined;
  }
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw new DemoFailure(
    `a command returned no \`${path.join('.')}\`: ${JSON.stringify(result)?.slice(0, 400)}`,
  );
}

export function digestOf(result: unknown): string {
  return textAt(result, 'digest');
}
