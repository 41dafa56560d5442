// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  accountOf,
  type Envelope,
  type Founding,
  foundTrust,
  type KeyAlgorithm,
  type KeyEntry,
  keyEntryJson,
  PAYLOAD_TYPE_STATEMENT,
  type Predicate,
  type Role,
  readRecord,
  type Signer,
  signEnvelope,
  statementBytes,
  subjectOf,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import type { BlobStore } from '@countersign/pipeline';
import { ServerError } from '../errors.ts';
import { appendRecord } from '../ledger/index.ts';
import type { DatabaseHandle } from '../store/index.ts';
import { createAuth } from './auth.ts';
import { createIdentity, signInDomain } from './identity.ts';
import {
  createKeyFile,
  type KeyFile,
  openSigner,
  publicKeyOfFile,
  writeKeyFile,
} from './key-file.ts';
import { createServiceKeys, installationSecret } from './service-keys.ts';

export interface FoundingPerson {
  readonly account: string;
  readonly printedName: string;
  readonly roles: readonly Role[];
  readonly team?: string;
  /** Opens the signing key; at least 12 characters, and not the password. */
  readonly passphrase: string;
  /** For sign-in. */
  readonly password: string;
  /** Ed25519 unless given. */
  readonly algorithm?: KeyAlgorithm;
}

export interface FoundingPlan {
  readonly firm: string;
  readonly workspace: string;
  readonly demonstration: boolean;
  /** Hours until an enrolled key counts; 0 in demonstration mode and 24 otherwise, unless given. */
  readonly delayHours?: number;
  readonly people: readonly FoundingPerson[];
}

export interface FoundedPerson {
  readonly account: string;
  readonly email: string;
  readonly token: string;
  readonly keyFile: string;
  readonly tokenFile: string;
}

export interface Founded {
  /** Digest of the founding record: what every gateway and verifier is configured with. */
  readonly root: string;
  readonly envelope: Envelope;
  readonly people: readonly FoundedPerson[];
}

interface Place {
  readonly dataDir: string;
  readonly database: DatabaseHandle;
  readonly blobs: BlobStore;
  readonly now: () => string;
}

/** Founding answers no browser; the value is not kept. */
const ORIGIN = 'http://localhost';
/** Two administrators found a firm together. */
const QUORUM = 2;
/** When the quorum is lost: three persons of the watching duties, and a week in which an administrator can object. */
const RECOVERY_PERSONS = 3;
const RECOVERY_HOURS = 168;

/**
 * Makes the keys of services and first people, the founding record signed by two administrators, and accounts with
 * an API key each. People's keys and tokens lie in DIR/people/ACCOUNT/ to be handed over.
 * A crash leaves a directory without config.json; it is not used again and may be deleted.
 * @throws ServerError `already_founded`, `founding_invalid`
 */
export async function found(place: Place, plan: FoundingPlan): Promise<Founded> {
  checkFoundingPlan(plan);
  await refuseFounded(place);
  const keys = await createPeopleKeys(place.dataDir, plan.people);
  const founding = await foundingOf(place.dataDir, plan, keys);
  const envelope = await signFounding(place, { plan, founding, keys });
  const root = readRecord(nodePrimitives, envelope).digest;
  await place.database.db
    .transaction()
    .execute((tx) =>
      appendRecord(tx, envelope, { blobs: place.blobs, recordedAt: new Date(place.now()) }),
    );
  return { root, envelope, people: await createAccounts(place, plan) };
}

/** @throws ServerError `founding_invalid` */
export function checkFoundingPlan(plan: Pick<FoundingPlan, 'people'>): void {
  const administrators = plan.people.filter(({ roles }) => roles.includes('administrator'));
  const accounts = new Set(plan.people.map(({ account }) => account));
  const problem =
    administrators.length < QUORUM
      ? `${administrators.length} administrators are named, ${QUORUM} are needed`
      : accounts.size < plan.people.length
        ? 'an account is named twice'
        : plan.people.some(({ passphrase, password }) => passphrase === password)
          ? 'a passphrase is the same as the password; signing and signing in must not share a secret'
          : undefined;
  if (problem !== undefined) {
    throw new ServerError('founding_invalid', `the firm cannot be founded: ${problem}`);
  }
}

async function refuseFounded({ database, dataDir }: Place): Promise<void> {
  const any = await database.db.selectFrom('record').select('digest').limit(1).executeTakeFirst();
  if (any !== undefined) {
    throw new ServerError(
      'already_founded',
      `the database of \`${dataDir}\` holds records already; found a firm in a new data directory and database`,
      { details: { dataDir } },
    );
  }
}

