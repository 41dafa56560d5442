// SPDX-License-Identifier: Apache-2.0
import { concatBytes, equalBytes, fromBase64, toBase64, utf8 } from './bytes.ts';
import { KernelError } from './errors.ts';
import { parseStrictJson } from './json/parse.ts';
import type { Primitives, PublicKey, WebauthnCredential } from './primitives.ts';
import { asObject, type JsonObject } from './records/shape.ts';

/** What a passkey signs beside the record, as it travels in an envelope. */
export interface WebauthnParts {
  /** Base64, as the authenticator returned it. */
  readonly authenticatorData: string;
  /** Base64, as the browser returned it. */
  readonly clientDataJSON: string;
}

/** The bytes of an assertion, as authenticator and browser returned them. */
export interface WebauthnAssertion {
  readonly authenticatorData: Uint8Array;
  readonly clientDataJSON: Uint8Array;
  /** ECDSA in DER, Ed25519 as 64 bytes. */
  readonly signature: Uint8Array;
}

/** Why an assertion is no signature over the message. */
export type WebauthnRefusal =
  | 'not_a_webauthn_key'
  | 'client_data_malformed'
  | 'not_an_assertion'
  | 'another_challenge'
  | 'another_origin'
  | 'cross_origin'
  | 'authenticator_data_malformed'
  | 'another_relying_party'
  | 'user_not_present'
  | 'user_not_verified'
  | 'another_signature';

/** WebAuthn Level 3 section 6.1: SHA-256 of the rpId, one byte of flags, uint32 signCount. */
const RP_ID_HASH_BYTES = 32;
const AUTHENTICATOR_DATA_BYTES = RP_ID_HASH_BYTES + 1 + 4;
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const BACKUP_ELIGIBLE = 0x08;
const BACKED_UP = 0x10;
const ATTESTED_CREDENTIAL = 0x40;
const EXTENSIONS = 0x80;

/** Browsers write some 200 bytes; a bound, since the text comes from outside. */
const CLIENT_DATA_BYTES_MAX = 4096;
const CLIENT_DATA_DEPTH_MAX = 8;

/**
 * The challenge, 32 bytes, by which a passkey signs `message` (of an envelope: the PAE). A sign-in
 * challenge is random, so no sign-in assertion is ever one over a record.
 */
export function webauthnChallenge(p: Primitives, message: Uint8Array): Uint8Array {
  return p.sha256(message);
}

/**
 * Why `assertion` is no signature of `publicKey` over `message`, or undefined when it is one: W3C WebAuthn
 * Level 3 section 7.2, the steps that need neither a session nor a store, so that the answer is the
 * same offline and for ever. User verification is always required.
 *
 * The signature counter is kept (it is in `authenticatorData`) and not judged: it says something only
 * next to the assertion seen before it, synced passkeys report 0 for ever, and a verdict may not
 * depend on which other records a verifier happens to hold.
 */
export function webauthnRefusal(
  p: Primitives,
  assertion: WebauthnAssertion,
  by: { readonly message: Uint8Array; readonly publicKey: PublicKey },
): WebauthnRefusal | undefined {
  const { algorithm, spki, webauthn } = by.publicKey;
  if (webauthn === undefined) return 'not_a_webauthn_key';
  const { authenticatorData, clientDataJSON, signature } = assertion;
  const refusal =
    clientDataRefusal(clientDataJSON, webauthnChallenge(p, by.message), webauthn.origins) ??
    authenticatorDataRefusal(p, authenticatorData, webauthn);
  if (refusal !== undefined) return refusal;
  const signed = concatBytes(authenticatorData, p.sha256(clientDataJSON));
  return p.verify(algorithm, fromBase64(spki), signed, signature) ? undefined : 'another_signature';
}

/** Unknown members are tolerated, as section 5.8.1 demands: browsers add some to catch string matching. */
function clientDataRefusal(
  bytes: Uint8Array,
  challenge: Uint8Array,
  origins: readonly string[],
): WebauthnRefusal | undefined {
  const client = clientDataOrNothing(bytes);
  if (client === undefined) return 'client_data_malformed';
  if (client.type !== 'webauthn.get') return 'not_an_assertion';
  if (client.challenge !== toBase64Url(challenge)) return 'another_challenge';
  if (!origins.some((origin) => origin === client.origin)) return 'another_origin';
  // An approval is asked for by a page of ours in its own window, never in a frame of another's.
  const isCrossOrigin = client.crossOrigin !== undefined && client.crossOrigin !== false;
  return isCrossOrigin || client.topOrigin !== undefined ? 'cross_origin' : undefined;
}

function clientDataOrNothing(bytes: Uint8Array): JsonObject | undefined {
  try {
    const limits = { maxBytes: CLIENT_DATA_BYTES_MAX, maxDepth: CLIENT_DATA_DEPTH_MAX };
    return asObject(parseStrictJson(bytes, limits), 'clientDataJSON');
  } catch (error) {
    // Bytes of the browser, or of whoever poses as one: unreadable is an answer, not a failure.
    if (error instanceof KernelError) return undefined;
    throw error;
  }
}

function authenticatorDataRefusal(
  p: Primitives,
  data: Uint8Array,
  { rpId }: WebauthnCredential,
): WebauthnRefusal | undefined {
  const flags = data[RP_ID_HASH_BYTES] ?? 0;
  const has = (flag: number): boolean => (flags & flag) !== 0;
  // Section 7.2 leaves it to us to ignore or reject extensions that nobody asked for. We ask for
  // none and reject them: bytes that no verifier reads are a place to hide something. Section 6.1
  // allows attested credential data in registrations only.
  const isPlain = !has(ATTESTED_CREDENTIAL) && !has(EXTENSIONS);
  const isBackupSound = has(BACKUP_ELIGIBLE) || !has(BACKED_UP);
  if (data.length !== AUTHENTICATOR_DATA_BYTES || !isPlain || !isBackupSound) {
    return 'authenticator_data_malformed';
  }
  if (!equalBytes(data.subarray(0, RP_ID_HASH_BYTES), p.sha256(utf8(rpId)))) {
    return 'another_relying_party';
  }
  if (!has(USER_PRESENT)) return 'user_not_present';
  return has(USER_VERIFIED) ? undefined : 'user_not_verified';
}

/** RFC 4648 section 5 without padding, as browsers write the challenge. */
function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
