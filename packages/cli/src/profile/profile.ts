// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { isDigest, type Json, parseStrictJson } from '@countersign/kernel';
import { CliError } from '../errors.ts';

/** Who acts, on which data, through which server. Every member says where it came from only by its order of sources. */
export interface Profile {
  readonly dataDir: string;
  readonly account: string | undefined;
  readonly serverUrl: string;
  readonly gatewayUrl: string;
  readonly workspace: string;
  /** Digest of the founding record, from the data directory or the environment; never taken from a server. */
  readonly root: string | undefined;
  readonly token: string | undefined;
  readonly keyFile: string | undefined;
}

export interface ProfileSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly as?: string | undefined;
  readonly data?: string | undefined;
  readonly server?: string | undefined;
}

const API_PORT = 4170;
const GATEWAY_PORT = 4171;

/** Options before environment before what `login` wrote before the data directory's configuration. */
export function resolveProfile(sources: ProfileSources): Profile {
  const { env } = sources;
  const dataDir = dataDirectory(sources);
  const config = readConfigFile(dataDir);
  const account = sources.as ?? nonEmpty(env.COUNTERSIGN_AS) ?? lastAccount(dataDir);
  const person = account === undefined ? undefined : join(dataDir, 'people', accountName(account));
  const apiPort = config?.ports.api ?? API_PORT;
  const gatewayPort = config?.ports.gateway ?? GATEWAY_PORT;
  return {
    dataDir,
    account,
    serverUrl: trimSlash(
      sources.server ?? nonEmpty(env.COUNTERSIGN_SERVER) ?? `http://127.0.0.1:${apiPort}`,
    ),
    gatewayUrl: trimSlash(nonEmpty(env.COUNTERSIGN_GATEWAY) ?? `http://127.0.0.1:${gatewayPort}`),
    workspace: nonEmpty(env.COUNTERSIGN_WORKSPACE) ?? config?.workspace ?? 'main',
    root: rootOf(nonEmpty(env.COUNTERSIGN_ROOT)) ?? config?.root,
    token: nonEmpty(env.COUNTERSIGN_TOKEN) ?? readToken(person),
    keyFile: person === undefined ? undefined : join(person, 'key.json'),
  };
}

/**
 * `--data`, COUNTERSIGN_DATA, `~/.countersign` once it holds a firm, else the newest demonstration below the current
 * directory: what `npm run demo` leaves can be tried without naming it.
 */
export function dataDirectory(sources: ProfileSources): string {
  const given = sources.data ?? nonEmpty(sources.env.COUNTERSIGN_DATA);
  if (given !== undefined) return isAbsolute(given) ? given : resolve(sources.cwd, given);
  const home = join(nonEmpty(sources.env.HOME) ?? homedir(), '.countersign');
  if (existsSync(join(home, 'config.json'))) return home;
  return latestDemonstration(sources.cwd) ?? home;
}

/** The newest founded `.countersign/demo-*` of a directory; their names are time stamps. */
export function latestDemonstration(cwd: string): string | undefined {
  const parent = join(cwd, '.countersign');
  if (!existsSync(parent)) return undefined;
  const names = readdirSync(parent)
    .filter((name) => name.startsWith('demo-') && existsSync(join(parent, name, 'config.json')))
    .sort();
  const last = names.at(-1);
  return last === undefined ? undefined : join(parent, last);
}

export interface DataConfig {
  readonly root: string;
  readonly firm: string;
  readonly workspace: string;
  readonly demonstration: boolean;
  readonly ports: { readonly api: number; readonly gateway: number };
  readonly databaseUrl?: string;
}

type JsonObject = { readonly [key: string]: Json };

/** DIR/config.json as a client needs it; undefined where no firm was founded. @throws CliError `profile_invalid` */
export function readConfigFile(dataDir: string): DataConfig | undefined {
  const path = join(dataDir, 'config.json');
  if (!existsSync(path)) return undefined;
  const json = parseFile(path);
  const ports = objectOf(json.ports, path);
  const { root, firm, workspace, demonstration, databaseUrl } = json;
  if (typeof root !== 'string' || !isDigest(root))
    throw invalid(path, 'its `root` is not a digest');
  if (typeof workspace !== 'string') throw invalid(path, 'it names no `workspace`');
  return {
    root,
    firm: typeof firm === 'string' ? firm : '',
    workspace,
    demonstration: demonstration === true,
    ports: { api: portOf(ports.api, path), gateway: portOf(ports.gateway, path) },
    ...(typeof databaseUrl === 'string' ? { databaseUrl } : {}),
  };
}

function parseFile(path: string): JsonObject {
  try {
    return objectOf(parseStrictJson(readFileSync(path)), path);
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw invalid(path, cause instanceof Error ? cause.message : 'it cannot be read');
  }
}

function objectOf(json: Json | undefined, path: string): JsonObject {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw invalid(path, 'it is not an object');
  }
  return json as JsonObject;
}

function portOf(json: Json | undefined, path: string): number {
  if (typeof json !== 'number') throw invalid(path, 'a port is not a number');
  return json;
}

function invalid(path: string, problem: string): CliError {
  return new CliError('profile_invalid', `\`${path}\` cannot be used: ${problem}`, {
    details: { next: 'put the file back from a backup, or name another directory with --data' },
  });
}

/** A file name is made of it, so it must be one. */
function accountName(account: string): string {
  if (/^[a-z][a-z0-9._-]{0,63}$/.test(account)) return account;
  throw new CliError(
    'usage',
    `\`${account}\` is not an account: lower-case letters, digits, \`.\`, \`_\` and \`-\``,
  );
}

function rootOf(text: string | undefined): string | undefined {
  if (text === undefined || isDigest(text)) return text;
  throw new CliError(
    'usage',
    `COUNTERSIGN_ROOT must be a SHA-256 digest in lower-case hex, not \`${text}\``,
  );
}

/** The account that `login` chose for a data directory. */
function lastAccount(dataDir: string): string | undefined {
  const path = join(dataDir, 'people', 'current');
  return existsSync(path) ? nonEmpty(readFileSync(path, 'utf8').trim()) : undefined;
}

function readToken(person: string | undefined): string | undefined {
  if (person === undefined) return undefined;
  const path = join(person, 'token');
  return existsSync(path) ? nonEmpty(readFileSync(path, 'utf8').trim()) : undefined;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}

function trimSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
