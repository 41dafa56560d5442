// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { concatBytes, fromHex } from '../src/bytes.ts';
import { nodePrimitives, nodeSigner } from '../src/node.ts';
import { type PublicKey, publicKeyOf, type Signer } from '../src/primitives.ts';

export interface TestKey {
  readonly signer: Signer;
  readonly publicKey: PublicKey;
}

/**
 * An Ed25519 key of a seed of 32 equal bytes: Ed25519 signs deterministically, so whole files can
 * be known answers.
 */
export function ed25519Key(seedByte: number): TestKey {
  const pkcs8 = concatBytes(
    fromHex('302e020100300506032b657004220420'),
    new Uint8Array(32).fill(seedByte),
  );
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  const signer = nodeSigner(key);
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return { signer, publicKey: publicKeyOf(nodePrimitives, 'ed25519', spki) };
}

/** A fresh P-256 key. */
export function p256Key(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = nodeSigner(privateKey);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return { signer, publicKey: publicKeyOf(nodePrimitives, 'ecdsa-p256-sha256', spki) };
}
