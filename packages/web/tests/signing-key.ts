// SPDX-License-Identifier: Apache-2.0
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { EnrolmentRequest } from '@countersign/contract';
import {
  type Envelope,
  type EnvelopeSignature,
  envelopePayload,
  pae,
  publicKeyOf,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';

const RP_ID = 'localhost';
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const SIGN_COUNT_BYTES = 4;

/** An authenticator's signing key that is known here too. */
export interface SigningKey {
  /** As an enrolment request names it. */
  readonly entry: EnrolmentRequest['key'];
  /** For `WebAuthn.addCredential` of Chromium's virtual authenticator. */
  readonly credential: {
    readonly credentialId: string;
    readonly isResidentCredential: boolean;
    readonly rpId: string;
    readonly privateKey: string;
    readonly signCount: number;
  };
  /** What the authenticator would sign at that origin (WebAuthn level 3, sections 6.1 and 6.3.3). */
  sign(envelope: Envelope): EnvelopeSignature;
}

export function signingKey(origin: string): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const credentialId = randomBytes(32).toString('base64');
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const key = publicKeyOf(nodePrimitives, 'ecdsa-p256-sha256', new Uint8Array(spki));
  return {
    entry: { ...key, webauthn: { rpId: RP_ID, origins: [origin], credentialId } },
    credential: {
      credentialId,
      isResidentCredential: false,
      rpId: RP_ID,
      privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
      signCount: 0,
    },
    sign: (envelope) => {
      const challenge = sha256(pae(envelope.payloadType, envelopePayload(envelope)));
      const client = { type: 'webauthn.get', challenge: challenge.toString('base64url'), origin };
      const clientDataJSON = Buffer.from(JSON.stringify({ ...client, crossOrigin: false }));
      const authenticatorData = Buffer.concat([
        sha256(Buffer.from(RP_ID)),
        Buffer.of(USER_PRESENT | USER_VERIFIED),
        Buffer.alloc(SIGN_COUNT_BYTES),
      ]);
      const signed = Buffer.concat([authenticatorData, sha256(clientDataJSON)]);
      return {
        keyid: key.keyid,
        sig: sign('sha256', signed, privateKey).toString('base64'),
        webauthn: {
          authenticatorData: authenticatorData.toString('base64'),
          clientDataJSON: clientDataJSON.toString('base64'),
        },
      };
    },
  };
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
