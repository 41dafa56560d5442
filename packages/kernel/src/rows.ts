// SPDX-License-Identifier: Apache-2.0
import { concatBytes, fromUtf8, utf8 } from './bytes.ts';
import { KernelError } from './errors.ts';

/**
 * One typed value of a model's input or output. JavaScript may change the bits of a NaN that passes
 * through a number, so only the ordinary quiet NaN is `{ f64: NaN }`; any other is given by its
 * bits.
 */
export type RowValue =
  | null
  | boolean
  | string
  | { readonly f64: number }
  /** IEEE 754 bits of a NaN other than 0x7ff8000000000000. */
  | { readonly f64Bits: bigint }
  /** A number that binary32 holds exactly. */
  | { readonly f32: number }
  /** IEEE 754 bits of a NaN other than 0x7fc00000. */
  | { readonly f32Bits: number }
  | { readonly i64: bigint }
  | { readonly bytes: Uint8Array };

export interface RowField {
  readonly name: string;
  readonly value: RowValue;
}

/**
 * The first byte of every row. A change of the encoding takes the next number, so old digests stay
 * explained.
 */
const ROW_VERSION = 1;
const FIELDS_MAX = 65_536;
const ROW_BYTES_MAX = 16 * 1024 * 1024;
const F64_NAN = 0x7ff8000000000000n;
const F32_NAN = 0x7fc00000;

const TAG = { null: 0, false: 1, true: 2, string: 3, f64: 4, f32: 5, i64: 6, bytes: 7 } as const;

/**
 * Bytes of a row: version, field count, then for each field its name, a tag and the value. Lengths
 * and counts are big-endian uint32, numbers big-endian, text UTF-8. Fields keep their order, which
 * is the model's. Every row has one encoding and every encoding one row. Throws `bad_row` naming
 * the field.
 */
export function encodeRow(fields: readonly RowField[]): Uint8Array {
  if (fields.length > FIELDS_MAX) throw bad(`it has over ${FIELDS_MAX} fields`);
  refuseRepeatedNames(fields);
  const parts = [Uint8Array.of(ROW_VERSION), uint32(fields.length)];
  for (const { name, value } of fields) {
    parts.push(lengthPrefixed(text(name, name)), encodeValue(name, value));
  }
  const row = concatBytes(...parts);
  if (row.length > ROW_BYTES_MAX) throw bad(`it has over ${ROW_BYTES_MAX} bytes`);
  return row;
}

/** The fields of a row; throws `bad_row` for bytes that `encodeRow` could not have written. */
export function decodeRow(bytes: Uint8Array): RowField[] {
  if (bytes.length > ROW_BYTES_MAX) throw bad(`it has over ${ROW_BYTES_MAX} bytes`);
  const reader = new RowReader(bytes);
  if (reader.uint8() !== ROW_VERSION) throw bad(`its version is not ${ROW_VERSION}`);
  const count = reader.uint32();
  if (count > FIELDS_MAX) throw bad(`it has over ${FIELDS_MAX} fields`);
  const fields: RowField[] = [];
  for (let i = 0; i < count; i++) {
    const name = reader.text();
    fields.push({ name, value: reader.value(name) });
  }
  if (!reader.isAtEnd()) throw bad('bytes follow its last field');
  refuseRepeatedNames(fields);
  return fields;
}

function encodeValue(name: string, value: RowValue): Uint8Array {
  if (value === null) return Uint8Array.of(TAG.null);
  if (typeof value === 'boolean') return Uint8Array.of(value ? TAG.true : TAG.false);
  if (typeof value === 'string') return tagged(TAG.string, lengthPrefixed(text(name, value)));
  if ('bytes' in value) return tagged(TAG.bytes, lengthPrefixed(value.bytes));
  if ('f64' in value) return tagged(TAG.f64, uint64(bitsOfF64(value.f64)));
  if ('f32' in value) return tagged(TAG.f32, uint32(bitsOfF32(name, value.f32)));
  if ('i64' in value) return tagged(TAG.i64, uint64(bitsOfI64(name, value.i64)));
  if ('f64Bits' in value) return tagged(TAG.f64, uint64(otherNan64(name, value.f64Bits)));
  if ('f32Bits' in value) return tagged(TAG.f32, uint32(otherNan32(name, value.f32Bits)));
  throw bad(`field \`${name}\` has a value of no known type`);
}

