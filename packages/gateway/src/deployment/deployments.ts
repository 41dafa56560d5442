// SPDX-License-Identifier: Apache-2.0
import { openStatus, type PublicKey, type Status } from '@countersign/kernel';
import { GatewayError, type GatewayErrorCode } from '../errors.ts';
import type { Feed } from './feed.ts';
import { type Deployment, loadDeployment, type Trust } from './load-deployment.ts';
import { requireSameLog } from './same-log.ts';
import { type HighWaterFile, logRefusal, SKEW_MAX_MS, timeRefusal } from './status-watch.ts';

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
const REWRITTEN: ReadonlySet<GatewayErrorCode> = new Set(['log_rollback', 'log_fork']);

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
  /** What proved the log rewritten: nothing is answered until a whole refresh succeeds again. */
  #broken: GatewayError | undefined;
  #believing: Promise<Status> | undefined;
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
    const broken = this.#broken;
    try {
      // One at a time: of two that wait for proofs, the later to end would else set back the mark of the other.
      this.#believing ??= this.#believe().finally(() => {
        this.#believing = undefined;
      });
      await this.#load(await this.#believing);
      // Only a whole refresh that began after the breach was found shows that it has passed.
      if (this.#broken === broken) this.#broken = undefined;
    } catch (error) {
      if (error instanceof GatewayError && REWRITTEN.has(error.code)) {
        // A log that went backwards or another way proves that somebody rewrote it: nothing held from it is good any more.
        this.#status = undefined;
        this.#broken = error;
      }
      throw error;
    }
  }

  /**
   * The newest status, once it is shown to be of the log seen before. Without a proof of that nothing changes: what is
   * held grows stale, and the next refresh asks again.
   */
  async #believe(): Promise<Status> {
    const { feed, trust, logKey, highWater, nowMs } = this.#options;
    const status = openStatus(trust.primitives, await feed.status(), logKey);
    if (status === undefined)
      throw new GatewayError('not_warranted', 'the status is not signed by the log key');
    const { mark } = highWater;
    const rewritten = logRefusal(status, { root: trust.root, mark });
    if (rewritten !== undefined) throw rewritten;
    if (mark !== undefined) await requireSameLog(feed, trust.primitives, [mark, status]);
    const untimely = timeRefusal(status, { mark, nowMs: nowMs() });
    if (untimely !== undefined) throw untimely;
    highWater.raise(status);
    this.#status = status;
    return status;
  }

  async #load(status: Status): Promise<void> {
    for (const digest of this.#loaded.keys()) {
      if (!status.live.includes(digest)) this.#drop(digest);
    }
    for (const digest of status.live) {
      const isKnown =
        this.#loaded.has(digest) || this.#refused.has(digest) || this.#elsewhere.has(digest);
      if (!isKnown) await this.#try(digest, status);
    }
  }

  async #try(warrant: string, seen: Status): Promise<void> {
    const { feed, trust, nowMs, models } = this.#options;
    try {
      const now = new Date(nowMs()).toISOString();
      const deployment = await loadDeployment(feed, trust, { warrant, now, seen });
      const isWanted = models.length === 0 || models.includes(deployment.model);
      if (isWanted) this.#loaded.set(warrant, deployment);
      else await deployment.served.scorer.close();
    } catch (error) {
      // A feed that does not answer is tried again; what was verified and found wrong is not. A fork is of the whole log.
      const isOfTheFeed =
        error instanceof GatewayError &&
        (error.code === 'server_unreachable' || REWRITTEN.has(error.code));
      if (isOfTheFeed) throw error;
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
    if (this.#broken !== undefined) return this.#broken;
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
