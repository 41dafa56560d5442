// SPDX-License-Identifier: Apache-2.0
import { signInRoutes } from '@countersign/contract';
import { PasskeyError } from '../crypto/passkey-error.ts';
import { call } from './client.ts';

/** Opens a session by a passkey for signing in; the browser lets its user choose one. @throws PasskeyError, ApiError */
export async function signInByPasskey(): Promise<void> {
  const options = await call(signInRoutes.passkeySignInOptions);
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as unknown as PublicKeyCredentialRequestOptionsJSON, // WebAuthn's own JSON; the browser reads it strictly
  );
  // Only discoverable ones, whatever the answer names: a challenge that comes from outside must not reach a signing key,
  // which could be made to sign a record by it.
  const discoverable = { ...publicKey, allowCredentials: [] };
  const credential = await PasskeyError.translated(() =>
    navigator.credentials.get({ publicKey: discoverable }),
  );
  await call(signInRoutes.passkeySignIn, { body: { response: jsonOf(credential) } });
}

/** Makes a passkey for signing in to the account whose session this is. @throws PasskeyError, ApiError */
export async function addSignInPasskey(name: string): Promise<void> {
  const options = await call(signInRoutes.passkeyRegisterOptions, { query: { name } });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as unknown as PublicKeyCredentialCreationOptionsJSON, // as above
  );
  const credential = await PasskeyError.translated(() =>
    navigator.credentials.create({ publicKey }),
  );
  await call(signInRoutes.passkeyRegister, { body: { name, response: jsonOf(credential) } });
}

function jsonOf(credential: Credential | null): unknown {
  if (credential instanceof PublicKeyCredential) return credential.toJSON();
  throw new PasskeyError('unusable', 'the browser returned no passkey');
}
