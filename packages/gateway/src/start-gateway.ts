// SPDX-License-Identifier: Apache-2.0
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { CommandGround } from '@countersign/analysis';
import type { Signer, Transition } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { Pool } from 'pg';
import { Deployments } from './deployment/deployments.ts';
import { type Feed, firstOf } from './deployment/feed.ts';
import { fileFeed } from './deployment/file-feed.ts';
import type { Clocks } from './deployment/held-status.ts';
import { httpFeed } from './deployment/http-feed.ts';
import type { Trust } from './deployment/load-deployment.ts';
import { HighWaterFile } from './deployment/status-watch.ts';
import { TrustedKeys } from './deployment/trusted-keys.ts';
import { WarrantMemory } from './deployment/warrant-memory.ts';
import { GatewayError, type GatewayErrorCode } from './errors.ts';
import { buildGatewayApp, type Caller } from './http/app.ts';
import { DecideService } from './http/decide-service.ts';
import { DecisionLog } from './log/decision-log.ts';

/** Where a gateway learns what lives: the server's API, or its published files behind any static server. */
export type FeedSource =
  | { readonly kind: 'server'; readonly url: string; readonly token?: string }
  | { readonly kind: 'files'; readonly url: string };

export interface GatewayOptions {
  readonly name: string;
  readonly workspace: string;
  /** Digest of the founding record. */
  readonly root: string;
  readonly environment: Transition;
  readonly production: boolean;
  readonly models: readonly string[];
  /** At least one; asked in order. */
  readonly feeds: readonly FeedSource[];
  readonly databaseUrl: string;
  /** Holds what the gateway remembers of the log, keys and warrants; its own, not the server's. */
  readonly stateDir: string;
  readonly signer: Signer;
  readonly hmacKey: Uint8Array;
  readonly callers: readonly Caller[];
  readonly host: string;
  readonly port: number;
  /** How old a status may be while models answer; 60 s unless given. */
  readonly freshnessMs?: number;
  readonly pollMs?: number;
  readonly nowMs?: () => number;
  readonly monotonicMs?: () => number;
  readonly report?: (error: unknown, requestId: string) => void;
  /** Told once of each warrant with 60, 30 and 7 days left. */
  readonly notice?: (text: string) => void;
  /** For scorers that are programs: built environments in the state directory and the system's `python3`, unless given. */
  readonly scorers?: Partial<Omit<CommandGround, 'report'>>;
}

export interface Gateway {
  readonly url: string;
  readonly deployments: Deployments;
  close(): Promise<void>;
}

/** A revocation must bite within five seconds of being reachable; polling at two leaves room for one lost poll. */
const POLL_MS = 2000;
const FRESHNESS_MS = 60_000;
const POOL_MAX = 4;
/** A database that is gone without a word must not keep a caller waiting. */
const DATABASE_TIMEOUT_MS = 5000;