/** A cursor over foreign bytes: every read is bounded by what is left. */
class RowReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  uint64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  block(): Uint8Array {
    const length = this.uint32();
    const start = this.#take(length);
    return this.#bytes.slice(start, start + length);
  }

  text(): string {
    try {
      return fromUtf8(this.block());
    } catch (cause) {
      if (cause instanceof KernelError && cause.code === 'bad_row') throw cause;
      throw new KernelError('bad_row', 'not a row: a text in it is not UTF-8', {}, { cause });
    }
  }

  value(name: string): RowValue {
    const tag = this.uint8();
    if (tag === TAG.null) return null;
    if (tag === TAG.false || tag === TAG.true) return tag === TAG.true;
    if (tag === TAG.string) return this.text();
    if (tag === TAG.bytes) return { bytes: this.block() };
    if (tag === TAG.f64) return f64OfBits(this.uint64());
    if (tag === TAG.f32) return f32OfBits(this.uint32());
    if (tag === TAG.i64) return { i64: BigInt.asIntN(64, this.uint64()) };
    throw bad(`field \`${name}\` has the unknown tag ${tag}`);
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) throw bad('it is cut short');
    this.#at = start + length;
    return start;
  }
}

const scratch = new DataView(new ArrayBuffer(8));

function bitsOfF64(n: number): bigint {
  if (Number.isNaN(n)) return F64_NAN;
  scratch.setFloat64(0, n);
  return scratch.getBigUint64(0);
}

function f64OfBits(bits: bigint): RowValue {
  if (isNan64(bits)) return bits === F64_NAN ? { f64: Number.NaN } : { f64Bits: bits };
  scratch.setBigUint64(0, bits);
  return { f64: scratch.getFloat64(0) };
}

function bitsOfF32(name: string, n: number): number {
  if (Number.isNaN(n)) return F32_NAN;
  if (Math.fround(n) !== n) throw bad(`field \`${name}\`: \`${n}\` is not a binary32 number`);
  scratch.setFloat32(0, n);
  return scratch.getUint32(0);
}

function f32OfBits(bits: number): RowValue {
  if (isNan32(bits)) return bits === F32_NAN ? { f32: Number.NaN } : { f32Bits: bits };
  scratch.setUint32(0, bits);
  return { f32: scratch.getFloat32(0) };
}

function bitsOfI64(name: string, n: bigint): bigint {
  if (BigInt.asIntN(64, n) !== n) throw bad(`field \`${name}\`: \`${n}\` does not fit 64 bits`);
  return BigInt.asUintN(64, n);
}

function otherNan64(name: string, bits: bigint): bigint {
  const isOtherNan = BigInt.asUintN(64, bits) === bits && isNan64(bits) && bits !== F64_NAN;
  if (!isOtherNan) throw bad(`field \`${name}\`: \`f64Bits\` is for a NaN with other bits only`);
  return bits;
}

function otherNan32(name: string, bits: number): number {
  const isOtherNan = bits >>> 0 === bits && isNan32(bits) && bits !== F32_NAN;
  if (!isOtherNan) throw bad(`field \`${name}\`: \`f32Bits\` is for a NaN with other bits only`);
  return bits;
}

function isNan64(bits: bigint): boolean {
  return (bits & 0x7fffffffffffffffn) > 0x7ff0000000000000n;
}

function isNan32(bits: number): boolean {
  return (bits & 0x7fffffff) > 0x7f800000;
}

function text(field: string, value: string): Uint8Array {
  if (!value.isWellFormed()) throw bad(`field \`${field}\` holds a lone surrogate`);
  return utf8(value);
}

function lengthPrefixed(bytes: Uint8Array): Uint8Array {
  return concatBytes(uint32(bytes.length), bytes);
}

function tagged(tag: number, value: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(tag), value);
}

function uint32(n: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, n);
  return bytes;
}

function uint64(n: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, n);
  return bytes;
}

function refuseRepeatedNames(fields: readonly RowField[]): void {
  const seen = new Set<string>();
  for (const { name } of fields) {
    if (seen.has(name)) throw bad(`field \`${name}\` is repeated`);
    seen.add(name);
  }
}

function bad(what: string): KernelError {
  return new KernelError('bad_row', `not a row: ${what}`);
}
