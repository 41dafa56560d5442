// SPDX-License-Identifier: Apache-2.0

/**
 * RFC 4180, with cells that a spreadsheet would run as a formula made text by an apostrophe before them (OWASP, CSV
 * injection): whoever names a model must not run anything on the desk of whoever exports the list.
 */
export function csv(
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  return [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Hands a text to the browser's downloads. */
export function downloadText(name: string, mediaType: string, text: string): void {
  download(name, new Blob([text], { type: mediaType }));
}

export function downloadBytes(name: string, mediaType: string, bytes: Uint8Array): void {
  download(name, new Blob([new Uint8Array(bytes)], { type: mediaType }));
}

function download(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