/**
 * Starts a gateway. It refuses to start when nothing answers for what it was asked to serve: neither a warrant that holds
 * nor the fallback of one that held here before, with every reason.
 * @throws GatewayError
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const nowMs = options.nowMs ?? Date.now;
  const clocks: Clocks = { nowMs, monotonicMs: options.monotonicMs ?? (() => performance.now()) };
  const report = options.report ?? (() => undefined);
  const now = () => new Date(nowMs()).toISOString();
  const { deployments, keys } = await openDeployments(options, { clocks, report });
  // Batches signed with a key that is not enrolled would count for nothing: better not to start.
  const unkeyed = keys.gatewayRefusal(options.signer.keyid, now());
  if (unkeyed !== undefined) throw unkeyed;
  requireSomething(deployments, options);
  const pool = new Pool({
    connectionString: options.databaseUrl,
    max: POOL_MAX,
    connectionTimeoutMillis: DATABASE_TIMEOUT_MS,
    query_timeout: DATABASE_TIMEOUT_MS,
    // The foreign-key checks of an insert keep the plan they were given while the tables were small: a scan of the whole
    // table, and every group slower than the one before (measured: 4 ms a group against 8 after 300).
    options: '-c plan_cache_mode=force_custom_plan',
  });
  // An idle connection that the server drops must not take the gateway with it.
  pool.on('error', (error) => report(error, 'pool'));
  const identity = {
    workspace: options.workspace,
    root: options.root,
    gateway: options.name,
    signer: options.signer,
  };
  const log = await DecisionLog.open({ pool, primitives: nodePrimitives, identity, now });
  const context = {
    primitives: nodePrimitives,
    workspace: options.workspace,
    gateway: options.name,
    stage: options.environment,
    hmacKey: options.hmacKey,
    now,
    newId: randomUUID,
    newSalt: () => randomBytes(16),
  };
  const service = new DecideService({ context, deployments, log, pool, report });
  const app = buildGatewayApp(service, options.callers);
  const url = await app.listen({ host: options.host, port: options.port });
  const timer = setInterval(() => {
    // A failed poll is reported and tried again; models stop by themselves once the status is too old.
    deployments.refresh().catch((error: unknown) => report(error, 'status'));
  }, options.pollMs ?? POLL_MS);
  return {
    url,
    deployments,
    async close() {
      clearInterval(timer);
      await app.close();
      await log.close();
      await deployments.close();
      await pool.end();
    },
  };
}

async function openDeployments(
  options: GatewayOptions,
  at: { readonly clocks: Clocks; readonly report: (error: unknown, requestId: string) => void },
): Promise<{ readonly deployments: Deployments; readonly keys: TrustedKeys }> {
  const feeds = options.feeds.map(openFeed);
  const trust: Trust = {
    primitives: nodePrimitives,
    root: options.root,
    environment: options.environment,
    production: options.production,
  };
  const inState = (name: string) => join(options.stateDir, `${options.name}.${name}`);
  const highWater = new HighWaterFile(inState('seen.json'));
  const keys = await TrustedKeys.open({
    feed: firstOf(feeds),
    trust,
    path: inState('trust.json'),
    highWater,
    now: () => new Date(at.clocks.nowMs()).toISOString(),
  });
  const memory = new WarrantMemory(inState('warrants'), trust);
  const deployments = new Deployments({
    ...at.clocks,
    feeds,
    trust,
    keys,
    memory,
    highWater,
    freshnessMs: options.freshnessMs ?? FRESHNESS_MS,
    models: options.models,
    ground: groundOf(options, at.report),
    keyid: options.signer.keyid,
    ...(options.notice === undefined ? {} : { notice: options.notice }),
  });
  await firstRefresh(deployments, memory, at.report);
  return { deployments, keys };
}

/** A row that no process is free for goes to the fallback after this: a caller waits two seconds and an answer at most. */
const SCORER_WAIT_MS = 2000;

/** The processes of scorers live in the state directory, which is the gateway's own. */
function groundOf(
  { name, stateDir, scorers }: GatewayOptions,
  report: (error: unknown, requestId: string) => void,
): CommandGround {
  const directory = join(stateDir, `${name}.scorers`);
  return {
    workDir: join(directory, 'work'),
    cacheDir: join(directory, 'cache'),
    hostEnvironment: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    waitMs: SCORER_WAIT_MS,
    ...scorers,
    report: (error) => report(error, 'scorer'),
  };
}

const AWAY: ReadonlySet<GatewayErrorCode> = new Set(['server_unreachable', 'status_stale']);

/** A gateway that comes up in the middle of an outage answers by the fallbacks that it remembers. */
async function firstRefresh(
  deployments: Deployments,
  memory: WarrantMemory,
  report: (error: unknown, requestId: string) => void,
): Promise<void> {
  try {
    await deployments.refresh();
  } catch (error) {
    const isAway = error instanceof GatewayError && AWAY.has(error.code);
    if (!isAway || [...memory.all].length === 0) throw error;
    report(error, 'status');
  }
}

function openFeed(source: FeedSource): Feed {
  if (source.kind === 'files') return fileFeed({ baseUrl: source.url, primitives: nodePrimitives });
  const { url, token } = source;
  return httpFeed({ serverUrl: url, ...(token === undefined ? {} : { token }) });
}

function requireSomething(deployments: Deployments, options: GatewayOptions): void {
  const reasonsOf = options.models.flatMap((model) => {
    const choice = deployments.choose(model);
    return choice.by === 'nobody' ? [choice.reason] : [];
  });
  const refusals = reasonsOf.map(({ message }) => message);
  const isScorers =
    reasonsOf.length > 0 && reasonsOf.every(({ code }) => code === 'scorer_unavailable');
  const { warrants, ended, refusals: reasons } = deployments.held();
  if (options.models.length === 0 && warrants.length + ended.length === 0) {
    refusals.push(
      reasons.length > 0 ? reasons.join('; ') : `no warrant holds in ${options.environment}`,
    );
  }
  if (refusals.length > 0)
    throw new GatewayError(
      isScorers ? 'scorer_unavailable' : 'not_warranted',
      refusals.join('; '),
      { models: options.models },
    );
}
