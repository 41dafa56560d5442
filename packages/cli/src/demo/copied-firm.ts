// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Gateway } from '@countersign/gateway';
import { openEmbeddedDatabase, type RunningServer, startServer } from '@countersign/server';
import { Client } from 'pg';
import { gatewayServerToken, startDataGateway } from '../host/start-data-gateway.ts';

const run = promisify(execFile);

/** Copies a stopped firm; `cp -a` keeps the owners and modes that PostgreSQL insists on. */
export async function copyFirm(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  for (const part of ['config.json', 'keys', 'people', 'blobs', 'published', 'postgres']) {
    await run('cp', ['-a', '--reflink=auto', join(from, part), to]);
  }
  // What a gateway remembers of the log lies with the gateway, out of reach of whoever holds the server's disk.
  await cp(join(from, 'gateway'), join(to, 'gateway'), { recursive: true }).catch(() => undefined);
  await rm(join(to, 'postgres', 'owner'), { force: true });
}

/** Runs SQL as the owner of the database of a copy that is not running: no role, trigger or grant stands in the way. */
export async function asDatabaseOwner<T>(
  copy: string,
  work: (sql: Client) => Promise<T>,
): Promise<T> {
  const database = await openEmbeddedDatabase({ directory: join(copy, 'postgres') });
  try {
    const client = new Client({ connectionString: database.ownerUrl });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  } finally {
    await database.close();
  }
}

export interface RunningCopy {
  readonly server: RunningServer;
  readonly gateway: Gateway;
  close(): Promise<void>;
}

/** Starts server and gateway over a copy. The gateway knows the firm by its founding record alone. Throws the refusal. */
export async function startCopy(
  copy: string,
  at: { readonly root: string; readonly stage?: 'staging' | 'production' },
): Promise<RunningCopy> {
  const server = await startServer({ dataDir: copy, port: 0, onFailure: () => undefined });
  try {
    const gateway = await startDataGateway({
      dataDir: copy,
      workspace: 'main',
      root: at.root,
      environment: at.stage ?? 'production',
      production: false,
      models: ['consumer-credit'],
      feeds: [{ kind: 'server', url: server.url, token: gatewayServerToken(copy, undefined) }],
      databaseUrl: server.context.database.url,
      host: '127.0.0.1',
      port: 0,
      report: () => undefined,
    });
    await requireWarrant(gateway);
    return {
      server,
      gateway,
      close: async () => {
        await gateway.close();
        await server.close();
      },
    };
  } catch (refusal) {
    await server.close();
    throw refusal;
  }
}

/** A gateway that remembers the warrant starts without it and answers by the fallback: that is no answer of the model. */
async function requireWarrant(gateway: Gateway): Promise<void> {
  const { warrants, ended, refusals } = gateway.deployments.held();
  if (warrants.length > 0) return;
  await gateway.close();
  throw new Error([...ended.map(({ reason }) => reason), ...refusals].join('; '));
}
