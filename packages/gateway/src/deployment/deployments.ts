// SPDX-License-Identifier: Apache-2.0
import type { CommandGround } from '@countersign/analysis';
import type { Status } from '@countersign/kernel';
import { asGatewayError, GatewayError, isRewritten } from '../errors.ts';
import { fallbackOfSilent } from '../fallback/silent-model.ts';
import { type Choice, chooseDeployment } from './choose-deployment.ts';
import { endedReason } from './ended-reason.ts';
import { ExpiryNotices } from './expiry-notices.ts';
import { type Feed, firstOf } from './feed.ts';
import { endedWarrant, type Held, heldWarrant } from './held.ts';
import type { Clocks, HeldStatus } from './held-status.ts';
import { type Deployment, fetchVerified, loadDeployment, type Trust } from './load-deployment.ts';
import { newestStatus } from './newest-status.ts';
import type { HighWaterFile } from './status-watch.ts';
import type { TrustedKeys } from './trusted-keys.ts';
import { isForAnotherStage } from './verify-grant.ts';
import type { RememberedWarrant, WarrantMemory } from './warrant-memory.ts';

export interface DeploymentsOptions extends Clocks {
  /** Asked for a status in this order, each only when those before it have none that is fresh. */
  readonly feeds: readonly Feed[];
  readonly trust: Trust;
  readonly keys: TrustedKeys;
  readonly memory: WarrantMemory;
  readonly highWater: HighWaterFile;
  /** How old a status may be while the gateway still answers; F of design.md section 5. */
  readonly freshnessMs: number;
  /** Only these models; all when empty. */
  readonly models: readonly string[];
  /** Where scorers that are programs run. */
  readonly ground: CommandGround;
  /** Key id of the gateway's own key: while it does not count, nothing is answered. */
  readonly keyid?: string;
  /** Told of warrants that are about to end. */
  readonly notice?: (text: string) => void;
}

const DRAIN_MS = 10_000;
/** The records about keys are looked at again when the log has grown, no more often than this. */
const KEYS_EVERY_MS = 10_000;
/** A warrant that was refused is looked at again after this: its bundle may have lacked a record. */
const RETRY_REFUSED_MS = 60_000;

interface Refused {
  readonly error: GatewayError;
  readonly at: number;
}

/**
 * What this gateway may serve now. `refresh` fetches and verifies; `choose` is the warm check on the path of every
 * request and touches memory only.
 */
export class Deployments {
  readonly #options: DeploymentsOptions;
  /** For everything but the status: whoever answers, it is verified. */
  readonly #feed: Feed;
  readonly #loaded = new Map<string, Deployment>();
  readonly #refused = new Map<string, Refused>();
  /** Warrants for the other stage or another model: nothing is wrong with them, they are not ours. */
  readonly #elsewhere = new Set<string>();
  readonly #notices: ExpiryNotices;
  #held: HeldStatus | undefined;
  /** What proved the log rewritten: nothing is answered until a whole refresh succeeds again. */
  #broken: GatewayError | undefined;
  #believing: Promise<Status> | undefined;
  #loading: Promise<void> | undefined;
  #keysAt = Number.NEGATIVE_INFINITY;
  #keysSize = -1;
  #lastError: string | undefined;

