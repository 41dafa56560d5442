// SPDX-License-Identifier: Apache-2.0
import { concatBytes, fromBase64, toBase64, utf8 } from './bytes.ts';
import { KernelError } from './errors.ts';
import { canonicalBytes } from './json/canonical.ts';
import type { Json } from './json/parse.ts';
import {
  type Digest,
  isDigest,
  keyIdOf,
  type Primitives,
  type PublicKey,
  type Signer,
  sha256Hex,
} from './primitives.ts';
import { type WebauthnParts, webauthnRefusal } from './webauthn.ts';

/** Payload type of an in-toto Statement. */
export const PAYLOAD_TYPE_STATEMENT = 'application/vnd.in-toto+json';

/** More signers than any quorum needs; a bound, since each signature costs a verification. */
const SIGNATURES_MAX = 64;

export interface EnvelopeSignature {
  readonly keyid: Digest;
  /** Base64. */
  readonly sig: string;
  readonly webauthn?: WebauthnParts;
}

/**
 * DSSE 1.0 envelope. `payload` is standard base64; the URL alphabet, which DSSE also allows, is
 * refused.
 */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: string;
  readonly signatures: readonly EnvelopeSignature[];
}

/**
 * Pre-authentication encoding: the bytes that a DSSE signature covers. Source: DSSE protocol.md,
 * "Signature definition".
 */
export function pae(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = utf8(payloadType);
  return concatBytes(utf8(`DSSEv1 ${type.length} `), type, utf8(` ${payload.length} `), payload);
}

/** Throws `bad_envelope` without signers or with two of the same key. */
export async function signEnvelope(
  payloadType: string,
  payload: Uint8Array,
  signers: readonly Signer[],
): Promise<Envelope> {
  let envelope: Envelope = { payloadType, payload: toBase64(payload), signatures: [] };
  if (signers.length === 0) throw bad('signatures', 'at least one signer');
  for (const signer of signers) envelope = await addSignature(envelope, signer);
  return envelope;
}

/**
 * The envelope with one more signature; throws `bad_envelope` if this key has signed it already.
 */
export async function addSignature(envelope: Envelope, signer: Signer): Promise<Envelope> {
  if (envelope.signatures.some((signature) => signature.keyid === signer.keyid)) {
    throw bad('signatures', `one signature a key: \`${signer.keyid}\` has signed already`);
  }
  if (envelope.signatures.length >= SIGNATURES_MAX) {
    throw bad('signatures', `at most ${SIGNATURES_MAX} signatures`);
  }
  const sig = await signer.sign(pae(envelope.payloadType, envelopePayload(envelope)));
  const signature: EnvelopeSignature = { keyid: signer.keyid, sig: toBase64(sig) };
  return { ...envelope, signatures: [...envelope.signatures, signature] };
}

/** The payload bytes, exactly as signed. */
export function envelopePayload(envelope: Envelope): Uint8Array {
  return fromBase64(envelope.payload);
}

/**
 * Reads a foreign envelope. Throws `bad_envelope` naming the `path` for an unknown or missing
 * member, base64 that is not strict, no signature or over 64, and a key that signs twice, which a
 * count of signers would take for two.
 */
export function parseEnvelope(json: Json): Envelope {
  const envelope = members(json, 'envelope', ['payloadType', 'payload', 'signatures']);
  const listed = envelope.signatures;
  if (!Array.isArray(listed) || listed.length === 0 || listed.length > SIGNATURES_MAX) {
    throw bad('envelope.signatures', `a list of 1 to ${SIGNATURES_MAX} signatures`);
  }
  const signatures = listed.map((one: Json, i) => parseSignature(one, `envelope.signatures[${i}]`));
  if (new Set(signatures.map((signature) => signature.keyid)).size !== signatures.length) {
    throw bad('envelope.signatures', 'one signature a key');
  }
  return {
    payloadType: text(envelope.payloadType, 'envelope.payloadType'),
    payload: base64(envelope.payload, 'envelope.payload'),
    signatures,
  };
}

/**
 * True if `signature` is by `publicKey` over the envelope's payload and type. The key id is
 * recomputed from the key, so a key enrolled under another's id verifies nothing. A key has one way
 * to sign: a passkey by assertions whose challenge is the SHA-256 of the PAE (`webauthnRefusal` says
 * what is wrong with one), any other over the PAE itself.
 */
