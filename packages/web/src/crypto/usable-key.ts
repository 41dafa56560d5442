// SPDX-License-Identifier: Apache-2.0
import type { MeReply } from '@countersign/contract';
import type { PublicKey, Role } from '@countersign/kernel';

/**
 * A passkey of the reader's that can sign at this address now. The server names it, and nothing depends on its word: a
 * signature by another credential does not verify, here or anywhere.
 */
export function usableKey(
  { keys }: Pick<MeReply, 'keys'>,
  origin: string,
  role?: Role,
): PublicKey | undefined {
  const found = keys.find(
    (key) =>
      key.webauthn?.origins.includes(origin) === true &&
      key.standing === 'in force' &&
      (role === undefined || key.roles.includes(role)),
  );
  if (found?.webauthn === undefined) return undefined;
  const { keyid, algorithm, spki, webauthn } = found;
  return { keyid: keyid as PublicKey['keyid'], algorithm, spki, webauthn }; // a digest by its schema
}

/** Every passkey of the reader's that can sign at this address now. */
export function usableKeys(
  { keys }: Pick<MeReply, 'keys'>,
  origin: string,
): readonly { readonly key: PublicKey; readonly roles: readonly string[] }[] {
  return keys.flatMap((one) => {
    const key = usableKey({ keys: [one] }, origin);
    return key === undefined ? [] : [{ key, roles: one.roles }];
  });
}
