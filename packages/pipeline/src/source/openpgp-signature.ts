// SPDX-License-Identifier: Apache-2.0
import type { PublicKey, Signature } from 'openpgp';
import { PipelineError } from '../errors.ts';
import type { KeySignature } from './ssh-signature.ts';

export const OPENPGP_SIGNATURE_HEAD = '-----BEGIN PGP SIGNATURE-----';

/** Public keys that somebody vouched for, and the check of a signature with them. */
export interface OpenPgpKeys {
  /**
   * Reads an armoured OpenPGP signature (RFC 9580). `key` is the fingerprint of the (sub)key that made it, in upper-case
   * hex, or its key id when the signature names no more. It is `verified` only with one of the keys at hand: the key is
   * not in the signature. Undefined for what is no such signature.
   */
  check(armoured: string, signed: Buffer): Promise<KeySignature | undefined>;
}

/** @param armoured public keys; one that cannot be read is left out, and verifies nothing */
export async function openPgpKeys(armoured: readonly string[]): Promise<OpenPgpKeys> {
  const read = await Promise.all(armoured.map((text) => readPublicKey(text)));
  const keys = read.filter((key) => key !== undefined);
  return { check: (text, signed) => checkSignature(keys, text, signed) };
}

/**
 * Fingerprints of a public key and its subkeys, in upper-case hex, the primary key first.
 * @throws PipelineError `evidence_invalid` for what is no armoured OpenPGP public key
 */
export async function openPgpFingerprints(armoured: string): Promise<readonly string[]> {
  const key = await readPublicKey(armoured);
  if (key !== undefined) return key.getKeys().map((one) => one.getFingerprint().toUpperCase());
  throw new PipelineError(
    'evidence_invalid',
    'it is no armoured OpenPGP public key; make one with `gpg --armor --export`',
  );
}

async function readPublicKey(armoredKey: string): Promise<PublicKey | undefined> {
  const { readKey } = await library();
  try {
    const key = await readKey({ armoredKey });
    return key.isPrivate() ? undefined : key;
  } catch {
    return undefined; // the library throws plain errors of many texts for what is no key
  }
}

async function checkSignature(
  keys: readonly PublicKey[],
  armoured: string,
  signed: Buffer,
): Promise<KeySignature | undefined> {
  const signature = await readSignature(armoured);
  const [packet] = signature?.packets ?? [];
  // Git asks for one signature; in a pile of them each reader would pick another.
  if (signature === undefined || packet === undefined || signature.packets.length !== 1) {
    return undefined;
  }
  const named = packet.issuerFingerprint ?? undefined;
  const id = packet.issuerKeyID.toHex().toUpperCase();
  for (const key of keys) {
    const [own] = key.getKeys(packet.issuerKeyID);
    if (own !== undefined && (await isBy(key, signature, signed))) {
      return { key: own.getFingerprint().toUpperCase(), verified: true };
    }
  }
  const claimed = named === undefined ? id : Buffer.from(named).toString('hex').toUpperCase();
  return { key: claimed, verified: false };
}

async function readSignature(armoredSignature: string): Promise<Signature | undefined> {
  const openpgp = await library();
  try {
    return await openpgp.readSignature({ armoredSignature });
  } catch {
    return undefined; // as above
  }
}

async function isBy(key: PublicKey, signature: Signature, signed: Buffer): Promise<boolean> {
  const { createMessage, verify } = await library();
  const message = await createMessage({ binary: new Uint8Array(signed) });
  // Judged as of the signature's own time: the same commit says the same whenever it is read.
  const date = signature.packets[0]?.created ?? null;
  try {
    const result = await verify({
      message,
      signature,
      verificationKeys: key,
      date,
      format: 'binary',
    });
    const [one] = result.signatures;
    return one !== undefined && (await one.verified);
  } catch {
    return false; // the library rejects with the reason why it is not verified
  }
}

/** Loaded when the first OpenPGP signature or key is met: it is large, and most commits have none. */
function library(): Promise<typeof import('openpgp')> {
  return import('openpgp');
}
