// SPDX-License-Identifier: Apache-2.0
import {
  type KeyRegister,
  keyStanding,
  type PublicKey,
  SERVICES,
  type Service,
  type Signer,
} from '@countersign/kernel';
import { type KeyFile, openSigner, publicKeyOfFile } from './key-file.ts';
import { adoptNextServiceKey, readNextServiceKey, readServiceKey } from './service-keys.ts';

/** The keys of a data directory's services while they may be replaced under a running server. */
export interface ServiceSigners {
  /** The platform's key that counts now. */
  readonly platform: Signer;
  /** The log's key; with the next one from the moment its file exists until the records retire the old one. */
  log(): Promise<readonly { readonly signer: Signer; readonly publicKey: PublicKey }[]>;
  /** The next key of a service, if its file lies in the data directory. */
  next(service: Service): Promise<PublicKey | undefined>;
}

interface Held {
  readonly signer: Signer;
  readonly publicKey: PublicKey;
}

/** Services whose key this process signs with; a gateway opens its own. */
const SIGNING = ['log', 'platform'] as const satisfies readonly Service[];

/**
 * @param register whom the records trust now; undefined before the first is read
 * @throws ServerError `key_file_invalid`
 */
export async function openServiceSigners(
  dataDir: string,
  register: () => KeyRegister | undefined,
  now: () => string,
): Promise<ServiceSigners> {
  const held = new Map<Service, Held>();
  const coming = new Map<Service, Held>();
  for (const service of SIGNING) held.set(service, hold(await readServiceKey(dataDir, service)));

  const standing = ({ publicKey }: Held) => {
    const key = register()?.get(publicKey.keyid);
    return key === undefined ? undefined : keyStanding(key, now());
  };
  const refresh = async (service: Service): Promise<void> => {
    if (coming.has(service)) return;
    const file = await readNextServiceKey(dataDir, service);
    if (file !== undefined) coming.set(service, hold(file));
  };
  const heldOf = (service: Service): Held => {
    const one = held.get(service);
    if (one === undefined) throw new Error(`this process holds no ${service} key`);
    return one;
  };
  const inUse = (service: Service): Held => {
    const next = coming.get(service);
    return next !== undefined && standing(next) === 'in force' ? next : heldOf(service);
  };
  for (const service of SIGNING) await refresh(service);
  return {
    platform: following(() => inUse('platform').signer),
    log: async () => {
      for (const service of SIGNING) await refresh(service);
      const old = heldOf('log');
      const next = coming.get('log');
      if (next === undefined) return [old];
      return standing(old) === 'retired' ? [next] : [old, next];
    },
    next: async (service) => {
      if (service === 'gateway') {
        const file = await readNextServiceKey(dataDir, service);
        return file === undefined ? undefined : publicKeyOfFile(file);
      }
      await refresh(service);
      return coming.get(service)?.publicKey;
    },
  };
}

function hold(file: KeyFile): Held {
  return { signer: openSigner(file), publicKey: publicKeyOfFile(file) };
}

/** Signs with whichever key counts at that moment. */
function following(current: () => Signer): Signer {
  return {
    get keyid() {
      return current().keyid;
    },
    get algorithm() {
      return current().algorithm;
    },
    sign: (message) => current().sign(message),
  };
}

/** Next keys that the records have put in force take their places; what they replaced is deleted. */
export async function adoptServiceKeys(
  dataDir: string,
  register: KeyRegister,
  now: string,
): Promise<readonly Service[]> {
  const adopted: Service[] = [];
  for (const service of SERVICES) {
    const next = await readNextServiceKey(dataDir, service);
    const key = next === undefined ? undefined : register.get(next.keyid);
    if (key === undefined || keyStanding(key, now) !== 'in force') continue;
    await adoptNextServiceKey(dataDir, service);
    adopted.push(service);
  }
  return adopted;
}
