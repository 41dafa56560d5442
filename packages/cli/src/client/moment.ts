// SPDX-License-Identifier: Apache-2.0
import { usage } from '../errors.ts';

/**
 * The moment that a day or a time names, as the server reads it: a day means its end in UTC, today what has passed of it.
 * @throws CliError `usage`
 */
export function momentOf(text: string, option: string, now: string): string {
  const end = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T23:59:59.999Z` : text;
  const time = new Date(Date.parse(end));
  if (Number.isNaN(time.getTime()) || time.toISOString() !== end) {
    throw usage(
      `${option} must be a day like \`2026-03-03\` or UTC with milliseconds, not \`${text}\``,
    );
  }
  if (end <= now) return end;
  if (text === now.slice(0, 10)) return now;
  throw usage(`${option}: \`${text}\` is to come`);
}
