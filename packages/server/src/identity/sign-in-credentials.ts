// SPDX-License-Identifier: Apache-2.0
import type { KeyRegister } from '@countersign/kernel';
import type { Kysely } from 'kysely';
import type { Database } from '../store/index.ts';

/**
 * Whether a WebAuthn credential signs somebody in. Such a one is never enrolled as a signing key: whoever gets an
 * assertion for signing in must not come near an approval.
 * @param credentialId base64 or base64url
 */
export async function isSignInCredential(
  db: Kysely<Database>,
  credentialId: string,
): Promise<boolean> {
  const found = await db
    .selectFrom('auth_passkey')
    .select('id')
    .where('credentialID', '=', base64Url(credentialId))
    .executeTakeFirst();
  return found !== undefined;
}

/** Whether a credential is enrolled for signing, in force or not: such a one is never registered for signing in. */
export function isSigningCredential(register: KeyRegister, credentialId: string): boolean {
  const wanted = base64Url(credentialId);
  return [...register.values()].some(
    ({ key }) => key.webauthn !== undefined && base64Url(key.webauthn.credentialId) === wanted,
  );
}

/** Records hold base64, browsers send base64url; Node reads either. */
function base64Url(credentialId: string): string {
  return Buffer.from(credentialId, 'base64url').toString('base64url');
}
