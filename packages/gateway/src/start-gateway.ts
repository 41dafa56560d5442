// SPDX-License-Identifier: Apache-2.0
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Signer, Transition } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { Pool } from 'pg';
import { Deployments } from './deployment/deployments.ts';
import { type Feed, httpFeed } from './deployment/feed.ts';
import { loadFounding, logKeyOf, type Trust } from './deployment/load-deployment.ts';
import { HighWaterFile } from './deployment/status-watch.ts';
import { GatewayError } from './errors.ts';
import { buildGatewayApp, type Caller } from './http/app.ts';
import { DecideService } from './http/decide-service.ts';
import { DecisionLog } from './log/decision-log.ts';

export interface GatewayOptions {
  readonly name: string;
  readonly workspace: string;
  /** Digest of the founding record. */
  readonly root: string;
  readonly environment: Transition;
  readonly production: boolean;
  readonly models: readonly string[];
  readonly serverUrl: string;
  readonly serverToken?: string;
  readonly databaseUrl: string;
  /** Holds what the gateway remembers of the log; its own, not the server's. */
  readonly stateDir: string;
  readonly signer: Signer;
  readonly hmacKey: Uint8Array;
  readonly callers: readonly Caller[];
  readonly host: string;
  readonly port: number;
  readonly freshnessMs?: number;
  readonly pollMs?: number;
  readonly nowMs?: () => number;
  readonly report?: (error: unknown, requestId: string) => void;
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

/**
 * Starts a gateway. It refuses to start when no warrant holds for what it was asked to serve, with every reason.
 * @throws GatewayError
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const nowMs = options.nowMs ?? Date.now;
  const { deployments, feed, trust } = await openDeployments(options, nowMs);
  requireSomething(deployments, options);
  await requireEnrolled(feed, trust, options);
  const report = options.report ?? (() => undefined);
  const pool = new Pool({
    connectionString: options.databaseUrl,
    max: POOL_MAX,
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
  const now = () => new Date(nowMs()).toISOString();
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
    // A failed poll is reported and tried again; answers stop by themselves once the status is too old.
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

async function openDeployments(options: GatewayOptions, nowMs: () => number) {
  const token = options.serverToken === undefined ? {} : { token: options.serverToken };
  const feed: Feed = httpFeed({ serverUrl: options.serverUrl, ...token });
  const trust: Trust = {
    primitives: nodePrimitives,
    root: options.root,
    environment: options.environment,
    production: options.production,
  };
  const deployments = new Deployments({
    feed,
    trust,
    logKey: logKeyOf(await loadFounding(feed, trust)),
    highWater: new HighWaterFile(join(options.stateDir, `${options.name}.seen.json`)),
    freshnessMs: options.freshnessMs ?? FRESHNESS_MS,
    models: options.models,
    nowMs,
  });
  await deployments.refresh();
  return { deployments, feed, trust };
}

function requireSomething(deployments: Deployments, options: GatewayOptions): void {
  const missing = options.models.filter(
    (model) => deployments.forModel(model) instanceof GatewayError,
  );
  const refusals = missing.map((model) => {
    const refusal = deployments.forModel(model);
    return refusal instanceof GatewayError ? refusal.message : '';
  });
  if (options.models.length === 0 && deployments.held().warrants.length === 0) {
    const reasons = deployments.held().refusals;
    refusals.push(
      reasons.length > 0 ? reasons.join('; ') : `no warrant holds in ${options.environment}`,
    );
  }
  if (refusals.length > 0)
    throw new GatewayError('not_warranted', refusals.join('; '), { models: missing });
}

/** Batches signed with a key that is not enrolled would count for nothing: better not to start. */
async function requireEnrolled(feed: Feed, trust: Trust, options: GatewayOptions): Promise<void> {
  const set = await loadFounding(feed, trust);
  const key = set.register.get(options.signer.keyid);
  if (key?.holder.kind === 'service' && key.holder.service === 'gateway') return;
  throw new GatewayError(
    'not_warranted',
    `key ${options.signer.keyid.slice(0, 12)} is not enrolled as a gateway's`,
  );
}
