// SPDX-License-Identifier: Apache-2.0
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, equalBytes } from './bytes.ts';
import { isEd25519Signature, p256SignatureScalars, rawPublicKey } from './key-format.ts';
import type { Primitives } from './primitives.ts';

/** The kernel's cryptography in plain JavaScript, for the browser and the offline verifier. */
export const noblePrimitives: Primitives = {
  sha256: (data) => sha256(data),
  verify(algorithm, spki, message, signature) {
    const key = rawPublicKey(algorithm, spki);
    if (key === undefined) return false;
    try {
      return algorithm === 'ed25519'
        ? isEd25519Signature(signature) && verifyEd25519(key, message, signature)
        : verifyP256(key, message, signature);
    } catch {
      // noble throws for a point that is not on the curve: such a key verifies nothing.
      return false;
    }
  },
};

/**
 * RFC 8032 section 5.1.7 without the cofactor, and R compared as bytes, as OpenSSL does it. noble's
 * own `verify` multiplies by the cofactor, and so would accept signatures (with a small-order part
 * in R or A) that Node refuses.
 */
function verifyEd25519(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const encodedR = signature.subarray(0, 32);
  const s = fromLittleEndian(signature.subarray(32));
  const a = ed25519.Point.fromBytes(key, false);
  const digest = sha512(concatBytes(encodedR, key, message));
  const k = ed25519.Point.Fn.create(fromLittleEndian(digest));
  const r = ed25519.Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k));
  return equalBytes(r.toBytes(), encodedR);
}

function verifyP256(point: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const scalars = p256SignatureScalars(signature);
  if (scalars === undefined) return false;
  const key = concatBytes(Uint8Array.of(4), point);
  // Both s and -s verify under FIPS 186-5; what is signed is named by its payload, never by its
  // signature.
  return p256.verify(scalars, sha256(message), key, { prehash: false, lowS: false });
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}
