// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Gateway, GatewayError } from '@countersign/gateway';
import type { RunningServer } from '@countersign/server';
import type { Command, Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError } from '../errors.ts';
import { gatewayServerToken, startDataGateway } from '../host/start-data-gateway.ts';
import { type DataConfig, latestDemonstration, readConfigFile } from '../profile/profile.ts';
import type { Session } from '../session.ts';

export const up: Command = {
  name: 'up',
  summary: 'the server on a founded data directory, and its gateway once a warrant holds',
  description:
    'Runs until it is interrupted. Without --database-url the embedded PostgreSQL of the data directory is used. A firm is founded first with `countersign found`.',
  example: 'countersign up --latest',
  options: [
    { flags: '--latest', summary: 'the newest .countersign/demo-* of the current directory' },
    { flags: '--database-url URL', summary: 'PostgreSQL 15 or later, as its owner' },
    { flags: '--host HOST', summary: 'address to listen on; 127.0.0.1 unless given' },
    { flags: '--port PORT', summary: 'port of the API; the configured one unless given' },
    {
      flags: '--gateway-port PORT',
      summary: 'port of the gateway; the configured one unless given',
    },
    { flags: '--workers N', summary: 'jobs done at once; 1 unless given, with 0 none' },
    { flags: '--no-gateway', summary: 'the API alone' },
  ],
  run: runUp,
};

async function runUp(input: Input, session: Session): Promise<Outcome> {
  const dataDir = directoryOf(input, session);
  const config = configOf(dataDir);
  const host = input.optionalText('host') ?? '127.0.0.1';
  const port = input.count('port');
  const databaseUrl = input.optionalText('database-url');
  const workers = input.count('workers');
  // Loaded here alone: every other command starts faster without the server's parts.
  const { noticeHealth, pagesOrigin, startServer, trustNotices } = await import(
    '@countersign/server'
  );
  session.progress(`starting on ${dataDir}`);
  const server = await startServer({
    dataDir,
    host,
    ...(port === undefined ? {} : { port }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(workers === undefined ? {} : { workers }),
    onFailure: (requestId, error) =>
      session.io.err(
        `request ${requestId} failed: ${error instanceof Error ? error.message : String(error)}`,
      ),
  });
  const announced = { url: server.url, root: server.root, firm: config.firm, dataDir };
  session.io.out(
    input.flag('json') ? JSON.stringify(announced) : `API       ${server.url}   data ${dataDir}`,
  );
  if (!input.flag('json')) {
    const stamp = config.demonstration ? ' (demonstration)' : '';
    session.io.out(`pages     ${pagesOrigin(server.context.identity.origin)}`);
    session.io.out(`root      ${server.root}   ${config.firm}${stamp}`);
    if (port !== undefined && port !== config.ports.api)
      session.io.out(
        `commands  expect port ${config.ports.api}: give them --server ${server.url}, or set COUNTERSIGN_SERVER`,
      );
  }
  for (const { subject, text } of trustNotices(
    await server.context.records.current(),
    session.now(),
  )) {
    session.io.err(`notice: ${subject}: ${text}`);
  }
  for (const { channel, failed, dead, lastFailure } of await noticeHealth(server.context)) {
    if (failed + dead === 0) continue;
    const last = lastFailure === null ? '' : `; last: ${lastFailure.result}`;
    session.io.err(
      `warning: ${channel}: ${failed} notices wait to be tried again, ${dead} were given up${last}; see \`countersign notices --all --failed\``,
    );
  }
  const abort = session.io.signal ?? new AbortController().signal;
  const gateway = input.unlessNo('gateway')
    ? keepGateway({ input, session, server, config, dataDir, host, abort })
    : undefined;
  try {
    await untilAborted(abort);
  } finally {
    session.progress('stopping');
    await (await gateway)?.close();
    await server.close();
  }
  return { ok: true, result: announced, lines: ['stopped'], isPrinted: true };
}

function directoryOf(input: Input, session: Session): string {
  if (!input.flag('latest')) return session.profile().dataDir;
  const latest = latestDemonstration(session.cwd);
  if (latest !== undefined) return latest;
  throw new CliError('no_data', `\`${join(session.cwd, '.countersign')}\` holds no demonstration`, {
    details: { next: 'run `npm run demo` first, or name a data directory with --data' },
  });
}

function configOf(dataDir: string): DataConfig {
  const config = existsSync(dataDir) ? readConfigFile(dataDir) : undefined;
  if (config !== undefined) return config;
  throw new CliError('not_founded', `\`${dataDir}\` holds no founded firm`, {
    details: { next: 'found one with `countersign found`, or try `npm run demo`' },
  });
}

interface GatewayPlace {
  readonly input: Input;
  readonly session: Session;
  readonly server: RunningServer;
  readonly config: DataConfig;
  readonly dataDir: string;
  readonly host: string;
  readonly abort: AbortSignal;
}

const RETRY_MS = 5_000;

/** Starts the gateway as soon as a production warrant holds; until then it says once why it does not answer. */
async function keepGateway(place: GatewayPlace): Promise<Gateway | undefined> {
  const { session, abort, config } = place;
  let said = '';
  while (!abort.aborted) {
    try {
      const gateway = await start(place);
      const note = config.demonstration ? ' (accepts demonstration warrants)' : '';
      session.io.out(`gateway   ${gateway.url}${note}`);
      return gateway;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== said) session.io.err(`gateway waits: ${reason}`);
      said = reason;
      if (!(error instanceof GatewayError)) return undefined;
    }
    await sleep(RETRY_MS, undefined, { signal: abort }).catch(() => undefined); // the loop sees the abort
  }
  return undefined;
}

function start({ input, session, server, config, dataDir, host }: GatewayPlace): Promise<Gateway> {
  return startDataGateway({
    dataDir,
    workspace: config.workspace,
    root: server.root,
    environment: 'production',
    production: !config.demonstration,
    models: [],
    feeds: [
      {
        kind: 'server',
        url: server.url,
        token: gatewayServerToken(dataDir, session.profile().token),
      },
    ],
    databaseUrl: server.context.database.url,
    host,
    port: input.count('gateway-port') ?? config.ports.gateway,
    report: (text) => session.io.err(`gateway: ${text}`),
  });
}

export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    // A timer keeps the process alive where nothing else does.
    const timer = setInterval(() => undefined, 60_000);
    signal.addEventListener(
      'abort',
      () => {
        clearInterval(timer);
        resolve();
      },
      { once: true },
    );
  });
}
