// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { ArtifactManifest, Status, Transition } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import type { Feed } from '../deployment/feed.ts';
import { HeldStatus } from '../deployment/held-status.ts';
import { judgedStatus } from '../deployment/judged-status.ts';
import { HighWaterFile } from '../deployment/status-watch.ts';
import { TrustedKeys } from '../deployment/trusted-keys.ts';
import {
  fetchVerified,
  type Granted,
  isForAnotherStage,
  type Trust,
  verifyGrant,
} from '../deployment/verify-grant.ts';
import { GatewayError } from '../errors.ts';

/** A version under a live warrant, with the digests of what it authorises: the manifest's and each file's. */
export interface WarrantedVersion extends Granted {
  readonly artifactDigest: string;
  readonly files: ArtifactManifest['files'];
}

export interface WarrantedVersionsOptions {
  readonly feed: Feed;
  /** Digest of the founding record. */
  readonly root: string;
  readonly environment: Transition;
  /** Refuses warrants of a firm in demonstration mode. */
  readonly production: boolean;
  /** Only these models; all when empty. */
  readonly models: readonly string[];
  /** Remembers the furthest sight of the log and the keys learnt; a fresh one knows of no earlier rollback. */
  readonly stateDir: string;
  /** How old a status may be; F of design.md section 5, 60 s unless given. */
  readonly freshnessMs?: number;
  readonly nowMs?: () => number;
  readonly monotonicMs?: () => number;
}

const FRESHNESS_MS = 60_000;
/** The records about keys are looked at again no more often than this. */
const KEYS_EVERY_MS = 30_000;
/** A bundle that was refused is looked at again after this: it may have lacked a record. */
const RETRY_REFUSED_MS = 60_000;

interface Refused {
  readonly reason: string;
  readonly at: number;
}

/**
 * What may run, for whoever enforces it outside the gateway: status, log, keys and warrants pass the gateway's own checks
 * (`judgedStatus`, `fetchVerified`, `verifyGrant`), and no artefact is opened.
 */
export class WarrantedVersions {
  readonly #options: WarrantedVersionsOptions;
  readonly #trust: Trust;
  readonly #clocks: { readonly nowMs: () => number; readonly monotonicMs: () => number };
  readonly #highWater: HighWaterFile;
  readonly #verified = new Map<string, WarrantedVersion>();
  readonly #refused = new Map<string, Refused>();
  /** For the other stage or another model: nothing is wrong with them. */
  readonly #elsewhere = new Set<string>();
  #keys: TrustedKeys | undefined;
  #keysAt = 0;
  #held: HeldStatus | undefined;
  #refreshing: Promise<void> | undefined;
  #lastError: string | undefined;

  constructor(options: WarrantedVersionsOptions) {
    const { root, environment, production, stateDir } = options;
    this.#options = options;
    this.#trust = { primitives: nodePrimitives, root, environment, production };
    this.#highWater = new HighWaterFile(join(stateDir, 'seen.json'));
    this.#clocks = {
      nowMs: options.nowMs ?? Date.now,
      monotonicMs: options.monotonicMs ?? (() => performance.now()),
    };
  }

  /** Fetches and verifies the newest status and what it lists. @throws GatewayError; what was held then grows stale */
  async refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    try {
      await this.#refreshing;
      this.#lastError = undefined;
    } catch (error) {
      this.#lastError = error instanceof Error ? error.message : 'refresh failed';
      throw error;
    }
  }

  async #refresh(): Promise<void> {
    const { feed } = this.#options;
    try {
      const keys = await this.#currentKeys();
      const judge = { trust: this.#trust, keys, highWater: this.#highWater, ...this.#clocks };
      const status = await judgedStatus(feed, feed, judge);
      this.#highWater.raise(status);
      this.#held = new HeldStatus(status, this.#clocks);
      this.#drop(status);
      for (const digest of status.live) await this.#verify(digest, status);
    } catch (error) {
      // A log that was rewritten makes nothing held from it any good.
      if (isRewritten(error)) this.#held = undefined;
      throw error;
    }
  }

  async #currentKeys(): Promise<TrustedKeys> {
    const { feed, stateDir } = this.#options;
    const [trust, highWater, path] = [this.#trust, this.#highWater, join(stateDir, 'trust.json')];
    const now = this.#clocks.monotonicMs();
    if (this.#keys === undefined) {
      const utc = () => new Date(this.#clocks.nowMs()).toISOString();
      this.#keys = await TrustedKeys.open({ feed, trust, path, highWater, now: utc });
      this.#keysAt = now;
    } else if (now - this.#keysAt >= KEYS_EVERY_MS) {
      await this.#keys.refresh();
      this.#keysAt = now;
    }
    return this.#keys;
  }

  #drop(status: Status): void {
    const live = new Set(status.live);
    for (const known of [this.#verified, this.#refused]) {
      for (const digest of known.keys()) if (!live.has(digest)) known.delete(digest);
    }
  }

  async #verify(warrant: string, seen: Status): Promise<void> {
    const { feed, models } = this.#options;
    const refused = this.#refused.get(warrant);
    const isWaiting =
      refused !== undefined && this.#clocks.monotonicMs() - refused.at < RETRY_REFUSED_MS;
    if (this.#verified.has(warrant) || this.#elsewhere.has(warrant) || isWaiting) return;
    try {
      const { set } = await fetchVerified(feed, this.#trust, { warrant, seen });
      const { manifest, ...granted } = verifyGrant(this.#trust, set, { warrant, now: this.#now() });
      const { artifactDigest } = granted.grant.warrant;
      this.#refused.delete(warrant);
      if (models.length > 0 && !models.includes(granted.model)) this.#elsewhere.add(warrant);
      else this.#verified.set(warrant, { ...granted, artifactDigest, files: manifest.files });
    } catch (error) {
      const isOfTheFeed = error instanceof GatewayError && error.code === 'server_unreachable';
      if (isOfTheFeed || isRewritten(error)) throw error;
      if (isForAnotherStage(error)) {
        this.#elsewhere.add(warrant);
        return;
      }
      const reason = error instanceof Error ? error.message : 'unreadable';
      this.#refused.set(warrant, { reason, at: this.#clocks.monotonicMs() });
    }
  }

  #now(): string {
    return new Date(this.#held?.timeMs() ?? this.#clocks.nowMs()).toISOString();
  }

  /** Every version that may run now, or why none may be believed. Memory only. */
  live(): readonly WarrantedVersion[] | GatewayError {
    const stale = this.#held?.refusal(this.#options.freshnessMs ?? FRESHNESS_MS);
    if (stale !== undefined) return stale;
    if (this.#held === undefined) {
      const reason = this.#lastError ?? 'no status of the log has been seen yet';
      return new GatewayError('status_stale', reason);
    }
    const now = this.#now();
    return [...this.#verified.values()].filter(
      ({ grant: { warrant } }) => now >= warrant.notBefore && now < warrant.expires,
    );
  }

  /** The status held, if any, and why the last refresh failed or listed warrants were refused. */
  held(): { readonly status: Status | undefined; readonly refusals: readonly string[] } {
    const refusals = [...this.#refused.values()].map(({ reason }) => reason);
    if (this.#lastError !== undefined) refusals.push(this.#lastError);
    return { status: this.#held?.status, refusals };
  }
}

function isRewritten(error: unknown): boolean {
  return error instanceof GatewayError && ['log_rollback', 'log_fork'].includes(error.code);
}
