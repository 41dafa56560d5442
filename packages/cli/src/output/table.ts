// SPDX-License-Identifier: Apache-2.0
import { visibleText } from '@countersign/kernel';

/**
 * Lines of a table with left-aligned columns, two blanks between them; empty without rows. A cell stays on its line and
 * shows every character it has.
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly (string | number | undefined)[])[],
): readonly string[] {
  if (rows.length === 0) return [];
  const cells = rows.map((row) => headings.map((_, at) => visibleText(String(row[at] ?? ''))));
  const widths = headings.map((heading, at) =>
    Math.max(heading.length, ...cells.map((row) => row[at]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(headings), ...cells.map(line)];
}

/** `name   value` lines, names aligned; members without a value are left out. */
export function fields(
  pairs: readonly (readonly [string, string | number | undefined])[],
): readonly string[] {
  const shown = pairs.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${visibleText(String(value))}`);
}

/** A digest as people compare it; commands accept these twelve characters wherever a digest is asked for. */
export function short(digest: string): string {
  return digest.slice(0, 12);
}