async function createPeopleKeys(
  dataDir: string,
  people: readonly FoundingPerson[],
): Promise<ReadonlyMap<string, KeyFile>> {
  const keys = new Map<string, KeyFile>();
  for (const person of people) {
    const { account, passphrase, algorithm = 'ed25519' } = person;
    const file = createKeyFile({ algorithm, passphrase });
    await mkdir(join(dataDir, 'people', account), { recursive: true, mode: 0o700 });
    await writeKeyFile(join(dataDir, 'people', account, 'key.json'), file);
    keys.set(account, file);
  }
  return keys;
}

async function foundingOf(
  dataDir: string,
  plan: FoundingPlan,
  keys: ReadonlyMap<string, KeyFile>,
): Promise<Founding> {
  const origin = `${signInDomain(plan.firm)}/log`;
  const services = await createServiceKeys(dataDir);
  const names = { log: origin, platform: 'platform', gateway: 'gateway-1' };
  const serviceKeys = (['log', 'platform', 'gateway'] as const).map(
    (service): KeyEntry => ({
      key: publicKeyOfFile(services[service]),
      holder: { kind: 'service', service, name: names[service] },
    }),
  );
  const personKeys = plan.people.map(
    ({ account, roles, team }): KeyEntry => ({
      key: publicKeyOfFile(keyOf(keys, account)),
      holder: { kind: 'person', account, roles, ...(team === undefined ? {} : { team }) },
    }),
  );
  return {
    firm: plan.firm,
    demonstration: plan.demonstration,
    delayHours: plan.delayHours ?? (plan.demonstration ? 0 : 24),
    quorum: QUORUM,
    recovery: { persons: RECOVERY_PERSONS, delayHours: plan.demonstration ? 0 : RECOVERY_HOURS },
    logOrigin: origin,
    keys: [...serviceKeys, ...personKeys],
  };
}

function keyOf(keys: ReadonlyMap<string, KeyFile>, account: string): KeyFile {
  const file = keys.get(account);
  if (file === undefined) throw new Error(`no key was made for ${account}`);
  return file;
}

async function signFounding(
  place: Place,
  at: { plan: FoundingPlan; founding: Founding; keys: ReadonlyMap<string, KeyFile> },
): Promise<Envelope> {
  const { plan, founding, keys } = at;
  const administrators = plan.people
    .filter(({ roles }) => roles.includes('administrator'))
    .slice(0, QUORUM);
  const signers: readonly Signer[] = administrators.map(({ account, passphrase }) =>
    openSigner(keyOf(keys, account), passphrase),
  );
  const subjectRef = { workspace: plan.workspace };
  const predicate: Predicate = {
    type: 'founding',
    scope: 'firm',
    subjectRef,
    producer: 'human',
    actor: administrators[0]?.account ?? '',
    claimedAt: place.now(),
    source: [],
    content: { ...founding, keys: founding.keys.map(keyEntryJson) },
  };
  const payload = statementBytes({
    subject: [subjectOf(nodePrimitives, subjectRef)],
    predicate,
  });
  const envelope = await signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, signers);
  assertFounds(envelope, administrators);
  return envelope;
}

/** What we write must found a firm by the kernel's own rules. */
function assertFounds(envelope: Envelope, administrators: readonly FoundingPerson[]): void {
  const result = foundTrust(nodePrimitives, readRecord(nodePrimitives, envelope));
  if ('refused' in result) {
    throw new ServerError(
      'founding_invalid',
      `the founding record founds nothing: ${result.refused}`,
    );
  }
  const enrolled = new Set([...result.state.register.values()].map(accountOf));
  if (!administrators.every(({ account }) => enrolled.has(account))) {
    throw new ServerError('founding_invalid', 'an administrator was not enrolled');
  }
}

async function createAccounts(place: Place, plan: FoundingPlan): Promise<readonly FoundedPerson[]> {
  const secret = await installationSecret(place.dataDir, 'sign-in-secret');
  const identity = createIdentity({
    db: place.database.db,
    auth: createAuth({ pool: place.database.pool, secret, origin: ORIGIN }),
    origin: ORIGIN,
    workspace: plan.workspace,
    domain: signInDomain(plan.firm),
    now: place.now,
  });
  const people: FoundedPerson[] = [];
  for (const { account, printedName, password } of plan.people) {
    const created = await identity.createAccount({
      account,
      printedName,
      password,
      createdBy: 'founding',
    });
    const folder = join(place.dataDir, 'people', account);
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, `${created.token}\n`, { mode: 0o600, flag: 'wx', flush: true });
    people.push({
      account,
      email: created.email,
      token: created.token,
      keyFile: join(folder, 'key.json'),
      tokenFile,
    });
  }
  return people;
}
