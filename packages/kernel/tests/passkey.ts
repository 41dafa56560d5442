// SPDX-License-Identifier: Apache-2.0
// A browser with an authenticator, played by node:crypto: makes assertions as WebAuthn Level 3 sections
// 5.8.1, 6.1 and 6.3.3 say, and wrong ones on demand.
import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { concatBytes, toBase64, utf8 } from '../src/bytes.ts';
import { type Envelope, type EnvelopeSignature, envelopePayload, pae } from '../src/dsse.ts';
import { nodePrimitives } from '../src/node.ts';
import {
  type KeyAlgorithm,
  type PublicKey,
  publicKeyOf,
  type WebauthnCredential,
} from '../src/primitives.ts';
import type { WebauthnAssertion } from '../src/webauthn.ts';

export const credential: WebauthnCredential = {
  rpId: 'countersign.firm.example',
  origins: ['https://countersign.firm.example', 'https://approvals.countersign.firm.example:8443'],
  credentialId: 'AQIDBA==',
};

export const FLAGS = { userPresent: 0x01, userVerified: 0x04 } as const;

/** What to do otherwise than a sound browser and authenticator would. */
export interface Deviation {
  /** Members that replace those of the client data; undefined removes one. */
  readonly client?: { readonly [member: string]: unknown };
  /** The whole text, for what no object can say. */
  readonly clientText?: (sound: string) => string;
  readonly rpId?: string;
  readonly flags?: number;
  readonly signCount?: number;
  /** Applied to the sound bytes before they are signed. */
  readonly authenticatorData?: (sound: Uint8Array) => Uint8Array;
}

export interface Passkey {
  readonly publicKey: PublicKey;
  /** Over the challenge SHA-256(message). */
  assert(message: Uint8Array, deviation?: Deviation): WebauthnAssertion;
  /** Without any assertion around it, as a key in a file signs. */
  signRaw(message: Uint8Array): Uint8Array;
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

export function newPasskey(algorithm: KeyAlgorithm): Passkey {
  const privateKey =
    algorithm === 'ed25519'
      ? generateKeyPairSync('ed25519').privateKey
      : generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const hash = algorithm === 'ed25519' ? null : 'sha256';
  const signRaw = (message: Uint8Array): Uint8Array =>
    new Uint8Array(sign(hash, message, privateKey));
  return {
    publicKey: { ...publicKeyOf(nodePrimitives, algorithm, spki), webauthn: credential },
    signRaw,
    assert(message, deviation = {}) {
      const clientDataJSON = utf8(clientText(message, deviation));
      const sound = authenticatorData(deviation);
      const data = deviation.authenticatorData?.(sound) ?? sound;
      const signature = signRaw(concatBytes(data, sha256(clientDataJSON)));
      return { authenticatorData: data, clientDataJSON, signature };
    },
  };
}

function clientText(message: Uint8Array, { client = {}, clientText }: Deviation): string {
  const text = JSON.stringify({
    type: 'webauthn.get',
    challenge: sha256(message).toString('base64url'),
    origin: credential.origins[0],
    crossOrigin: false,
    other_keys_can_be_added_here: 'do not compare clientDataJSON against a template',
    ...client,
  });
  return clientText?.(text) ?? text;
}

function authenticatorData({ rpId, flags, signCount = 7 }: Deviation): Uint8Array {
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE(signCount);
  const byte = flags ?? FLAGS.userPresent | FLAGS.userVerified;
  return concatBytes(sha256(utf8(rpId ?? credential.rpId)), Uint8Array.of(byte), counter);
}

/** The assertion as one more signature of the envelope. */
export function asSignature(keyid: string, assertion: WebauthnAssertion): EnvelopeSignature {
  return {
    keyid,
    sig: toBase64(assertion.signature),
    webauthn: {
      authenticatorData: toBase64(assertion.authenticatorData),
      clientDataJSON: toBase64(assertion.clientDataJSON),
    },
  };
}

/** The envelope with the passkey's signature added. */
export function withPasskey(
  envelope: Envelope,
  passkey: Passkey,
  deviation: Deviation = {},
): Envelope {
  const message = pae(envelope.payloadType, envelopePayload(envelope));
  const signature = asSignature(passkey.publicKey.keyid, passkey.assert(message, deviation));
  return { ...envelope, signatures: [...envelope.signatures, signature] };
}
