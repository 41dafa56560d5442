// SPDX-License-Identifier: Apache-2.0

/** The number of a row as read, from 1; named so that no real column is. */
export const ROW_NUMBER = '"__countersign_row"';

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
