// SPDX-License-Identifier: Apache-2.0
import { openStatus, type PublicKey, type Status } from '@countersign/kernel';
import { GatewayError } from '../errors.ts';
import type { Feed } from './feed.ts';
import { type Deployment, loadDeployment, type Trust } from './load-deployment.ts';
import { type HighWaterFile, SKEW_MAX_MS, statusRefusal } from './status-watch.ts';

export interface DeploymentsOptions {
  readonly feed: Feed;
  readonly trust: Trust;
  readonly logKey: PublicKey;
  readonly highWater: HighWaterFile;
  /** How old a status may be while the gateway still answers; F of design.md section 5. */
  readonly freshnessMs: number;
  /** Only these models; all when empty. */
  readonly models: readonly string[];
  readonly nowMs: () => number;
}

export interface Held {
  readonly warrants: readonly {
    readonly warrant: string;
    readonly model: string;
    readonly use: string;
    readonly version: number;
    readonly expires: string;
  }[];
  readonly status: Status | undefined;
  /** Why the newest refresh failed, or warrants that were refused and why. */
  readonly refusals: readonly string[];
}

const DRAIN_MS = 10_000;

/**
 * What this gateway may serve now. `refresh` fetches and verifies; `forModel` is the warm check on the path of every
 * request and touches memory only.
 */
export class Deployments {
  readonly #options: DeploymentsOptions;
  readonly #loaded = new Map<string, Deployment>();
  readonly #refused = new Map<string, string>();
  /** Warrants for the other stage: nothing is wrong with them, they are not ours. */
  readonly #elsewhere = new Set<string>();
  #status: Status | undefined;
  #lastError: string | undefined;

  constructor(options: DeploymentsOptions) {
    this.#options = options;
  }

  /** Takes a new status and loads the warrants it lists. What fails stays refused; what has gone is dropped at once. */
  async refresh(): Promise<void> {
    try {
      await this.#refresh();
      this.#lastError = undefined;
    } catch (error) {
      this.#lastError = error instanceof Error ? error.message : 'refresh failed';
      throw error;
    }
  }

  async #refresh(): Promise<void> {
    const { feed, trust, logKey, highWater, nowMs } = this.#options;
    const status = openStatus(trust.primitives, await feed.status(), logKey);
    if (status === undefined)
      throw new GatewayError('not_warranted', 'the status is not signed by the log key');
    const against = { root: trust.root, mark: highWater.mark, nowMs: nowMs() };
    const refusal = statusRefusal(status, against);
    if (refusal !== undefined) {
      // A log that went backwards proves that somebody rewrote it: nothing held from it is good any more.
      if (refusal.code === 'log_rollback') this.#status = undefined;
      throw refusal;
    }
    highWater.raise(status);
    this.#status = status;
    await this.#load(status);
  }

  async #load(status: Status): Promise<void> {
    for (const digest of this.#loaded.keys()) {
      if (!status.live.includes(digest)) this.#drop(digest);
    }
    for (const digest of status.live) {
      const isKnown =
        this.#loaded.has(digest) || this.#refused.has(digest) || this.#elsewhere.has(digest);
      if (!isKnown) await this.#try(digest);
    }
  }

  async #try(warrant: string): Promise<void> {
    const { feed, trust, nowMs, models } = this.#options;
    try {
      const now = new Date(nowMs()).toISOString();
      const deployment = await loadDeployment(feed, trust, { warrant, now });
      const isWanted = models.length === 0 || models.includes(deployment.model);
      if (isWanted) this.#loaded.set(warrant, deployment);
      else await deployment.served.scorer.close();
    } catch (error) {
      // A feed that does not answer is tried again; what was verified and found wrong is not.
      const isPassing = error instanceof GatewayError && error.code === 'server_unreachable';
      if (isPassing) throw error;
      if (isForAnotherStage(error)) {
        this.#elsewhere.add(warrant);
        return;
      }
      this.#refused.set(warrant, error instanceof Error ? error.message : 'unreadable');
    }
  }

  #drop(digest: string): void {
    const deployment = this.#loaded.get(digest);
    this.#loaded.delete(digest);
    // Answers under way hold the session a little longer; nothing new can reach it.
    if (deployment === undefined) return;
    setTimeout(() => void deployment.served.scorer.close(), DRAIN_MS).unref();
  }

  /** The deployment that may answer for a model now, or why none may. Memory only: this runs for every request. */
  forModel(model: string, use?: string): Deployment | GatewayError {
    const stale = this.#staleness();
    if (stale !== undefined) return stale;
    const now = new Date(this.#options.nowMs()).toISOString();
    let newest: Deployment | undefined;
    for (const deployment of this.#loaded.values()) {
      if (deployment.model !== model || (use !== undefined && deployment.use !== use)) continue;
      const { warrant } = deployment.grant;
      if (now < warrant.notBefore || now >= warrant.expires) continue;
      if (newest === undefined || deployment.version > newest.version) newest = deployment;
    }
    if (newest !== undefined) return newest;
    const reasons = [...this.#refused.values()];
    return new GatewayError(
      'not_warranted',
      reasons.length === 0
        ? `no warrant lets \`${model}\` answer in ${this.#options.trust.environment}`
        : `no warrant lets \`${model}\` answer: ${reasons.join('; ')}`,
    );
  }

  #staleness(): GatewayError | undefined {
    const { nowMs, freshnessMs } = this.#options;
    if (this.#status === undefined) {
      return new GatewayError(
        'status_stale',
        this.#lastError ?? 'no status of the log has been seen yet',
      );
    }
    const age = nowMs() - Date.parse(this.#status.time);
    if (age < -SKEW_MAX_MS) {
      return new GatewayError(
        'status_stale',
        `this clock is behind the log: the status is of ${this.#status.time}`,
      );
    }
    if (age <= freshnessMs) return undefined;
    return new GatewayError(
      'status_stale',
      `the last status is ${Math.round(age / 1000)} s old, ${freshnessMs / 1000} s is the limit`,
    );
  }

  held(): Held {
    const warrants = [...this.#loaded.values()].map(({ grant, model, use, version }) => ({
      warrant: grant.digest,
      model,
      use,
      version,
      expires: grant.warrant.expires,
    }));
    const refusals = [...this.#refused.values()];
    if (this.#lastError !== undefined) refusals.push(this.#lastError);
    return { warrants, status: this.#status, refusals };
  }

  /** For when no request is under way any more. */
  async close(): Promise<void> {
    for (const { served } of this.#loaded.values()) await served.scorer.close();
    this.#loaded.clear();
  }
}

function isForAnotherStage(error: unknown): boolean {
  const codes = error instanceof GatewayError ? error.details.codes : undefined;
  return Array.isArray(codes) && codes.length === 1 && codes[0] === 'warrant_environment';
}
