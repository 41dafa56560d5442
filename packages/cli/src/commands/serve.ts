// SPDX-License-Identifier: Apache-2.0
import type { FeedSource } from '@countersign/gateway';
import { isDigest } from '@countersign/kernel';
import { parseModelName } from '../client/version-name.ts';
import type { Command, Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import { gatewayServerToken, startDataGateway } from '../host/start-data-gateway.ts';
import { readConfigFile } from '../profile/profile.ts';
import type { Session } from '../session.ts';
import { untilAborted } from './up.ts';

export const serve: Command = {
  name: 'serve',
  summary: 'the gateway: answers only under warrants whose chain it verifies itself',
  description:
    'Refuses to start, with every reason, when nothing answers for what it was asked to serve: neither a warrant that holds nor the fallback of one that held here before. A production gateway (the default) refuses demonstration warrants.',
  example: 'countersign serve consumer-credit --demonstration --as olaf.operator',
  arguments: [
    {
      name: 'model',
      summary: 'models to serve; every warranted one unless given',
      isOptional: true,
      isRepeated: true,
    },
  ],
  options: [
    {
      flags: '--root DIGEST',
      summary: 'founding record to trust; that of the data directory unless given',
    },
    {
      flags: '--demonstration',
      summary: 'accept warrants of a firm founded in demonstration mode',
    },
    {
      flags: '--stage STAGE',
      summary: 'production unless given',
      choices: ['staging', 'production'],
    },
    {
      flags: '--database-url URL',
      summary: 'where decisions are logged, as a role that may insert them',
    },
    {
      flags: '--feed URL',
      summary:
        'published files behind any static server, or `server` for the API; several are asked in order',
      isRepeated: true,
    },
    {
      flags: '--freshness SECONDS',
      summary: 'how old a signed status may be while models answer; 60 unless given',
    },
    { flags: '--host HOST', summary: 'address to listen on; 127.0.0.1 unless given' },
    { flags: '--port PORT', summary: 'port; the configured one unless given' },
    { flags: '--check', summary: 'verify and start, then stop at once' },
  ],
  run: runServe,
};

async function runServe(input: Input, session: Session): Promise<Outcome> {
  const profile = session.profile();
  const { dataDir } = profile;
  const root = input.optionalText('root') ?? session.root();
  if (!isDigest(root))
    throw usage(`\`--root\` must be a SHA-256 digest in lower-case hex, not \`${root}\``);
  const config = readConfigFile(dataDir);
  const database = await databaseOf(input, dataDir, config?.databaseUrl);
  try {
    const gateway = await startDataGateway({
      dataDir,
      workspace: profile.workspace,
      root,
      environment: input.optionalText('stage') === 'staging' ? 'staging' : 'production',
      production: !input.flag('demonstration'),
      models: input.argumentList('model').map(parseModelName),
      feeds: feedsOf(input, session),
      ...freshnessOf(input),
      databaseUrl: database.url,
      host: input.optionalText('host') ?? '127.0.0.1',
      port: input.count('port') ?? config?.ports.gateway ?? 0,
      report: (text) => session.io.err(`gateway: ${text}`),
    });
    const { warrants, ended, refusals } = gateway.deployments.held();
    const result = { url: gateway.url, warrants, ended, refusals };
    try {
      session.io.out(input.flag('json') ? JSON.stringify(result) : `gateway   ${gateway.url}`);
      for (const { model, version, use, warrant, expires, daysLeft } of warrants) {
        session.io.err(
          `serves ${model}@${version} for ${use} under warrant ${warrant.slice(0, 12)} until ${expires} (${daysLeft} days)`,
        );
      }
      for (const { model, version, fallback, reason } of ended) {
        session.io.err(`answers by fallback \`${fallback}\` for ${model}@${version}: ${reason}`);
      }
      if (!input.flag('check'))
        await untilAborted(session.io.signal ?? new AbortController().signal);
    } finally {
      await gateway.close();
    }
    return { ok: true, result, lines: ['stopped'], isPrinted: true };
  } finally {
    await database.close();
  }
}

const FRESHNESS_MIN_S = 10;
const FRESHNESS_MAX_S = 3600;

/** The server signs a status every 10 s at the latest; what is longer than an hour is no stop. */
function freshnessOf(input: Input): { readonly freshnessMs?: number } {
  const seconds = input.count('freshness');
  if (seconds === undefined) return {};
  if (seconds < FRESHNESS_MIN_S || seconds > FRESHNESS_MAX_S) {
    throw usage(
      `\`--freshness\` must be from ${FRESHNESS_MIN_S} to ${FRESHNESS_MAX_S} seconds, not ${seconds}`,
    );
  }
  return { freshnessMs: seconds * 1000 };
}

/** The server's API unless other feeds are named. */
function feedsOf(input: Input, session: Session): readonly FeedSource[] {
  const named = input.list('feed');
  return (named.length === 0 ? ['server'] : named).map((one) => feedOf(one, session));
}

function feedOf(named: string, session: Session): FeedSource {
  const { dataDir, serverUrl, token } = session.profile();
  if (named === 'server')
    return { kind: 'server', url: serverUrl, token: gatewayServerToken(dataDir, token) };
  const url = URL.canParse(named) ? new URL(named) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.search !== '')
    throw usage(
      `\`--feed\` must be \`server\` or an http(s) URL without a query, not \`${named}\``,
    );
  return { kind: 'files', url: named };
}

/** The embedded database is adopted while the server runs it, and left running. */
async function databaseOf(
  input: Input,
  dataDir: string,
  configured: string | undefined,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const given = input.optionalText('database-url');
  // Used as it is: a gateway needs the insert path alone, not the rights of the database's owner.
  if (given !== undefined) return { url: given, close: () => Promise.resolve() };
  const { openData } = await import('@countersign/server');
  const data = await openData({
    dataDir,
    ...(configured === undefined ? {} : { databaseUrl: configured }),
  });
  return { url: data.database.url, close: () => data.close() };
}
