// SPDX-License-Identifier: Apache-2.0
import {
  isTrustRecord,
  type Json,
  type Predicate,
  parseStrictJson,
  visibleText,
} from '@countersign/kernel';

/**
 * Every member of a record that changes whom the firm trusts, one a line and none shortened: who signs it must be able
 * to compare a key id to its last character. Undefined for any other record.
 */
export function describeTrust(predicate: Predicate): readonly string[] | undefined {
  if (!isTrustRecord(predicate)) return undefined;
  return [...headline(predicate), ...leaves(predicate.content, '').map((line) => `  ${line}`)];
}

function headline({ type, kind, content }: Predicate): readonly string[] {
  if (type === 'key-enrolment') {
    const { key, replaces } = content;
    const entry = objectOf(key);
    const who = entry.service === undefined ? entry.account : `service ${text(entry.service)}`;
    const instead = replaces === undefined ? '' : `, in place of key ${text(replaces)}`;
    return [`  gives ${text(who)} the key ${text(entry.keyid)}${instead}`];
  }
  if (type === 'key-change') return [`  will ${text(kind)} the key ${text(content.keyid)}`];
  if (type === 'founding-rotation' && kind !== 'object') {
    const named = Array.isArray(content.administrators) ? content.administrators : [];
    const accounts = named.map((one) => text(objectOf(one).account)).join(', ');
    return [`  from then on the only administrators are: ${accounts}`];
  }
  return [];
}

function leaves(value: Json | undefined, path: string): readonly string[] {
  if (path === 'attestation.idToken' && typeof value === 'string') return claims(value);
  if (Array.isArray(value)) {
    return value.flatMap((one, index) => leaves(one, `${path}[${index + 1}]`));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, one]) =>
      leaves(one as Json, path === '' ? name : `${path}.${name}`),
    );
  }
  return [`${visibleText(path)}: ${text(value)}`];
}

/** An ID token is read by what it claims; whether it is signed by the provider is for the kernel when it is logged. */
function claims(token: string): readonly string[] {
  const [, payload = ''] = token.split('.');
  try {
    const json = parseStrictJson(Buffer.from(payload, 'base64url'));
    return leaves(json, 'attestation (claims of the ID token)');
  } catch {
    return [`attestation.idToken: ${text(token)}`];
  }
}

function objectOf(json: Json | undefined): { readonly [name: string]: Json } {
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json);
  return isObject ? (json as { readonly [name: string]: Json }) : {};
}

function text(value: Json | undefined): string {
  return visibleText(typeof value === 'string' ? value : JSON.stringify(value ?? ''));
}
