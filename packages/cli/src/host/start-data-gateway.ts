// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FeedSource, type Gateway, startGateway } from '@countersign/gateway';
import { hostToolEnvironment } from '@countersign/pipeline';
import { CliError } from '../errors.ts';
import { openKey, readKeyFile } from '../profile/signing-key.ts';
import { gatewayCallers, gatewayHmacKey } from './gateway-secrets.ts';

export interface DataGatewayOptions {
  readonly dataDir: string;
  readonly workspace: string;
  /** The one thing the gateway is configured with. */
  readonly root: string;
  readonly environment: 'staging' | 'production';
  /** A production gateway refuses demonstration warrants. */
  readonly production: boolean;
  readonly models: readonly string[];
  /** Asked in order. */
  readonly feeds: readonly FeedSource[];
  /** With the rights of the application role: it cannot update or delete decisions. */
  readonly databaseUrl: string;
  readonly port: number;
  readonly host: string;
  /** How old a signed status may be; a minute unless given. */
  readonly freshnessMs?: number;
  /** The system's clock unless given. */
  readonly nowMs?: () => number;
  readonly report: (text: string) => void;
  /** Where scorers that are programs find their interpreter: PATH and HOME; the process's own unless given. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The name under which the founding record enrols the first gateway. */
const GATEWAY_NAME = 'gateway-1';

/** Starts the gateway of a data directory with its enrolled key. @throws GatewayError `not_warranted` with every reason */
export async function startDataGateway(options: DataGatewayOptions): Promise<Gateway> {
  const { dataDir, report, env = process.env, ...given } = options;
  const file = await readKeyFile(join(dataDir, 'keys', 'gateway.json'));
  const signer = openKey(file, undefined);
  return startGateway({
    ...given,
    name: GATEWAY_NAME,
    stateDir: join(dataDir, 'gateway'),
    signer,
    hmacKey: gatewayHmacKey(dataDir),
    callers: gatewayCallers(dataDir),
    report: (error) => report(error instanceof Error ? error.message : String(error)),
    notice: report,
    scorers: { hostEnvironment: hostToolEnvironment(env) },
  });
}

/**
 * A token with which a gateway fetches artefacts: the acting account's, else that of an account whose token lies in the
 * data directory and that may read them.
 * @throws CliError `no_token`
 */
export function gatewayServerToken(dataDir: string, token: string | undefined): string {
  if (token !== undefined) return token;
  const people = join(dataDir, 'people');
  const found = existsSync(people)
    ? readdirSync(people)
        .sort()
        .map((account) => join(people, account, 'token'))
        .find(existsSync)
    : undefined;
  if (found !== undefined) return readFileSync(found, 'utf8').trim();
  throw new CliError(
    'no_token',
    `no account of \`${dataDir}\` can fetch artefacts for the gateway`,
    {
      details: { next: 'start it as an operator with --as, or set COUNTERSIGN_TOKEN' },
    },
  );
}