  constructor(options: DeploymentsOptions) {
    this.#options = options;
    this.#feed = firstOf(options.feeds);
    this.#notices = new ExpiryNotices(options.notice ?? (() => undefined));
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
      const status = await this.#believing;
      this.#dropEnded(status);
      this.#loading ??= this.#load(status).finally(() => {
        this.#loading = undefined;
      });
      await this.#loading;
      // Only a whole refresh that began after the breach was found shows that it has passed.
      if (this.#broken === broken) this.#broken = undefined;
    } catch (error) {
      if (isRewritten(error)) {
        // A log that went backwards or another way proves that somebody rewrote it: nothing held from it is good any more.
        this.#held = undefined;
        this.#broken = error;
      }
      throw error;
    }
  }

  /** Without a proof that it is of the log seen before nothing changes: what is held grows stale, and the next refresh asks again. */
  async #believe(): Promise<Status> {
    const held = await newestStatus(this.#options.feeds, this.#feed, this.#options);
    this.#options.highWater.raise(held.status);
    this.#held = held;
    return held.status;
  }

  #dropEnded(status: Status): void {
    for (const digest of this.#loaded.keys()) {
      if (!status.live.includes(digest)) this.#drop(digest);
    }
    for (const digest of this.#refused.keys()) {
      if (!status.live.includes(digest)) this.#refused.delete(digest);
    }
  }

  async #load(status: Status): Promise<void> {
    await this.#refreshKeys(status);
    for (const digest of status.live) {
      const refused = this.#refused.get(digest);
      const waited = this.#options.monotonicMs() - (refused?.at ?? 0);
      const isKnown =
        this.#loaded.has(digest) ||
        this.#elsewhere.has(digest) ||
        (refused !== undefined && waited < RETRY_REFUSED_MS);
      if (!isKnown) await this.#try(digest, status);
    }
    const now = new Date(this.#timeMs()).toISOString();
    for (const { digest, ending, warrant } of this.#options.memory.all) {
      const isUnexplained = ending === undefined && now < warrant.expires;
      if (isUnexplained && !status.live.includes(digest)) await this.#explain(digest, status);
    }
    this.#warn();
  }

  async #refreshKeys(status: Status): Promise<void> {
    const { keys, monotonicMs } = this.#options;
    const isDue = monotonicMs() - this.#keysAt >= KEYS_EVERY_MS && status.size !== this.#keysSize;
    if (!isDue) return;
    if (this.#keysSize !== -1) await keys.refresh();
    this.#keysAt = monotonicMs();
    this.#keysSize = status.size;
  }

  async #try(warrant: string, seen: Status): Promise<void> {
    const { trust, models, memory, monotonicMs, ground } = this.#options;
    try {
      const { bundle, set } = await fetchVerified(this.#feed, trust, { warrant, seen });
      memory.requireLearnt(warrant, set);
      const subject = set.byDigest.get(warrant)?.statement.predicate.subjectRef;
      if (models.length > 0 && !models.includes(subject?.model ?? '')) {
        this.#elsewhere.add(warrant);
        return;
      }
      const now = new Date(this.#timeMs()).toISOString();
      const deployment = await loadDeployment(this.#feed, trust, { warrant, now, set, ground });
      this.#loaded.set(warrant, deployment);
      this.#refused.delete(warrant);
      memory.remember(warrant, bundle, set);
    } catch (error) {
      // A feed that does not answer is tried again; what was verified and found wrong is not. A fork is of the whole log.
      const isAway = error instanceof GatewayError && error.code === 'server_unreachable';
      if (isAway || isRewritten(error)) throw error;
      if (isForAnotherStage(error)) {
        this.#elsewhere.add(warrant);
        return;
      }
      this.#refused.set(warrant, { error: asGatewayError(error), at: monotonicMs() });
    }
  }

  /** Learns which record ended a warrant. Nothing waits for it: that it has ended is known. */
  async #explain(warrant: string, seen: Status): Promise<void> {
    const { trust, memory } = this.#options;
    try {
      const { bundle, set } = await fetchVerified(this.#feed, trust, { warrant, seen });
      memory.requireLearnt(warrant, set);
      memory.remember(warrant, bundle, set);
    } catch (error) {
      if (isRewritten(error)) throw error;
    }
  }

  #drop(digest: string): void {
    const deployment = this.#loaded.get(digest);
    this.#loaded.delete(digest);
    // Answers under way hold the session a little longer; nothing new can reach it.
    if (deployment === undefined) return;
    setTimeout(() => void deployment.served.scorer.close(), DRAIN_MS).unref();
  }

  #warn(): void {
    const held = [...this.#loaded.values()].map(({ grant, model, version }) => ({
      digest: grant.digest,
      name: `${model}@${version}`,
      expires: grant.warrant.expires,
    }));
    this.#notices.look(held, this.#timeMs());
  }

  /** Who may answer for a model now, or why nobody. Memory only: this runs for every request. */
  choose(model: string, use?: string): Choice {
    const { keys, keyid, memory } = this.#options;
    const now = new Date(this.#timeMs()).toISOString();
    const unkeyed = keyid === undefined ? undefined : keys.gatewayRefusal(keyid, now);
    if (unkeyed !== undefined) return { by: 'nobody', reason: unkeyed };
    const holding = this.#holding(now);
    const refusal = this.#staleness();
    const choice = chooseDeployment({
      holding,
      remembered: memory.all,
      model,
      use,
      refusal,
      reasonOf: (ended) => this.#reasonOf(ended, now),
    });
    return choice ?? { by: 'nobody', reason: refusal ?? this.#unknown(model) };
  }

  #holding(now: string): readonly Deployment[] {
    const holding: Deployment[] = [];
    for (const deployment of this.#loaded.values()) {
      const { warrant } = deployment.grant;
      if (now >= warrant.notBefore && now < warrant.expires) holding.push(deployment);
    }
    return holding;
  }

  /** Who answers where a model that may answer gave no answer. */
  insteadOf(silent: Deployment, reason: GatewayError): Extract<Choice, { by: 'fallback' }> {
    const holding = this.#holding(new Date(this.#timeMs()).toISOString());
    return fallbackOfSilent(silent, holding, reason);
  }

  /** The deployment that may answer for a model now, or why none may. */
  forModel(model: string, use?: string): Deployment | GatewayError {
    const choice = this.choose(model, use);
    return choice.by === 'model' ? choice.deployment : choice.reason;
  }

  #reasonOf(ended: RememberedWarrant, now: string): GatewayError {
    const { digest } = ended;
    const isListed = this.#held?.status.live.includes(digest) === true;
    return endedReason(ended, { now, refused: this.#refused.get(digest)?.error, isListed });
  }

  #unknown(model: string): GatewayError {
    const errors = [...this.#refused.values()].map(({ error }) => error);
    const reasons = errors.map(({ message }) => message);
    const isScorers =
      errors.length > 0 && errors.every(({ code }) => code === 'scorer_unavailable');
    return new GatewayError(
      isScorers ? 'scorer_unavailable' : 'not_warranted',
      reasons.length === 0
        ? `no warrant lets \`${model}\` answer in ${this.#options.trust.environment}`
        : `no warrant lets \`${model}\` answer: ${reasons.join('; ')}`,
    );
  }

  #staleness(): GatewayError | undefined {
    if (this.#broken !== undefined) return this.#broken;
    if (this.#held !== undefined) return this.#held.refusal(this.#options.freshnessMs);
    const message = this.#lastError ?? 'no status of the log has been seen yet';
    return new GatewayError('status_stale', message);
  }

  /** The wall's time, but no earlier than the log has shown it to be. */
  #timeMs(): number {
    return Math.max(this.#options.nowMs(), this.#held?.timeMs() ?? 0);
  }

  held(): Held {
    const nowMs = this.#timeMs();
    const now = new Date(nowMs).toISOString();
    const remembered = [...this.#options.memory.all].filter(
      ({ digest }) => !this.#loaded.has(digest),
    );
    const refusals = [...this.#refused.values()].map(({ error }) => error.message);
    const newest = this.#lastError ?? this.#staleness()?.message;
    return {
      warrants: [...this.#loaded.values()].map((one) => heldWarrant(one, nowMs)),
      ended: remembered.map((one) => endedWarrant(one, this.#reasonOf(one, now))),
      status: this.#held?.status,
      statusAgeMs: this.#held?.ageMs(),
      freshnessMs: this.#options.freshnessMs,
      refusals: newest === undefined ? refusals : [...refusals, newest],
    };
  }

  /** For when no request is under way any more. */
  async close(): Promise<void> {
    for (const { served } of this.#loaded.values()) await served.scorer.close();
    this.#loaded.clear();
  }
}
