// SPDX-License-Identifier: Apache-2.0
import { concatBytes, fromBase64, utf8 } from '../bytes.ts';
import { KernelError } from '../errors.ts';
import type { Json } from '../json/parse.ts';
import { parseStrictJson } from '../json/parse.ts';
import type { KeyAlgorithm, Primitives } from '../primitives.ts';
import {
  asArray,
  asInteger,
  asNonEmpty,
  asObject,
  asOneOf,
  type JsonObject,
  malformed,
  onlyKeys,
} from '../records/shape.ts';
import { ROLES, type Role } from './roles.ts';

/**
 * The firm's OpenID Connect provider, as a `policy-document` of kind identity-provider names it: two persons signed its
 * keys and which group stands for which duty, so that an attested identity verifies offline and for ever.
 */
export interface IdentityProvider {
  readonly issuer: string;
  /** Client id that its ID tokens are made for. */
  readonly audience: string;
  readonly keys: readonly {
    readonly kid: string;
    readonly algorithm: KeyAlgorithm;
    /** Base64 of the DER SubjectPublicKeyInfo. */
    readonly spki: string;
  }[];
  readonly groups: readonly { readonly group: string; readonly role: Role }[];
}

/** @throws KernelError `record_malformed` naming the member */
export function readIdentityProvider(json: Json | undefined, path = 'provider'): IdentityProvider {
  const object = asObject(json, path);
  onlyKeys(object, ['issuer', 'audience', 'keys', 'groups'], path);
  return {
    issuer: asNonEmpty(object.issuer, `${path}.issuer`),
    audience: asNonEmpty(object.audience, `${path}.audience`),
    keys: asArray(object.keys, `${path}.keys`, (item, at) => {
      const key = asObject(item, at);
      onlyKeys(key, ['kid', 'algorithm', 'spki'], at);
      return {
        kid: asNonEmpty(key.kid, `${at}.kid`),
        algorithm: asOneOf(
          key.algorithm,
          ['ed25519', 'ecdsa-p256-sha256'] as const,
          `${at}.algorithm`,
        ),
        spki: asNonEmpty(key.spki, `${at}.spki`),
      };
    }),
    groups: asArray(object.groups, `${path}.groups`, (item, at) => {
      const group = asObject(item, at);
      onlyKeys(group, ['group', 'role'], at);
      return {
        group: asNonEmpty(group.group, `${at}.group`),
        role: asOneOf(group.role, ROLES, `${at}.role`),
      };
    }),
  };
}

/** A person signs in, then others sign the enrolment: some days, not some months. */
const AGE_MAX_MS = 7 * 86_400_000;
const SKEW_MS = 300_000;
const TOKEN_CHARS_MAX = 16_384;

/** JWS algorithms (RFC 7518 section 3.1, RFC 8037) by the algorithm of the key. */
const JWS_ALGORITHMS: Readonly<Record<KeyAlgorithm, string>> = {
  ed25519: 'EdDSA',
  'ecdsa-p256-sha256': 'ES256',
};

/**
 * The duties that the groups of an ID token stand for, or why the token attests nothing: OpenID Connect Core section
 * 3.1.3.7, with the key id as nonce, so that the token is of a sign-in for this key, and the log's time as the clock.
 */
export function attestedRoles(
  p: Primitives,
  idToken: string,
  at: {
    readonly provider: IdentityProvider | undefined;
    readonly nonce: string;
    readonly loggedAt: string;
  },
): { readonly roles: readonly Role[]; readonly subject: string } | { readonly refused: string } {
  const { provider } = at;
  if (provider === undefined) return { refused: 'no identity provider is named by policy' };
  try {
    const claims = verifiedClaims(p, idToken, provider);
    const refused = claimsRefusal(claims, { ...at, provider });
    if (refused !== undefined) return { refused };
    const groups = asArray(claims.groups, 'groups', asNonEmpty);
    const roles = provider.groups.filter(({ group }) => groups.includes(group));
    return { roles: roles.map(({ role }) => role), subject: asNonEmpty(claims.sub, 'sub') };
  } catch (error) {
    if (error instanceof KernelError) return { refused: error.message };
    throw error;
  }
}

function verifiedClaims(p: Primitives, idToken: string, provider: IdentityProvider): JsonObject {
  const parts = idToken.length > TOKEN_CHARS_MAX ? [] : idToken.split('.');
  const [header = '', payload = '', signature = ''] = parts;
  if (parts.length !== 3) throw malformed('idToken', 'a compact JWS of three parts');
  const { alg, kid } = asObject(parseStrictJson(fromBase64Url(header)), 'idToken header');
  const key = provider.keys.find((one) => one.kid === kid);
  if (key === undefined) throw malformed('kid', 'a key that the identity provider document names');
  if (alg !== JWS_ALGORITHMS[key.algorithm]) {
    throw malformed('alg', `\`${JWS_ALGORITHMS[key.algorithm]}\`, as the key`);
  }
  const raw = fromBase64Url(signature);
  const sig = key.algorithm === 'ed25519' ? raw : derOfRaw(raw);
  if (!p.verify(key.algorithm, fromBase64(key.spki), utf8(`${header}.${payload}`), sig)) {
    throw malformed('idToken', 'signed by the key it names');
  }
  return asObject(parseStrictJson(fromBase64Url(payload)), 'idToken payload');
}

function claimsRefusal(
  claims: JsonObject,
  at: { readonly provider: IdentityProvider; readonly nonce: string; readonly loggedAt: string },
): string | undefined {
  const { iss, aud, nonce } = claims;
  const audiences = Array.isArray(aud) ? aud : [aud];
  if (iss !== at.provider.issuer) return 'it is of another issuer';
  if (audiences.length !== 1 || audiences[0] !== at.provider.audience) {
    return 'it is for another audience';
  }
  if (nonce !== at.nonce) return 'its nonce is not the id of the key being enrolled';
  const issued = asInteger(claims.iat, 'iat') * 1000;
  const logged = Date.parse(at.loggedAt);
  if (issued > logged + SKEW_MS) return 'it was issued after the enrolment was logged';
  return logged - issued > AGE_MAX_MS ? 'it is older than seven days' : undefined;
}

/** RFC 7515 section 2: base64url without padding. */
function fromBase64Url(text: string): Uint8Array {
  if (/[^A-Za-z0-9_-]/.test(text)) throw malformed('idToken', 'base64url without padding');
  const standard = text.replaceAll('-', '+').replaceAll('_', '/');
  return fromBase64(standard.padEnd(Math.ceil(standard.length / 4) * 4, '='));
}

/** RFC 7518 section 3.4 signs r || s, 32 bytes each; our primitives take the DER of RFC 3279 section 2.2.3. */
function derOfRaw(raw: Uint8Array): Uint8Array {
  if (raw.length !== 64) throw malformed('idToken', 'signed with 64 bytes');
  const body = concatBytes(derInteger(raw.subarray(0, 32)), derInteger(raw.subarray(32)));
  return concatBytes(new Uint8Array([0x30, body.length]), body);
}

function derInteger(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const trimmed = bytes.subarray(start);
  const isHigh = ((trimmed[0] ?? 0) & 0x80) !== 0;
  const value = isHigh ? concatBytes(new Uint8Array([0]), trimmed) : trimmed;
  return concatBytes(new Uint8Array([0x02, value.length]), value);
}
