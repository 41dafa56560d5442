// SPDX-License-Identifier: Apache-2.0
import { type Founding, type KeyRegister, type RecordSet, readFounding } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import type { ServerConfig } from './config-file.ts';
import type { ServerContext } from './context.ts';
import { ServerError } from './errors.ts';
import { startFeedPublisher } from './feed/index.ts';
import {
  adoptServiceKeys,
  createAuth,
  createIdentity,
  createOidcSignIn,
  type Identity,
  installationSecret,
  isSigningCredential,
  loadAccessPolicies,
  openServiceSigners,
  readProviderConfig,
  type ServiceSigners,
  signInDomain,
} from './identity/index.ts';
import {
  type LogKeys,
  logIdentityOf,
  openCheckpointWatch,
  readLoggedRecords,
  type Sequencer,
  startSequencer,
} from './ledger/index.ts';
import type { OpenData } from './open-data.ts';
import {
  type CurrentRecords,
  createStatusSigner,
  openCurrentRecords,
  readTrust,
  spentProvisional,
} from './records/index.ts';
import { startUploads } from './start-uploads.ts';

export interface OpenContext {
  readonly context: ServerContext;
  readonly sequencer: Sequencer;
  /** Stops sequencing and signing; the data stays open. */
  close(): Promise<void>;
}

export interface ContextOptions {
  readonly config: Pick<ServerConfig, 'root' | 'workspace' | 'firm' | 'uploads'>;
  /** Under which browsers reach the server. */
  readonly origin: string;
  readonly now: () => string;
  /** Told when the files of the feed could not be published; they are tried again. */
  readonly onFailure?: (error: unknown) => void;
}

/**
 * Sequencer, records, status and identity over open stores.
 * @throws ServerError `founding_mismatch`, `ledger_behind`, `ledger_fork`, `ledger_corrupt`, `key_file_invalid`
 */
export async function openContext(data: OpenData, options: ContextOptions): Promise<OpenContext> {
  const { database, blobs, published, dataDir } = data;
  const { config, now } = options;
  const access = loadAccessPolicies();
  const parts = { db: database.db, blobs, primitives: nodePrimitives, root: config.root };
  const known = await readTrust(parts, config.root);
  if (known !== undefined) await adoptServiceKeys(dataDir, known.register, now());
  let register: () => KeyRegister | undefined = () => known?.register;
  const services = await openServiceSigners(dataDir, () => register(), now);
  const sequencer = await startSequencer({
    database,
    published,
    blobs,
    keys: logKeys(services, {
      origin: `${signInDomain(config.firm)}/log`,
      trust: () => readTrust(parts, config.root),
    }),
    now: () => new Date(now()),
  });
  try {
    const checkpoints = await openCheckpointWatch(database);
    await checkpoints.waitForCheckpoint(config.root);
    const founding = await readFoundingRecord(data, config.root);
    const records = await openCurrentRecords({ ...parts, nudge: () => sequencer.nudge() });
    register = () => records.register();
    const signers = async () => (await services.log()).map(({ signer }) => signer);
    const spent = (set: RecordSet, at: string) => spentProvisional(database.db, set, at);
    const status = createStatusSigner({ records, signers, root: config.root, now, spent });
    const identity = await openIdentity(data, { ...options, records });
    const uploads = await startUploads(data, { ...options, limits: config.uploads });
    const context: ServerContext = {
      workspace: config.workspace,
      root: config.root,
      founding,
      dataDir,
      database,
      blobs,
      uploads: uploads.store,
      published,
      identity,
      access,
      records,
      status,
      checkpoints,
      platform: services.platform,
      services,
      primitives: nodePrimitives,
      now,
    };
    const feed = startFeedPublisher(context, {
      ...(options.onFailure === undefined ? {} : { onFailure: options.onFailure }),
    });
    const close = async (): Promise<void> => {
      await feed.close();
      await uploads.close();
      await status.close();
      await checkpoints.close();
      await sequencer.stop();
    };
    return { context, sequencer, close };
  } catch (cause) {
    await sequencer.stop();
    throw cause;
  }
}

/**
 * The log's keys as the records name them. A database that is an older copy may not know of this process's own key yet:
 * it is believed all the same, so that the copy is found out as what it is.
 */
function logKeys(
  services: ServiceSigners,
  at: { readonly origin: string; readonly trust: () => Promise<RecordSet | undefined> },
): LogKeys {
  return {
    origin: at.origin,
    signers: services.log,
    identity: async () => {
      const [own] = await services.log();
      if (own === undefined) throw new Error('a log without a key signs nothing');
      const { publicKey } = own;
      const trust = await at.trust();
      if (trust === undefined) return { origin: at.origin, publicKey };
      const log = logIdentityOf(trust);
      const replaced = log.replaced ?? [];
      const ids = [log.publicKey, ...replaced.map((one) => one.publicKey)].map(
        ({ keyid }) => keyid,
      );
      if (ids.includes(publicKey.keyid)) return log;
      const before = { publicKey: log.publicKey, lastSize: Number.POSITIVE_INFINITY };
      return { origin: log.origin, publicKey, replaced: [...replaced, before] };
    },
  };
}

/** @throws ServerError `config_invalid` for an identity-provider.json that cannot be used */
async function openIdentity(
  { database, dataDir }: OpenData,
  options: ContextOptions & { readonly records: CurrentRecords },
): Promise<Identity> {
  const { config, origin, now, records } = options;
  const auth = createAuth({
    pool: database.pool,
    secret: await installationSecret(dataDir, 'sign-in-secret'),
    origin,
    isSigningCredential: (credentialId) => isSigningCredential(records.register(), credentialId),
  });
  const provider = await readProviderConfig(dataDir);
  const oidc =
    provider === undefined
      ? undefined
      : createOidcSignIn({ db: database.db, config: provider, now });
  return createIdentity({
    db: database.db,
    auth,
    origin,
    workspace: config.workspace,
    domain: signInDomain(config.firm),
    now,
    ...(oidc === undefined ? {} : { oidc }),
  });
}

async function readFoundingRecord(data: OpenData, root: string): Promise<Founding> {
  const [first] = await readLoggedRecords(data.database.db, data.blobs, { to: 1 });
  if (first?.digest !== root) {
    throw new ServerError(
      'founding_mismatch',
      `the log does not begin with founding record ${root}; check the data directory and the database URL`,
      { details: { root } },
    );
  }
  return readFounding(first.statement.predicate.content);
}
