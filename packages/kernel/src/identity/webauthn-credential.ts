// SPDX-License-Identifier: Apache-2.0
import { fromBase64 } from '../bytes.ts';
import { KernelError } from '../errors.ts';
import type { Json } from '../json/parse.ts';
import type { WebauthnCredential } from '../primitives.ts';
import { asArray, asNonEmpty, asObject, malformed, onlyKeys } from '../records/shape.ts';

/** RFC 1035 section 2.3.1 and RFC 1123 section 2.1, in lower case as browsers write it. */
const DOMAIN =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
/** The one spelling in which a browser reports an origin: no path, no default port. */
const ORIGIN = /^(https?):\/\/([a-z0-9.-]+)(?::([1-9]\d{0,4}))?$/;
const DEFAULT_PORT = { http: '80', https: '443' } as const;
const PORT_MAX = 65_535;
const ORIGINS_MAX = 16;
/** WebAuthn Level 3 section 4, "Credential ID". */
const CREDENTIAL_ID_BYTES_MAX = 1023;

/**
 * The WebAuthn part of a key entry. Origins are web origins of the rpId or below it (WebAuthn Level 3
 * section 5.1.4.1; related origins are not known here), over https except on localhost.
 *
 * @throws KernelError `record_malformed` naming the member
 */
export function readWebauthnCredential(json: Json, path: string): WebauthnCredential {
  const object = asObject(json, path);
  onlyKeys(object, ['rpId', 'origins', 'credentialId'], path);
  const rpId = asNonEmpty(object.rpId, `${path}.rpId`);
  if (!DOMAIN.test(rpId)) throw malformed(`${path}.rpId`, 'a domain name in lower case');
  const origins = asArray(object.origins, `${path}.origins`, (item, at) =>
    readOrigin(item, at, rpId),
  );
  const isSet = new Set(origins).size === origins.length;
  if (origins.length === 0 || origins.length > ORIGINS_MAX || !isSet) {
    throw malformed(`${path}.origins`, `a list of 1 to ${ORIGINS_MAX} different origins`);
  }
  return { rpId, origins, credentialId: readCredentialId(object.credentialId, path) };
}

function readOrigin(json: Json, path: string, rpId: string): string {
  const origin = asNonEmpty(json, path);
  const [, scheme, host = '', port] = ORIGIN.exec(origin) ?? [];
  const isOfRpId = host === rpId || host.endsWith(`.${rpId}`);
  if (scheme === undefined || !DOMAIN.test(host) || !isOfRpId) {
    throw malformed(
      path,
      `an origin like \`https://${rpId}\`, of \`${rpId}\` or a domain below it`,
    );
  }
  const isLocal = host === 'localhost' || host.endsWith('.localhost');
  if (scheme === 'http' && !isLocal) throw malformed(path, 'an https origin');
  const isDefault = port === DEFAULT_PORT[scheme === 'http' ? 'http' : 'https'];
  if (isDefault || Number(port ?? 0) > PORT_MAX) {
    throw malformed(path, 'an origin without its default port, or with a port up to 65535');
  }
  return origin;
}

function readCredentialId(json: Json | undefined, path: string): string {
  const at = `${path}.credentialId`;
  const expected = `base64 of 1 to ${CREDENTIAL_ID_BYTES_MAX} bytes`;
  const text = asNonEmpty(json, at);
  try {
    if (fromBase64(text).length <= CREDENTIAL_ID_BYTES_MAX) return text;
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
  }
  throw malformed(at, expected);
}
