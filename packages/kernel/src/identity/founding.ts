// SPDX-License-Identifier: Apache-2.0
import type { Json } from '../json/parse.ts';
import type { KeyAlgorithm, PublicKey, WebauthnCredential } from '../primitives.ts';
import {
  asArray,
  asBoolean,
  asCount,
  asDigest,
  asNonEmpty,
  asObject,
  asOneOf,
  type JsonObject,
  malformed,
  onlyKeys,
  optional,
} from '../records/shape.ts';
import { ROLES, type Role, SERVICES, type Service } from './roles.ts';
import { readWebauthnCredential } from './webauthn-credential.ts';

/** Who holds a key: a person with duties, or one of the platform's services. */
export type Holder =
  | {
      readonly kind: 'person';
      readonly account: string;
      readonly roles: readonly Role[];
      readonly team?: string;
    }
  | { readonly kind: 'service'; readonly service: Service; readonly name: string };

export interface KeyEntry {
  readonly key: PublicKey;
  readonly holder: Holder;
}

/**
 * The root of trust: everything a gateway, an admission check or an offline verifier is configured with
 * is the digest of this record. It names the first holder of each role and the log's key.
 */
export interface Founding {
  readonly firm: string;
  /** Stamped on every warrant; a production gateway refuses those. */
  readonly demonstration: boolean;
  /** Hours between the enrolment of a key and its first effect; 24 at least outside demonstration mode. */
  readonly delayHours: number;
  /** How many administrators act together. */
  readonly quorum: number;
  /** Origin line of the log's checkpoints (C2SP tlog-checkpoint). */
  readonly logOrigin: string;
  readonly keys: readonly KeyEntry[];
}

const ALGORITHMS: readonly KeyAlgorithm[] = ['ed25519', 'ecdsa-p256-sha256'];

/** @throws KernelError `record_malformed` naming the member, also where the rules of a founding are broken */
export function readFounding(content: JsonObject): Founding {
  onlyKeys(
    content,
    ['firm', 'demonstration', 'delayHours', 'quorum', 'logOrigin', 'keys'],
    'content',
  );
  const founding: Founding = {
    firm: asNonEmpty(content.firm, 'content.firm'),
    demonstration: asBoolean(content.demonstration, 'content.demonstration'),
    delayHours: asCount(content.delayHours, 'content.delayHours'),
    quorum: asCount(content.quorum, 'content.quorum'),
    logOrigin: asNonEmpty(content.logOrigin, 'content.logOrigin'),
    keys: asArray(content.keys, 'content.keys', readKeyEntry),
  };
  if (founding.quorum < 2) throw malformed('content.quorum', '2 or more');
  if (!founding.demonstration && founding.delayHours < 24) {
    throw malformed('content.delayHours', '24 or more outside demonstration mode');
  }
  requireServiceKeys(founding);
  return founding;
}

function requireServiceKeys(founding: Founding): void {
  for (const service of ['log', 'platform'] as const) {
    const count = founding.keys.filter(
      ({ holder }) => holder.kind === 'service' && holder.service === service,
    ).length;
    if (count !== 1) throw malformed('content.keys', `a list with exactly one ${service} key`);
  }
  const ids = new Set(founding.keys.map(({ key }) => key.keyid));
  if (ids.size !== founding.keys.length) throw malformed('content.keys', 'free of duplicate keys');
}

export function readKeyEntry(json: Json, path: string): KeyEntry {
  const object = asObject(json, path);
  onlyKeys(
    object,
    ['keyid', 'algorithm', 'spki', 'webauthn', 'account', 'roles', 'team', 'service', 'name'],
    path,
  );
  const webauthn = optional(object.webauthn, `${path}.webauthn`, readWebauthnCredential);
  const key: PublicKey = {
    keyid: asDigest(object.keyid, `${path}.keyid`),
    algorithm: asOneOf(object.algorithm, ALGORITHMS, `${path}.algorithm`),
    spki: asNonEmpty(object.spki, `${path}.spki`),
    ...(webauthn === undefined ? {} : { webauthn }),
  };
  const holder = readHolder(object, path);
  if (webauthn !== undefined && holder.kind === 'service') {
    throw malformed(`${path}.webauthn`, 'absent for a service: nobody is there to be verified');
  }
  return { key, holder };
}

function readHolder(object: JsonObject, path: string): Holder {
  if (object.service !== undefined) {
    return {
      kind: 'service',
      service: asOneOf(object.service, SERVICES, `${path}.service`),
      name: asNonEmpty(object.name, `${path}.name`),
    };
  }
  const team = optional(object.team, `${path}.team`, asNonEmpty);
  return {
    kind: 'person',
    account: asNonEmpty(object.account, `${path}.account`),
    roles: asArray(object.roles, `${path}.roles`, (item, at) => asOneOf(item, ROLES, at)),
    ...(team === undefined ? {} : { team }),
  };
}

export function keyEntryJson({ key, holder }: KeyEntry): JsonObject {
  const base = {
    keyid: key.keyid,
    algorithm: key.algorithm,
    spki: key.spki,
    ...(key.webauthn === undefined ? {} : { webauthn: webauthnJson(key.webauthn) }),
  };
  if (holder.kind === 'service') return { ...base, service: holder.service, name: holder.name };
  return {
    ...base,
    account: holder.account,
    roles: holder.roles,
    ...(holder.team === undefined ? {} : { team: holder.team }),
  };
}

function webauthnJson({ rpId, origins, credentialId }: WebauthnCredential): JsonObject {
  return { rpId, origins, credentialId };
}
