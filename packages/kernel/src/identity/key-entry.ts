// SPDX-License-Identifier: Apache-2.0
import { fromBase64 } from '../bytes.ts';
import type { Json } from '../json/parse.ts';
import { type KeyAlgorithm, keyIdOf, type Primitives, type PublicKey } from '../primitives.ts';
import {
  asArray,
  asDigest,
  asNonEmpty,
  asObject,
  asOneOf,
  asTime,
  type JsonObject,
  malformed,
  onlyKeys,
  optional,
} from '../records/shape.ts';
import { ROLES, type Role, SERVICES, type Service } from './roles.ts';
import { readWebauthnCredential } from './webauthn-credential.ts';

/** What an external validator's key is good for. */
export interface HolderLimits {
  readonly models: readonly string[];
  /** UTC; from then on the key counts for nothing. */
  readonly until: string;
}

/** Who holds a key: a person with duties, or one of the platform's services. */
export type Holder =
  | {
      readonly kind: 'person';
      readonly account: string;
      readonly roles: readonly Role[];
      readonly team?: string;
      readonly limits?: HolderLimits;
    }
  | { readonly kind: 'service'; readonly service: Service; readonly name: string };

export interface KeyEntry {
  readonly key: PublicKey;
  readonly holder: Holder;
}

const ALGORITHMS: readonly KeyAlgorithm[] = ['ed25519', 'ecdsa-p256-sha256'];
const ENTRY_KEYS = [
  'keyid',
  'algorithm',
  'spki',
  'webauthn',
  'account',
  'roles',
  'team',
  'limits',
  'service',
  'name',
];

/** @throws KernelError `record_malformed` naming the member */
export function readKeyEntry(json: Json, path: string): KeyEntry {
  const object = asObject(json, path);
  onlyKeys(object, ENTRY_KEYS, path);
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
  const limits = optional(object.limits, `${path}.limits`, readLimits);
  const roles = asArray(object.roles, `${path}.roles`, (item, at) => asOneOf(item, ROLES, at));
  const isExternal = roles.includes('external-validator');
  if (isExternal && roles.length > 1) {
    throw malformed(`${path}.roles`, 'external-validator alone: its limits hold for the whole key');
  }
  if (isExternal !== (limits !== undefined)) {
    throw malformed(`${path}.limits`, 'present for an external-validator, and only there');
  }
  return {
    kind: 'person',
    account: asNonEmpty(object.account, `${path}.account`),
    roles,
    ...(team === undefined ? {} : { team }),
    ...(limits === undefined ? {} : { limits }),
  };
}

function readLimits(json: Json, path: string): HolderLimits {
  const object = asObject(json, path);
  onlyKeys(object, ['models', 'until'], path);
  const models = asArray(object.models, `${path}.models`, asNonEmpty);
  if (models.length === 0) throw malformed(`${path}.models`, 'a list of one model or more');
  return { models, until: asTime(object.until, `${path}.until`) };
}

export function keyEntryJson({ key, holder }: KeyEntry): JsonObject {
  const { keyid, algorithm, spki, webauthn } = key;
  const base: JsonObject = {
    keyid,
    algorithm,
    spki,
    ...(webauthn === undefined
      ? {}
      : {
          webauthn: {
            rpId: webauthn.rpId,
            origins: webauthn.origins,
            credentialId: webauthn.credentialId,
          },
        }),
  };
  if (holder.kind === 'service') return { ...base, service: holder.service, name: holder.name };
  const { account, roles, team, limits } = holder;
  return {
    ...base,
    account,
    roles,
    ...(team === undefined ? {} : { team }),
    ...(limits === undefined ? {} : { limits: { models: limits.models, until: limits.until } }),
  };
}

/** Whether the key id is what it must be: the digest of the key. */
export function isSelfNamed(p: Primitives, { key }: KeyEntry): boolean {
  return keyIdOf(p, fromBase64(key.spki)) === key.keyid;
}
