// SPDX-License-Identifier: Apache-2.0
import { type Founding, readFounding } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import type { ServerConfig } from './config-file.ts';
import type { ServerContext } from './context.ts';
import { ServerError } from './errors.ts';
import {
  createAuth,
  createIdentity,
  installationSecret,
  loadAccessPolicies,
  openSigner,
  publicKeyOfFile,
  readServiceKey,
  signInDomain,
} from './identity/index.ts';
import {
  openCheckpointWatch,
  readLoggedRecords,
  type Sequencer,
  startSequencer,
} from './ledger/index.ts';
import type { OpenData } from './open-data.ts';
import { createStatusSigner, openCurrentRecords } from './records/index.ts';

export interface OpenContext {
  readonly context: ServerContext;
  readonly sequencer: Sequencer;
  /** Stops sequencing and signing; the data stays open. */
  close(): Promise<void>;
}

export interface ContextOptions {
  readonly config: Pick<ServerConfig, 'root' | 'workspace' | 'firm'>;
  /** Under which browsers reach the server. */
  readonly origin: string;
  readonly now: () => string;
}

/**
 * Sequencer, records, status and identity over open stores.
 * @throws ServerError `founding_mismatch`, `ledger_behind`, `ledger_fork`, `ledger_corrupt`, `key_file_invalid`
 */
export async function openContext(data: OpenData, options: ContextOptions): Promise<OpenContext> {
  const { database, blobs, published, dataDir } = data;
  const { config, now } = options;
  const access = loadAccessPolicies();
  const logKey = await readServiceKey(dataDir, 'log');
  const signer = openSigner(logKey);
  const sequencer = await startSequencer({
    database,
    published,
    blobs,
    log: { origin: `${signInDomain(config.firm)}/log`, publicKey: publicKeyOfFile(logKey) },
    signer,
    now: () => new Date(now()),
  });
  try {
    const checkpoints = await openCheckpointWatch(database);
    await checkpoints.waitForCheckpoint(config.root);
    const founding = await readFoundingRecord(data, config.root);
    const parts = { db: database.db, blobs, primitives: nodePrimitives, root: config.root };
    const records = await openCurrentRecords({ ...parts, nudge: () => sequencer.nudge() });
    const status = createStatusSigner({ records, signer, root: config.root, now });
    const secret = await installationSecret(dataDir, 'sign-in-secret');
    const identity = createIdentity({
      db: database.db,
      auth: createAuth({ pool: database.pool, secret, origin: options.origin }),
      origin: options.origin,
      workspace: config.workspace,
      domain: signInDomain(config.firm),
      now,
    });
    const context: ServerContext = {
      workspace: config.workspace,
      root: config.root,
      founding,
      dataDir,
      database,
      blobs,
      published,
      identity,
      access,
      records,
      status,
      checkpoints,
      platform: openSigner(await readServiceKey(dataDir, 'platform')),
      primitives: nodePrimitives,
      now,
    };
    const close = async (): Promise<void> => {
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
