// SPDX-License-Identifier: Apache-2.0
import {
  type EnvelopeSignature,
  fromBase64,
  PAYLOAD_TYPE_STATEMENT,
  type PublicKey,
  pae,
  toBase64,
  verifySignature,
  webauthnChallenge,
  webauthnRefusal,
} from '@countersign/kernel';
import { noblePrimitives } from '@countersign/kernel/noble';
import { PasskeyError } from './passkey-error.ts';

/** Reading a long statement again before the authenticator is touched must not end the ceremony. */
const TIMEOUT_MS = 180_000;

/**
 * A signature over a statement by a signing passkey: the challenge is the SHA-256 of the DSSE pre-authentication
 * encoding, so the authenticator signs these bytes and nothing else. Verified here before it is handed out.
 * @throws PasskeyError when it was cancelled, the user was not verified, or it does not verify
 */
export async function signWithPasskey(
  payload: Uint8Array,
  publicKey: PublicKey,
): Promise<EnvelopeSignature> {
  const { webauthn } = publicKey;
  if (webauthn === undefined) throw new PasskeyError('not-a-passkey', 'this key is not a passkey');
  const message = pae(PAYLOAD_TYPE_STATEMENT, payload);
  const assertion = await ask({
    challenge: owned(webauthnChallenge(noblePrimitives, message)),
    rpId: webauthn.rpId,
    allowCredentials: [{ type: 'public-key', id: owned(fromBase64(webauthn.credentialId)) }],
    userVerification: 'required',
    timeout: TIMEOUT_MS,
  });
  const signature = new Uint8Array(assertion.signature);
  const authenticatorData = new Uint8Array(assertion.authenticatorData);
  const clientDataJSON = new Uint8Array(assertion.clientDataJSON);
  const refusal = webauthnRefusal(
    noblePrimitives,
    { signature, authenticatorData, clientDataJSON },
    { message, publicKey },
  );
  if (refusal !== undefined) {
    throw new PasskeyError('unverified', `the authenticator's answer is no signature: ${refusal}`);
  }
  return {
    keyid: publicKey.keyid,
    sig: toBase64(signature),
    webauthn: {
      authenticatorData: toBase64(authenticatorData),
      clientDataJSON: toBase64(clientDataJSON),
    },
  };
}

/** Whether a signature that was just made would be counted, as every verifier checks it. */
export function isSignedBy(
  payload: Uint8Array,
  signature: EnvelopeSignature,
  publicKey: PublicKey,
): boolean {
  const envelope = {
    payloadType: PAYLOAD_TYPE_STATEMENT,
    payload: toBase64(payload),
    signatures: [signature],
  };
  return verifySignature(noblePrimitives, envelope, signature, publicKey);
}

async function ask(
  publicKey: PublicKeyCredentialRequestOptions,
): Promise<AuthenticatorAssertionResponse> {
  const credential = await PasskeyError.translated(() => navigator.credentials.get({ publicKey }));
  const isAssertion =
    credential instanceof PublicKeyCredential &&
    credential.response instanceof AuthenticatorAssertionResponse;
  if (!isAssertion) throw new PasskeyError('unusable', 'the browser returned no assertion');
  return credential.response as AuthenticatorAssertionResponse; // instanceof above
}

/** Bytes in a buffer of their own, which is what WebAuthn's types ask for. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
