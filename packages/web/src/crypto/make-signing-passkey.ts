// SPDX-License-Identifier: Apache-2.0
import type { EnrolmentRequest } from '@countersign/contract';
import { publicKeyOf, rawPublicKey, toBase64 } from '@countersign/kernel';
import { noblePrimitives } from '@countersign/kernel/noble';
import { PasskeyError } from './passkey-error.ts';

/** COSE algorithm ES256 (RFC 9053 section 2.1): the one that every authenticator has and the kernel verifies. */
const ES256 = -7;
const TIMEOUT_MS = 180_000;
const USER_HANDLE_BYTES = 32;

export interface NewHolder {
  readonly account: string;
  readonly name: string;
  readonly firm: string;
  /** Digest of the founding record. */
  readonly founding: string;
}

/**
 * Makes a passkey for signing records, and the request to enrol it. It is another credential than the one for signing
 * in: its user handle is random, its name says what it is for, and it is not discoverable, so that no sign-in page can
 * offer it. Attestation is not asked for: who holds the key is for two administrators and a peer to confirm.
 * @throws PasskeyError
 */
export async function makeSigningPasskey(holder: NewHolder): Promise<EnrolmentRequest> {
  const { account, name, firm, founding } = holder;
  const rpId = location.hostname;
  const credential = await PasskeyError.translated(() =>
    navigator.credentials.create({
      publicKey: {
        // Nothing of the creation is kept or verified later, so its challenge is of no use to anybody.
        challenge: random(USER_HANDLE_BYTES),
        rp: { id: rpId, name: `${firm}: signing` },
        user: {
          id: random(USER_HANDLE_BYTES),
          name: `${account} (signs records)`,
          displayName: `${name}, signing key`,
        },
        pubKeyCredParams: [{ type: 'public-key', alg: ES256 }],
        authenticatorSelection: {
          residentKey: 'discouraged',
          requireResidentKey: false,
          userVerification: 'required',
        },
        attestation: 'none',
        timeout: TIMEOUT_MS,
      },
    }),
  );
  const { rawId, spki } = readCreated(credential);
  const key = publicKeyOf(noblePrimitives, 'ecdsa-p256-sha256', spki);
  return {
    v: 1,
    kind: 'countersign-enrolment-request',
    account,
    founding,
    key: {
      ...key,
      webauthn: { rpId, origins: [location.origin], credentialId: toBase64(rawId) },
    },
  };
}

function readCreated(credential: Credential | null) {
  if (
    !(credential instanceof PublicKeyCredential) ||
    !(credential.response instanceof AuthenticatorAttestationResponse)
  ) {
    throw new PasskeyError('unusable', 'the browser returned no new passkey');
  }
  const { response, rawId } = credential;
  const spki = response.getPublicKey();
  if (response.getPublicKeyAlgorithm() !== ES256 || spki === null) {
    throw new PasskeyError(
      'unsupported',
      'this authenticator made a key of another kind than ES256; use another one',
    );
  }
  const bytes = new Uint8Array(spki);
  if (rawPublicKey('ecdsa-p256-sha256', bytes) === undefined) {
    throw new PasskeyError(
      'unsupported',
      'the browser wrote the key in a form that verifiers refuse',
    );
  }
  return { rawId: new Uint8Array(rawId), spki: bytes };
}

function random(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}
