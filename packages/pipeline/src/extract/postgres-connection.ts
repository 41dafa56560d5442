// SPDX-License-Identifier: Apache-2.0
import { Client, DatabaseError } from 'pg';
import { isFull } from '../blobs/upload.ts';
import { PipelineError } from '../errors.ts';
import type { ExtractRequest } from './extracted.ts';
import { connectionVariable } from './source-variables.ts';
import { withoutSecrets } from './without-secrets.ts';

const CONNECT_TIMEOUT_MS = 15_000;
/** The server is starting, stopping or full, or ended the transaction for its own sake: the next attempt may succeed. */
const TRANSIENT_STATES = /^(?:08...|57P0[1-3]|53300|40001|40P01|25P03)$/;

export interface SourceConnection {
  readonly client: Client;
  /** What no message may hold. */
  readonly secrets: readonly string[];
  /** At once, also from within a running statement. */
  close(): void;
}

/**
 * Opens the connection that `COUNTERSIGN_SOURCE_<NAME>` of the caller's environment names. Throws PipelineError
 * `source_credentials_missing`, `source_refused` or `source_unreachable`.
 */
export async function connectSource(
  name: string,
  { environment, locate }: Pick<ExtractRequest, 'environment' | 'locate'>,
): Promise<SourceConnection> {
  const variable = connectionVariable(name);
  const address = environment[variable];
  if (address === undefined || address === '') {
    const message = `${locate(['from', 'postgres'])}: the connection \`${name}\` is not set; set \`${variable}\` to an address such as \`postgres://user:password@host/database\` where the pipeline runs`;
    throw new PipelineError('source_credentials_missing', message, { details: { variable } });
  }
  const secrets = secretsOf(address, variable);
  const client = new Client({
    connectionString: address,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'countersign',
    keepAlive: true,
  });
  // After the end of the connection nobody waits for its error; statements that were running reject by themselves.
  client.on('error', () => {});
  const close = () => void client.end().catch(() => {});
  try {
    await client.connect();
  } catch (cause) {
    close();
    throw postgresFailure(cause, name, secrets);
  }
  return { client, secrets, close };
}

/** Not through the driver's own parser: its error holds the whole address. */
function secretsOf(address: string, variable: string): readonly string[] {
  const isAddress = /^postgres(?:ql)?:\/\//.test(address) && URL.canParse(address);
  if (!isAddress) {
    const message = `\`${variable}\` is no address such as \`postgres://user:password@host/database\`; characters with a meaning in addresses are written as \`%40\` and the like`;
    throw new PipelineError('source_refused', message, { details: { variable } });
  }
  const { password } = new URL(address);
  return [address, password, decoded(password)].filter((text) => text !== '');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone percent sign: the text itself is kept out of messages already
  }
}

/** What the server or the network said, without secrets; no cause is kept, since it may hold the address. */
export function postgresFailure(cause: unknown, name: string, secrets: readonly string[]): unknown {
  if (cause instanceof PipelineError || !(cause instanceof Error)) return cause;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  if (isFull(cause)) return cause;
  const said = withoutSecrets(cause.message, secrets).slice(0, 500);
  const isAnswer = cause instanceof DatabaseError && !TRANSIENT_STATES.test(code);
  const details = { connection: name, ...(code === '' ? {} : { state: code }) };
  return isAnswer
    ? new PipelineError('source_refused', `\`${name}\` refuses the query: ${said}`, { details })
    : new PipelineError(
        'source_unreachable',
        `\`${name}\` cannot be reached: ${said}; check its address and the network, and run it again`,
        { details },
      );
}
