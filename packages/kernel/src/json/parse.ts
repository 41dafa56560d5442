// SPDX-License-Identifier: Apache-2.0
import type { KernelError, KernelErrorCode } from '../errors.ts';
import { jsonErrorAt, jsonText } from './json-text.ts';

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * Nesting that our parser and our writer allow: deep enough for any record, far from any stack
 * limit.
 */
export const JSON_DEPTH_MAX = 64;
const JSON_BYTES_MAX = 1024 * 1024;

export interface StrictJsonLimits {
  readonly maxBytes?: number;
  readonly maxDepth?: number;
}

/**
 * Reads RFC 8259 JSON so that no two readers can understand it differently. Throws `KernelError`
 * with `line` and `column` (from 1, in UTF-16 units) in its details for: invalid UTF-8 or a byte
 * order mark (`bad_utf8`), a syntax error (`json_syntax`), a repeated key (`json_duplicate_key`),
 * the key `__proto__`, which JavaScript copies inconsistently (`json_forbidden_key`), a lone
 * surrogate (`json_lone_surrogate`), a number beyond ±(2^53 - 1) (`json_unsafe_number`), depth over
 * `maxDepth` (64; `json_too_deep`), more than `maxBytes` (1 MiB; `json_too_large`).
 */
export function parseStrictJson(input: Uint8Array | string, limits: StrictJsonLimits = {}): Json {
  const text = jsonText(input, limits.maxBytes ?? JSON_BYTES_MAX);
  return new JsonReader(text, limits.maxDepth ?? JSON_DEPTH_MAX).document();
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const DOT = 0x2e;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const ZERO = 0x30;

const escapes = new Map<number, string>([
  [QUOTE, '"'],
  [BACKSLASH, '\\'],
  [0x2f, '/'],
  [0x62, '\b'],
  [0x66, '\f'],
  [0x6e, '\n'],
  [0x72, '\r'],
  [0x74, '\t'],
]);

/** One pass over one text. A class because position and text belong together in every step. */
class JsonReader {
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  document(): Json {
    this.#skipSpace();
    const value = this.#value(1);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#syntax('text after the end of the document');
    return value;
  }

  #value(depth: number): Json {
    const code = this.#text.charCodeAt(this.#at);
    if (code === QUOTE) return this.#string();
    if (code === OPEN_BRACE) return this.#object(depth);
    if (code === OPEN_BRACKET) return this.#array(depth);
    if (code === MINUS || isDigit(code)) return this.#number();
    if (this.#word('true')) return true;
    if (this.#word('false')) return false;
    if (this.#word('null')) return null;
    throw this.#syntax('a value was expected');
  }

  #object(depth: number): Json {
    this.#enter(depth);
    const object: Record<string, Json> = {};
    if (this.#closes(CLOSE_BRACE)) return object;
    for (;;) {
      const keyAt = this.#at;
      if (this.#text.charCodeAt(keyAt) !== QUOTE)
        throw this.#syntax('a key in quotes was expected');
      const key = this.#string();
      if (key === '__proto__')
        throw this.#error(keyAt, 'json_forbidden_key', 'key `__proto__` is refused');
      if (Object.hasOwn(object, key)) {
        throw this.#error(keyAt, 'json_duplicate_key', `key \`${shown(key)}\` is repeated`);
      }
      this.#skipSpace();
      if (this.#text.charCodeAt(this.#at) !== COLON) throw this.#syntax('`:` was expected');
      this.#at++;
      this.#skipSpace();
      object[key] = this.#value(depth + 1);
      if (this.#ends(CLOSE_BRACE)) return object;
    }
  }

  #array(depth: number): Json {
    this.#enter(depth);
    const array: Json[] = [];
    if (this.#closes(CLOSE_BRACKET)) return array;
    for (;;) {
      array.push(this.#value(depth + 1));
      if (this.#ends(CLOSE_BRACKET)) return array;
    }
  }

  #enter(depth: number): void {
    if (depth > this.#maxDepth) {
      throw this.#error(this.#at, 'json_too_deep', `nested deeper than ${this.#maxDepth}`);
    }
    this.#at++;
    this.#skipSpace();
  }

  #closes(bracket: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== bracket) return false;
    this.#at++;
    return true;
  }

  /** After a member: true at the bracket, false after a comma (and before the next member). */
  #ends(bracket: number): boolean {
    this.#skipSpace();
    if (this.#closes(bracket)) return true;
    if (this.#text.charCodeAt(this.#at) !== COMMA) {
      throw this.#syntax(`\`,\` or \`${String.fromCharCode(bracket)}\` was expected`);
    }
    this.#at++;
    this.#skipSpace();
    return false;
  }

  #string(): string {
    const start = this.#at;
    const text = this.#text;
    let at = start + 1;
    let code = text.charCodeAt(at);
    let surrogates = false;
    while (code !== QUOTE && code !== BACKSLASH && code >= 0x20) {
      if ((code & 0xf800) === 0xd800) surrogates = true;
      code = text.charCodeAt(++at);
    }
    this.#at = at;
    const head = text.slice(start + 1, at);
    if (code !== QUOTE) return this.#stringWithEscapes(start, head);
    this.#at++;
    if (surrogates && !head.isWellFormed()) throw this.#loneSurrogate(start);
    return head;
  }

  #stringWithEscapes(start: number, head: string): string {
    const text = this.#text;
    let value = head;
    let from = this.#at;
    for (;;) {
      const code = text.charCodeAt(this.#at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        value += text.slice(from, this.#at) + this.#escape();
        from = this.#at;
      } else if (code >= 0x20) this.#at++;
      else if (this.#at >= text.length) throw this.#syntax('the string is not closed');
      else throw this.#syntax('a control character in a string must be escaped');
    }
    value += text.slice(from, this.#at);
    this.#at++;
    if (!value.isWellFormed()) throw this.#loneSurrogate(start);
    return value;
  }

  #escape(): string {
    const code = this.#text.charCodeAt(this.#at + 1);
    const plain = escapes.get(code);
    if (plain !== undefined) {
      this.#at += 2;
      return plain;
    }
    const digits = this.#text.slice(this.#at + 2, this.#at + 6);
    if (code !== 0x75 || !/^[0-9a-fA-F]{4}$/.test(digits))
      throw this.#syntax('unknown escape in a string');
    this.#at += 6;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #number(): number {
    const start = this.#at;
    const text = this.#text;
    if (text.charCodeAt(this.#at) === MINUS) this.#at++;
    if (text.charCodeAt(this.#at) === ZERO) {
      this.#at++;
      if (isDigit(text.charCodeAt(this.#at)))
        throw this.#syntax('a number starts with a needless 0');
    } else this.#digits();
    if (text.charCodeAt(this.#at) === DOT) {
      this.#at++;
      this.#digits();
    }
    if ((text.charCodeAt(this.#at) | 0x20) === 0x65) {
      this.#at++;
      const sign = text.charCodeAt(this.#at);
      if (sign === 0x2b || sign === MINUS) this.#at++;
      this.#digits();
    }
    const value = Number(text.slice(start, this.#at));
    // From 2^53 on neighbouring integers share a double, and at the far end is infinity: another
    // reader may differ.
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      const spelled = shown(text.slice(start, this.#at));
      throw this.#error(
        start,
        'json_unsafe_number',
        `\`${spelled}\` exceeds 2^53 - 1; write it as a string`,
      );
    }
    return value;
  }

  #digits(): void {
    const start = this.#at;
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at++;
    if (this.#at === start) throw this.#syntax('a digit was expected');
  }

  #word(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  #skipSpace(): void {
    let code = this.#text.charCodeAt(this.#at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      code = this.#text.charCodeAt(++this.#at);
    }
  }

  #loneSurrogate(start: number): KernelError {
    return this.#error(start, 'json_lone_surrogate', 'the string holds a lone surrogate');
  }

  #syntax(message: string): KernelError {
    const what = this.#at >= this.#text.length ? `${message}, but the text ends` : message;
    return this.#error(this.#at, 'json_syntax', what);
  }

  #error(at: number, code: KernelErrorCode, message: string): KernelError {
    return jsonErrorAt(this.#text, at, { code, message });
  }
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= 0x39;
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
