// SPDX-License-Identifier: Apache-2.0
import { concatBytes, fromHex } from './bytes.ts';
import { KernelError } from './errors.ts';
import type { KeyAlgorithm } from './primitives.ts';

/**
 * The checks on keys and signatures that both primitives make with this one code, before any
 * library sees the bytes: libraries differ in what they tolerate, and a signature must not be valid
 * in Node and invalid in the browser.
 */

/** RFC 8410 section 4: the only DER of an Ed25519 key, up to the key. */
const ED25519_PREFIX = fromHex('302a300506032b6570032100');
/**
 * RFC 5480 section 2: named curve prime256v1 and an uncompressed point; other spellings are
 * refused.
 */
const P256_PREFIX = fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004');
const ED25519_KEY_BYTES = 32;
const P256_POINT_BYTES = 64;
const SCALAR_BYTES = 32;

/** 2^255 - 19, the field of RFC 8032 section 5.1. */
const ED25519_FIELD = 2n ** 255n - 19n;
/** Order of the base point, RFC 8032 section 5.1. */
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
/** Order of P-256, FIPS 186-5 / SP 800-186 section 3.2.1.3. */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * y coordinates of the eight points of order 1, 2, 4 and 8 (x only chooses between a point and its
 * negative). With such a key, a signature made without any secret verifies.
 */
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  ED25519_FIELD - 1n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
]);

/** The SPKI of a raw 32-byte Ed25519 key; throws `bad_key` on another length. */
export function ed25519Spki(key: Uint8Array): Uint8Array {
  if (key.length !== ED25519_KEY_BYTES) {
    throw new KernelError('bad_key', `an Ed25519 key has 32 bytes, not ${key.length}`);
  }
  return concatBytes(ED25519_PREFIX, key);
}

/**
 * The SPKI of a P-256 point, given as the 64 bytes of x and y; throws `bad_key` on another length.
 */
export function p256Spki(point: Uint8Array): Uint8Array {
  if (point.length !== P256_POINT_BYTES) {
    throw new KernelError('bad_key', `a P-256 point has 64 bytes, not ${point.length}`);
  }
  return concatBytes(P256_PREFIX, point);
}

/**
 * The 32 key bytes (Ed25519) or 64 coordinate bytes (P-256) of an SPKI in its one DER spelling,
 * else undefined. Degenerate Ed25519 keys (small order, y not reduced) are undefined too; that a
 * point is on its curve is for the library to say.
 */
export function rawPublicKey(algorithm: KeyAlgorithm, spki: Uint8Array): Uint8Array | undefined {
  if (algorithm === 'ed25519') {
    const key = after(ED25519_PREFIX, spki, ED25519_KEY_BYTES);
    return key !== undefined && isOrdinaryPoint(key) ? key : undefined;
  }
  return algorithm === 'ecdsa-p256-sha256' ? after(P256_PREFIX, spki, P256_POINT_BYTES) : undefined;
}

/**
 * True if an Ed25519 signature has 64 bytes, S below the group order (RFC 8032 section 5.1.7, step
 * 1) and an R that is reduced and not of small order. No signer makes such an R; OpenSSL 3.0
 * accepts it and 3.5 does not.
 */
export function isEd25519Signature(signature: Uint8Array): boolean {
  if (signature.length !== 2 * SCALAR_BYTES) return false;
  if (littleEndian(signature.subarray(SCALAR_BYTES)) >= ED25519_ORDER) return false;
  return isOrdinaryPoint(signature.subarray(0, SCALAR_BYTES));
}

/**
 * r and s, 32 bytes each, of an ECDSA signature in strict DER (RFC 3279 section 2.2.3, minimal
 * lengths and integers, nothing after), each from 1 to the order less 1; else undefined.
 */
export function p256SignatureScalars(der: Uint8Array): Uint8Array | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2 || der.length > 72) return undefined;
  const r = derScalar(der.subarray(2));
  if (r === undefined) return undefined;
  const s = derScalar(der.subarray(2 + r.encodedLength));
  if (s === undefined || 2 + r.encodedLength + s.encodedLength !== der.length) return undefined;
  return concatBytes(r.scalar, s.scalar);
}

function derScalar(
  der: Uint8Array,
): { readonly scalar: Uint8Array; readonly encodedLength: number } | undefined {
  const length = der[1] ?? 0;
  if (der[0] !== 0x02 || length === 0 || length > SCALAR_BYTES + 1 || 2 + length > der.length) {
    return undefined;
  }
  const content = der.subarray(2, 2 + length);
  const isNegative = content[0]! >= 0x80;
  const isPadded = length > 1 && content[0] === 0 && content[1]! < 0x80;
  if (isNegative || isPadded) return undefined;
  const digits = content[0] === 0 ? content.subarray(1) : content;
  if (digits.length > SCALAR_BYTES) return undefined;
  const scalar = new Uint8Array(SCALAR_BYTES);
  scalar.set(digits, SCALAR_BYTES - digits.length);
  const value = bigEndian(scalar);
  return value > 0n && value < P256_ORDER ? { scalar, encodedLength: 2 + length } : undefined;
}

/** True for an encoding with y reduced (RFC 8032 section 5.1.3) and not of small order. */
function isOrdinaryPoint(encoded: Uint8Array): boolean {
  const y = littleEndian(encoded) & (2n ** 255n - 1n);
  return y < ED25519_FIELD && !SMALL_ORDER_Y.has(y);
}

function after(prefix: Uint8Array, spki: Uint8Array, length: number): Uint8Array | undefined {
  if (spki.length !== prefix.length + length) return undefined;
  for (let i = 0; i < prefix.length; i++) if (spki[i] !== prefix[i]) return undefined;
  return spki.subarray(prefix.length);
}

function littleEndian(bytes: Uint8Array): bigint {
  const words = new DataView(bytes.buffer, bytes.byteOffset, SCALAR_BYTES);
  let value = 0n;
  for (let at = 24; at >= 0; at -= 8) value = (value << 64n) | words.getBigUint64(at, true);
  return value;
}

function bigEndian(bytes: Uint8Array): bigint {
  const words = new DataView(bytes.buffer, bytes.byteOffset, SCALAR_BYTES);
  let value = 0n;
  for (let at = 0; at < SCALAR_BYTES; at += 8) value = (value << 64n) | words.getBigUint64(at);
  return value;
}
