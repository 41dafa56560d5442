// SPDX-License-Identifier: Apache-2.0
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

/** Whose key a signature names, and whether it is by that key over the bytes at hand. */
export interface KeySignature {
  /** `SHA256:` and the fingerprint in base64, as `ssh-keygen -l` prints it. */
  readonly key: string;
  readonly verified: boolean;
}

export const SSH_SIGNATURE_HEAD = '-----BEGIN SSH SIGNATURE-----';
const SSH_SIGNATURE_TAIL = '-----END SSH SIGNATURE-----';
const MAGIC = 'SSHSIG';
/** The namespace that git signs in: a signature made for another purpose is none here. */
const GIT_NAMESPACE = 'git';
const RSA_BITS_MIN = 2048;

/**
 * Checks an armoured SSH signature by the public key inside it (OpenSSH, PROTOCOL.sshsig). Undefined for what is no
 * such signature. Ed25519, ECDSA and RSA with SHA-2, and Ed25519 and ECDSA on a FIDO2 token; certificates and whatever
 * else there is do not verify.
 */
export function checkSshSignature(armoured: string, signed: Buffer): KeySignature | undefined {
  const blob = unarmour(armoured);
  if (blob === undefined) return undefined;
  try {
    return checkBlob(blob, signed);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function unarmour(text: string): Buffer | undefined {
  const start = text.indexOf(SSH_SIGNATURE_HEAD);
  const end = text.indexOf(SSH_SIGNATURE_TAIL);
  if (start !== 0 || end < 0) return undefined;
  const body = text.slice(SSH_SIGNATURE_HEAD.length, end).replaceAll(/\s+/g, '');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(body) ? Buffer.from(body, 'base64') : undefined;
}

function checkBlob(blob: Buffer, signed: Buffer): KeySignature | undefined {
  const reader = new WireReader(blob);
  if (reader.bytes(MAGIC.length).toString('latin1') !== MAGIC || reader.uint32() !== 1) {
    return undefined;
  }
  const publicKey = reader.string();
  const namespace = reader.string();
  const reserved = reader.string();
  const hash = reader.string().toString('latin1');
  const signature = reader.string();
  const key = `SHA256:${createHash('sha256').update(publicKey).digest('base64').replace(/=+$/, '')}`;
  const isPlain = reader.isAtEnd() && (hash === 'sha256' || hash === 'sha512');
  if (!isPlain || namespace.toString('latin1') !== GIT_NAMESPACE) return { key, verified: false };
  const message = Buffer.concat([
    Buffer.from(MAGIC),
    ...[namespace, reserved, Buffer.from(hash), createHash(hash).update(signed).digest()].map(
      wireString,
    ),
  ]);
  return { key, verified: isBy(publicKey, signature, message) };
}

/** OpenSSL and the reader throw for keys and signatures that are none, such as a point off its curve. */
function isBy(publicKey: Buffer, signature: Buffer, message: Buffer): boolean {
  try {
    const key = readKey(new WireReader(publicKey));
    const reader = new WireReader(signature);
    const algorithm = reader.string().toString('latin1');
    const value = reader.string();
    if (key === undefined || !key.algorithms.includes(algorithm)) return false;
    const { application } = key;
    const over = application === undefined ? message : tokenMessage(application, reader, message);
    return reader.isAtEnd() && verifies(key.key, { algorithm, value, over });
  } catch {
    return false;
  }
}

/** What a FIDO2 token signs (OpenSSH, PROTOCOL.u2f): application, flags and counter before the digest of the message. */
function tokenMessage(application: Buffer, reader: WireReader, message: Buffer): Buffer {
  const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest();
  return Buffer.concat([sha256(application), reader.bytes(1), reader.bytes(4), sha256(message)]);
}

function verifies(
  key: KeyObject,
  given: { readonly algorithm: string; readonly value: Buffer; readonly over: Buffer },
): boolean {
  const { algorithm, value, over } = given;
  if (algorithm.includes('ed25519')) return verify(null, over, key, value);
  if (algorithm.startsWith('rsa-sha2-')) {
    return verify(algorithm === 'rsa-sha2-256' ? 'sha256' : 'sha512', over, key, value);
  }
  const bits = /nistp(\d+)/.exec(algorithm)?.[1] ?? '';
  const size = Math.ceil(Number(bits) / 8);
  const reader = new WireReader(value);
  const raw = Buffer.concat([fixed(reader.string(), size), fixed(reader.string(), size)]);
  if (!reader.isAtEnd()) return false;
  return verify(ECDSA_HASHES[bits], over, { key, dsaEncoding: 'ieee-p1363' }, raw);
}

/** RFC 5656, section 6.2.1. */
const ECDSA_HASHES: Readonly<Record<string, string>> = {
  '256': 'sha256',
  '384': 'sha384',
  '521': 'sha512',
};

interface SshKey {
  readonly key: KeyObject;
  readonly algorithms: readonly string[];
  /** Of a key on a FIDO2 token. */
  readonly application?: Buffer;
}

/** Undefined for an algorithm that is not taken. */
function readKey(reader: WireReader): SshKey | undefined {
  const type = reader.string().toString('latin1');
  const curve = /^(?:sk-)?ecdsa-sha2-(nistp(?:256|384|521))/.exec(type)?.[1];
  if (type === 'ssh-ed25519' || type === 'sk-ssh-ed25519@openssh.com') {
    const x = base64url(reader.string());
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return { key, algorithms: [type], ...applicationOf(type, reader) };
  }
  if (type === 'ssh-rsa') {
    const [e, n] = [unsigned(reader.string()), unsigned(reader.string())];
    const isLong = n.length * 8 >= RSA_BITS_MIN;
    if (!isLong || !reader.isAtEnd()) return undefined;
    const jwk = { kty: 'RSA', e: base64url(e), n: base64url(n) };
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return { key, algorithms: ['rsa-sha2-256', 'rsa-sha2-512'] };
  }
  if (curve === undefined || !ECDSA_TYPES.has(type)) return undefined;
  if (reader.string().toString('latin1') !== curve) return undefined;
  const point = reader.string();
  const size = (point.length - 1) / 2;
  if (point[0] !== 4) return undefined; // SEC 1, section 2.3.4: an uncompressed point
  const [x, y] = [base64url(point.subarray(1, 1 + size)), base64url(point.subarray(1 + size))];
  const jwk = { kty: 'EC', crv: curve.replace('nistp', 'P-'), x, y };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return { key, algorithms: [type], ...applicationOf(type, reader) };
}

const ECDSA_TYPES: ReadonlySet<string> = new Set([
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ecdsa-sha2-nistp256@openssh.com',
]);

function applicationOf(type: string, reader: WireReader): { readonly application?: Buffer } {
  return type.startsWith('sk-') ? { application: reader.string() } : {};
}

function base64url(bytes: Buffer): string {
  return bytes.toString('base64url');
}

/** RFC 4251, section 5: an mpint has a zero byte before a set top bit. */
function unsigned(mpint: Buffer): Buffer {
  let start = 0;
  while (start < mpint.length && mpint[start] === 0) start += 1;
  return mpint.subarray(start);
}

function fixed(mpint: Buffer, size: number): Buffer {
  const value = unsigned(mpint);
  if (value.length > size) throw new RangeError('the integer is too long');
  return Buffer.concat([Buffer.alloc(size - value.length), value]);
}

function wireString(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** RFC 4251, section 5. Reading past the end throws RangeError. */
class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  bytes(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError('the signature is cut off');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  uint32(): number {
    return this.bytes(4).readUInt32BE();
  }

  string(): Buffer {
    return this.bytes(this.uint32());
  }

  isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }
}
