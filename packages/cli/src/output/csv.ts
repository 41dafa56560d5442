// SPDX-License-Identifier: Apache-2.0

/**
 * What a spreadsheet may take for a formula, after any blanks: `=`, `+`, `-`, `@` and their full-width forms, which some
 * fold into them; and a tab or a line's end, which hide one (OWASP, CSV injection).
 */
const FORMULA = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/u;

/**
 * An RFC 4180 table that is safe to open: a text that looks like a formula is made text by an apostrophe before it. A
 * number written by us stays a number.
 */
export function csvTable(
  header: readonly string[],
  rows: readonly (readonly (string | number | undefined)[])[],
): string {
  return [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | number | undefined): string {
  if (typeof value === 'number') return String(value);
  const text = value ?? '';
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n\t']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