export function verifySignature(
  p: Primitives,
  envelope: Envelope,
  signature: EnvelopeSignature,
  publicKey: PublicKey,
): boolean {
  if (signature.keyid !== publicKey.keyid) return false;
  try {
    const spki = fromBase64(publicKey.spki);
    if (keyIdOf(p, spki) !== publicKey.keyid) return false;
    const message = pae(envelope.payloadType, envelopePayload(envelope));
    const sig = fromBase64(signature.sig);
    if (signature.webauthn === undefined) {
      return publicKey.webauthn === undefined && p.verify(publicKey.algorithm, spki, message, sig);
    }
    const assertion = {
      authenticatorData: fromBase64(signature.webauthn.authenticatorData),
      clientDataJSON: fromBase64(signature.webauthn.clientDataJSON),
      signature: sig,
    };
    return webauthnRefusal(p, assertion, { message, publicKey }) === undefined;
  } catch (error) {
    if (error instanceof KernelError) return false;
    throw error;
  }
}

/**
 * SHA-256 of the canonical JSON of the signatures sorted by keyid, then sig: what a log leaf
 * commits to.
 */
export function signatureSetDigest(
  p: Primitives,
  signatures: readonly EnvelopeSignature[],
): Digest {
  const sorted = [...signatures].sort((a, b) => compare(a.keyid, b.keyid) || compare(a.sig, b.sig));
  return sha256Hex(p, canonicalBytes(sorted.map(signatureJson)));
}

function signatureJson(signature: EnvelopeSignature): Json {
  const { keyid, sig, webauthn } = signature;
  if (webauthn === undefined) return { keyid, sig };
  const { authenticatorData, clientDataJSON } = webauthn;
  return { keyid, sig, webauthn: { authenticatorData, clientDataJSON } };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function parseSignature(json: Json, path: string): EnvelopeSignature {
  const hasWebauthn = typeof json === 'object' && json !== null && 'webauthn' in json;
  const names = hasWebauthn ? ['keyid', 'sig', 'webauthn'] : ['keyid', 'sig'];
  const signature = members(json, path, names);
  const keyid = text(signature.keyid, `${path}.keyid`);
  if (!isDigest(keyid)) throw bad(`${path}.keyid`, 'a SHA-256 digest in lower-case hex');
  const parsed = { keyid, sig: base64(signature.sig, `${path}.sig`) };
  if (!hasWebauthn) return parsed;
  return { ...parsed, webauthn: parseWebauthn(signature.webauthn, `${path}.webauthn`) };
}

function parseWebauthn(json: Json | undefined, path: string): WebauthnParts {
  const parts = members(json, path, ['authenticatorData', 'clientDataJSON']);
  return {
    authenticatorData: base64(parts.authenticatorData, `${path}.authenticatorData`),
    clientDataJSON: base64(parts.clientDataJSON, `${path}.clientDataJSON`),
  };
}

function members(
  json: Json | undefined,
  path: string,
  names: readonly string[],
): { readonly [name: string]: Json } {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw bad(path, 'an object');
  // Array.isArray does not narrow a readonly array away.
  const object = json as { readonly [name: string]: Json };
  for (const name of Object.keys(object)) {
    if (!names.includes(name)) throw bad(`${path}.${name}`, 'absent: the member is not known');
  }
  for (const name of names) {
    if (!Object.hasOwn(object, name)) throw bad(`${path}.${name}`, 'present');
  }
  return object;
}

function text(value: Json | undefined, path: string): string {
  if (typeof value !== 'string' || value.length === 0) throw bad(path, 'a text that is not empty');
  return value;
}

function base64(value: Json | undefined, path: string): string {
  if (typeof value !== 'string') throw bad(path, 'base64 text');
  try {
    fromBase64(value);
  } catch (cause) {
    throw new KernelError('bad_envelope', `\`${path}\` must be strict base64`, { path }, { cause });
  }
  return value;
}

function bad(path: string, expected: string): KernelError {
  return new KernelError('bad_envelope', `\`${path}\` must be ${expected}`, { path });
}
