// SPDX-License-Identifier: Apache-2.0
import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { KernelError } from './errors.ts';
import { isEd25519Signature, p256SignatureScalars, rawPublicKey } from './key-format.ts';
import type { KeyAlgorithm, Primitives, Signer } from './primitives.ts';
import { keyIdOf } from './primitives.ts';

/** The kernel's cryptography by Node's OpenSSL. */
export const nodePrimitives: Primitives = {
  sha256,
  verify(algorithm, spki, message, signature) {
    if (rawPublicKey(algorithm, spki) === undefined) return false;
    try {
      return algorithm === 'ed25519'
        ? isEd25519Signature(signature) && verify(null, message, keyOf(spki), signature)
        : p256SignatureScalars(signature) !== undefined &&
            verify('sha256', message, { key: keyOf(spki), dsaEncoding: 'der' }, signature);
    } catch {
      // OpenSSL throws for a point that is not on the curve: such a key verifies nothing.
      return false;
    }
  },
};

/**
 * A signer for an Ed25519 or P-256 private key held in this process; throws `bad_key` for any other
 * kind.
 */
export function nodeSigner(privateKey: KeyObject): Signer {
  const algorithm = algorithmOf(privateKey);
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return {
    keyid: keyIdOf(nodePrimitives, spki),
    algorithm,
    sign: async (message) => {
      const signature =
        algorithm === 'ed25519'
          ? sign(null, message, privateKey)
          : sign('sha256', message, { key: privateKey, dsaEncoding: 'der' });
      return new Uint8Array(signature);
    },
  };
}

function algorithmOf(key: KeyObject): KeyAlgorithm {
  if (key.type === 'private' && key.asymmetricKeyType === 'ed25519') return 'ed25519';
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.type === 'private' && curve === 'prime256v1') return 'ecdsa-p256-sha256';
  throw new KernelError('bad_key', 'the key is not an Ed25519 or P-256 private key');
}

function sha256(data: Uint8Array): Uint8Array {
  const digest = hash('sha256', data, 'buffer');
  // A plain view: Buffer's `slice` shares memory where Uint8Array's copies.
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.length);
}

function keyOf(spki: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
}
