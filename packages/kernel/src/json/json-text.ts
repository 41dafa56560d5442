// SPDX-License-Identifier: Apache-2.0
import { fromUtf8 } from '../bytes.ts';
import { KernelError, type KernelErrorCode } from '../errors.ts';

/** A sequence of UTF-8 is at most four bytes, so at most three of them can be left without its end. */
const CUT_BYTES_MAX = 3;

/** The text of JSON as given, within `maxBytes` of UTF-8 and without a byte order mark. */
export function jsonText(input: Uint8Array | string, maxBytes: number): string {
  if (isOversize(input, maxBytes)) {
    const message = `JSON exceeds ${maxBytes} bytes; split it or store it as a file`;
    throw new KernelError('json_too_large', message, { maxBytes });
  }
  const text = typeof input === 'string' ? input : decode(input);
  if (text.charCodeAt(0) === 0xfeff) {
    const message = 'starts with a byte order mark; remove it';
    throw jsonErrorAt(text, 0, { code: 'bad_utf8', message });
  }
  return text;
}

/** An error that names line and column, both from 1, the column in UTF-16 units. */
export function jsonErrorAt(
  text: string,
  at: number,
  problem: { readonly code: KernelErrorCode; readonly message: string },
): KernelError {
  let line = 1;
  let lineStart = 0;
  for (let i = text.indexOf('\n'); i !== -1 && i < at; i = text.indexOf('\n', i + 1)) {
    line++;
    lineStart = i + 1;
  }
  const column = at - lineStart + 1;
  const message = `JSON at line ${line}, column ${column}: ${problem.message}`;
  return new KernelError(problem.code, message, { line, column });
}

function isOversize(input: Uint8Array | string, maxBytes: number): boolean {
  if (typeof input !== 'string') return input.length > maxBytes;
  // UTF-8 takes one to three bytes a UTF-16 unit, so most texts are settled without encoding them.
  if (input.length * 3 <= maxBytes) return false;
  return input.length > maxBytes || new TextEncoder().encode(input).length > maxBytes;
}

function decode(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    // Only the place is missing from the error of `fromUtf8`; it is found here, off the fast path.
    const valid = validPrefix(bytes);
    throw jsonErrorAt(valid, valid.length, { code: 'bad_utf8', message: 'invalid UTF-8' });
  }
}

/** The longest text that the bytes start with, found by halving: no prefix of a valid text is invalid. */
function validPrefix(bytes: Uint8Array): string {
  let valid = 0;
  let invalid = bytes.length + 1;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (mayContinue(bytes.subarray(0, middle))) valid = middle;
    else invalid = middle;
  }
  let whole = valid;
  while (valid - whole < CUT_BYTES_MAX && !isWhole(bytes.subarray(0, whole))) whole--;
  return fromUtf8(bytes.subarray(0, whole));
}

function mayContinue(prefix: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(prefix, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function isWhole(prefix: Uint8Array): boolean {
  try {
    fromUtf8(prefix);
    return true;
  } catch {
    return false;
  }
}
