// SPDX-License-Identifier: Apache-2.0
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** What a WebAuthn authenticator does, with an ES256 key in memory. */
export interface SoftwareAuthenticator {
  /** Base64url. */
  readonly credentialId: string;
  /** RegistrationResponseJSON (WebAuthn level 3, section 5.1). */
  register(challenge: string, options?: Deviation): object;
  /** AuthenticationResponseJSON. */
  assert(challenge: string, options?: Deviation): AssertionResponse;
}

/** Where it departs from what an honest one sends. */
export interface Deviation {
  readonly origin?: string;
  readonly rpId?: string;
  /** True unless given. */
  readonly userVerified?: boolean;
  /** In place of the credential's own id. */
  readonly credentialId?: string;
}

export interface AssertionResponse {
  readonly id: string;
  readonly rawId: string;
  readonly type: 'public-key';
  readonly response: {
    readonly clientDataJSON: string;
    readonly authenticatorData: string;
    readonly signature: string;
  };
}

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const ATTESTED = 0x40;

export function softwareAuthenticator(): SoftwareAuthenticator {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = randomBytes(32);
  let counter = 0;
  const data = (deviation: Deviation, flags: number): Buffer => {
    counter += 1;
    const { rpId = 'localhost', userVerified = true } = deviation;
    const head = Buffer.alloc(37);
    createHash('sha256').update(rpId).digest().copy(head);
    head.writeUInt8(flags | USER_PRESENT | (userVerified ? USER_VERIFIED : 0), 32);
    head.writeUInt32BE(counter, 33);
    return head;
  };
  return {
    credentialId: id.toString('base64url'),
    register: (challenge, deviation = {}) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(id.length);
      const authData = Buffer.concat([
        data(deviation, ATTESTED),
        Buffer.alloc(16),
        length,
        id,
        coseKey(publicKey),
      ]);
      return {
        id: id.toString('base64url'),
        rawId: id.toString('base64url'),
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: clientData('webauthn.create', challenge, deviation),
          attestationObject: attestation(authData).toString('base64url'),
          transports: ['internal'],
        },
      };
    },
    assert: (challenge, deviation = {}) => {
      const authenticatorData = data(deviation, 0);
      const clientDataJSON = clientData('webauthn.get', challenge, deviation);
      const hash = createHash('sha256').update(Buffer.from(clientDataJSON, 'base64url')).digest();
      const signed = Buffer.concat([authenticatorData, hash]);
      const credentialId = deviation.credentialId ?? id.toString('base64url');
      return {
        id: credentialId,
        rawId: credentialId,
        type: 'public-key',
        response: {
          clientDataJSON,
          authenticatorData: authenticatorData.toString('base64url'),
          signature: sign('sha256', signed, privateKey).toString('base64url'),
        },
      };
    },
  };
}

function clientData(type: string, challenge: string, { origin }: Deviation): string {
  const json = { type, challenge, origin: origin ?? 'http://localhost', crossOrigin: false };
  return Buffer.from(JSON.stringify(json)).toString('base64url');
}

/** CBOR of {fmt: 'none', attStmt: {}, authData} (RFC 8949). */
function attestation(authData: Buffer): Buffer {
  const text = (value: string) =>
    Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)]);
  return Buffer.concat([
    Buffer.from([0xa3]),
    text('fmt'),
    text('none'),
    text('attStmt'),
    Buffer.from([0xa0]),
    text('authData'),
    Buffer.from([0x58, authData.length]),
    authData,
  ]);
}

/** COSE_Key of ES256 (RFC 9053, section 7.1.1): {1: 2, 3: -7, -1: 1, -2: x, -3: y}. */
function coseKey(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return Buffer.concat([
    Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]),
    Buffer.from(x, 'base64url'),
    Buffer.from([0x22, 0x58, 0x20]),
    Buffer.from(y, 'base64url'),
  ]);
}
