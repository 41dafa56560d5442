// SPDX-License-Identifier: Apache-2.0
import { KernelError } from './errors.ts';

const BASE64_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const HEX_ALPHABET = '0123456789abcdef';
const PAD = 61;
const NOT_A_DIGIT = 255;

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const hexDigitOf = digitTable(HEX_ALPHABET);
const base64DigitOf = digitTable(BASE64_ALPHABET);
const base64CodeOf = Uint8Array.from(BASE64_ALPHABET, (letter) => letter.charCodeAt(0));

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const asciiDecoder = new TextDecoder('utf-8');

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += hexOfByte[bytes[i]!];
  return text;
}

/**
 * Bytes of lower-case hex; upper case and odd lengths throw `bad_hex`, so that a digest has one
 * spelling.
 */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  if (text.length % 2 !== 0) throw badHex(text);
  for (let i = 0; i < bytes.length; i++) {
    const high = hexDigitOf[text.charCodeAt(2 * i)] ?? NOT_A_DIGIT;
    const low = hexDigitOf[text.charCodeAt(2 * i + 1)] ?? NOT_A_DIGIT;
    if (high === NOT_A_DIGIT || low === NOT_A_DIGIT) throw badHex(text);
    bytes[i] = (high << 4) | low;
  }
  return bytes;
}

/** Standard base64 with padding (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let out = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    codes[out++] = base64CodeOf[group >> 18]!;
    codes[out++] = base64CodeOf[(group >> 12) & 63]!;
    codes[out++] = i + 1 < bytes.length ? base64CodeOf[(group >> 6) & 63]! : PAD;
    codes[out++] = i + 2 < bytes.length ? base64CodeOf[group & 63]! : PAD;
  }
  return asciiDecoder.decode(codes);
}

/**
 * Bytes of standard base64. Strict, so that bytes have one spelling (RFC 4648 sections 3.2, 3.3,
 * 3.5): padding is required, white space, the URL alphabet and non-zero spare bits throw
 * `bad_base64`.
 */
export function fromBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0)
    throw badBase64('its length is not a multiple of 4; add the `=` padding');
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const digits = text.length - padding;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let out = 0;
  let held = 0;
  for (let i = 0; i < digits; i++) {
    const digit = base64DigitOf[text.charCodeAt(i)] ?? NOT_A_DIGIT;
    if (digit === NOT_A_DIGIT)
      throw badBase64(`character ${i + 1} is outside the standard alphabet`);
    held = ((held << 6) | digit) & 0xffffff;
    // Digits 1, 2 and 3 of each group of four complete one byte each.
    if (i % 4 !== 0) bytes[out++] = (held >> (6 - 2 * (i % 4))) & 255;
  }
  const spareBits = padding === 2 ? held & 15 : padding === 1 ? held & 3 : 0;
  if (spareBits !== 0) throw badBase64('the spare bits before the padding are not zero');
  return bytes;
}

/** UTF-8 bytes; a lone surrogate throws `bad_utf8` instead of becoming U+FFFD. */
export function utf8(text: string): Uint8Array {
  if (!text.isWellFormed()) {
    throw new KernelError('bad_utf8', 'text holds a lone surrogate; remove it');
  }
  return encoder.encode(text);
}

/** Text of UTF-8 bytes, a byte order mark kept as U+FEFF; invalid UTF-8 throws `bad_utf8`. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new KernelError('bad_utf8', 'bytes are not valid UTF-8', {}, { cause });
  }
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Compares public data: its time depends on the contents. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function digitTable(alphabet: string): Uint8Array {
  const table = new Uint8Array(128).fill(NOT_A_DIGIT);
  for (let i = 0; i < alphabet.length; i++) table[alphabet.charCodeAt(i)] = i;
  return table;
}

function badHex(text: string): KernelError {
  return new KernelError(
    'bad_hex',
    `\`${text.slice(0, 80)}\` is not lower-case hex of whole bytes`,
  );
}

function badBase64(why: string): KernelError {
  return new KernelError('bad_base64', `text is not strict base64: ${why}`);
}
