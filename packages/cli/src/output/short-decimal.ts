// SPDX-License-Identifier: Apache-2.0

const DIGITS = 4;

/** A measured decimal with four significant digits for a table; `--json` has them all. */
export function shortDecimal(text: string): string {
  const value = Number(text);
  return Number.isFinite(value) ? String(Number(value.toPrecision(DIGITS))) : text;
}
