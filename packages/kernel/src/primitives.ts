// SPDX-License-Identifier: Apache-2.0
import { toBase64, toHex } from './bytes.ts';

/** SHA-256 as 64 lower-case hex digits. */
export type Digest = string;

export type KeyAlgorithm = 'ed25519' | 'ecdsa-p256-sha256';

/**
 * All cryptography of the kernel. `nodePrimitives` and `noblePrimitives` give the same answer for
 * every input. `verify` never throws: a malformed, off-curve or small-order key and a malformed
 * signature verify nothing. `spki` is the DER SubjectPublicKeyInfo; ECDSA signatures are DER over
 * SHA-256 of the message.
 */
export interface Primitives {
  sha256(data: Uint8Array): Uint8Array;
  verify(
    algorithm: KeyAlgorithm,
    spki: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ): boolean;
}

/** Where a passkey may sign, as it was enrolled: what makes its assertions verifiable offline. */
export interface WebauthnCredential {
  /** Domain that the credential is scoped to; the authenticator signs its SHA-256. */
  readonly rpId: string;
  /** Origins of the pages that may ask for a signature, as browsers write them. */
  readonly origins: readonly string[];
  /** Base64. For a page to ask for this credential; verification goes by the key alone. */
  readonly credentialId: string;
}

export interface PublicKey {
  /** SHA-256 of the SPKI. */
  readonly keyid: Digest;
  readonly algorithm: KeyAlgorithm;
  /** Base64 of the DER SubjectPublicKeyInfo. */
  readonly spki: string;
  /** Of a passkey: it verifies WebAuthn assertions only. A key without it never verifies one. */
  readonly webauthn?: WebauthnCredential;
}

/** Asynchronous, since the key may be in hardware or in a remote service. */
export interface Signer {
  readonly keyid: Digest;
  readonly algorithm: KeyAlgorithm;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

const DIGEST = /^[0-9a-f]{64}$/;

export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

export function sha256Hex(p: Primitives, bytes: Uint8Array): Digest {
  return toHex(p.sha256(bytes));
}

export function keyIdOf(p: Primitives, spki: Uint8Array): Digest {
  return sha256Hex(p, spki);
}

export function publicKeyOf(p: Primitives, algorithm: KeyAlgorithm, spki: Uint8Array): PublicKey {
  return { keyid: keyIdOf(p, spki), algorithm, spki: toBase64(spki) };
}
