// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ArtifactManifest,
  type Envelope,
  fromBase64,
  fromUtf8,
  isTrustRecord,
  type RecordSet,
  readWarrantRecord,
  recordsOfType,
  utf8,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { assembleBundle, assembleTrust, type CheckpointedRecords } from '../records/index.ts';

/** Writes beside checkpoint and tiles what a gateway needs, so that any static HTTP server can be its feed. */
export interface FeedPublisher {
  close(): Promise<void>;
}

export interface FeedPublisherOptions {
  readonly onFailure?: (error: unknown) => void;
}

/** Between two looks at the newest checkpoint: a revocation is in the file within this of its checkpoint. */
const LOOK_MS = 500;
/** A gateway's freshness bound is 60 s; this leaves it six chances. */
const PUBLISH_EVERY_MS = 10_000;

/**
 * Publishes `status`, `trust`, `bundles/<warrant>` and `blobs/<digest>` until it is closed. A status never names a warrant
 * whose bundle and files do not stand yet; each file is replaced whole. Any number of servers may publish: they write the
 * same, and a gateway passes over a status that is older than one it has seen.
 */
export function startFeedPublisher(
  context: ServerContext,
  options: FeedPublisherOptions = {},
): FeedPublisher {
  const stopping = new AbortController();
  const run = new FeedRun(context, options.onFailure ?? (() => undefined));
  const ended = (async () => {
    while (!stopping.signal.aborted) {
      await run.look();
      await sleep(LOOK_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
  })();
  return {
    close: async () => {
      stopping.abort();
      await ended;
    },
  };
}

class FeedRun {
  readonly #context: ServerContext;
  readonly #onFailure: (error: unknown) => void;
  /** Text of the checkpoint that was looked at last, and what was then published. */
  #seen = '';
  #live: readonly string[] | undefined;
  #publishedAt = Number.NEGATIVE_INFINITY;
  /** Records about keys in the published files: a new one makes all of them out of date. */
  #trusted = -1;
  #said: string | undefined;
  /** Warrants whose bundles stand: whether they were live in them, and how many records could restrict them. */
  readonly #bundles = new Map<string, string>();

  constructor(context: ServerContext, onFailure: (error: unknown) => void) {
    this.#context = context;
    this.#onFailure = onFailure;
  }

  /** Publishes when the live list has changed or the published status is due; what fails is tried again. */
  async look(): Promise<void> {
    try {
      const covered = await this.#context.records.checkpointed();
      if (covered === undefined) return;
      const isDue = performance.now() - this.#publishedAt >= PUBLISH_EVERY_MS;
      if (covered.text === this.#seen && !isDue) return;
      const status = await this.#context.status.current();
      const live = liveOf(status);
      const trusted = await this.#publishTrust(covered);
      if (isDue || trusted || !isSame(live, this.#live)) await this.#publish(covered, status, live);
      this.#seen = covered.text;
      this.#said = undefined;
    } catch (error) {
      this.#report(error);
    }
  }

  /** @returns whether whom the firm trusts has changed */
  async #publishTrust({ set }: CheckpointedRecords): Promise<boolean> {
    const count = set.records.filter(({ statement }) => isTrustRecord(statement.predicate)).length;
    if (count === this.#trusted) return false;
    const bundle = await assembleTrust(this.#context);
    await this.#context.published.put('trust', jsonBytes(bundle));
    this.#trusted = count;
    // A bundle under a checkpoint of a log key that is retired by now proves nothing any more.
    this.#bundles.clear();
    return true;
  }

  async #publish(
    covered: CheckpointedRecords,
    status: Envelope,
    live: readonly string[],
  ): Promise<void> {
    const { published } = this.#context;
    const counts = restrictingCounts(covered.set);
    for (const warrant of live) {
      const standing = standingOf(covered.set, warrant, { isLive: true, counts });
      if (this.#bundles.get(warrant) !== standing)
        await this.#publishWarrant(covered.set, warrant, standing);
    }
    await published.put('status', jsonBytes(status));
    this.#publishedAt = performance.now();
    this.#live = live;
    // What has ended waits: that it has is in the status.
    await this.#publishEnded(covered.set, live, counts);
    await this.#removeOver(covered.set, live);
  }

  /** One warrant that cannot be published must not keep the status of the others from being. */
  async #publishWarrant(set: RecordSet, warrant: string, standing: string): Promise<void> {
    try {
      for (const digest of filesOf(set, warrant)) await this.#publishBlob(digest);
      await this.#publishBundle(warrant);
      this.#bundles.set(warrant, standing);
    } catch (error) {
      this.#report(error);
    }
  }

  /** Tried twice a second: what goes on failing in the same way is said once. */
  #report(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (message !== this.#said) this.#onFailure(error);
    this.#said = message;
  }

  async #publishBlob(digest: string): Promise<void> {
    const { published, blobs } = this.#context;
    const path = `blobs/${digest}`;
    const standing = await published.list(path);
    if (!standing.includes(path)) await published.put(path, blobs.open(digest));
  }

  async #publishBundle(warrant: string): Promise<void> {
    const bundle = await assembleBundle(this.#context, warrant);
    await this.#context.published.put(`bundles/${warrant}`, jsonBytes(bundle));
  }

  /** So that a gateway can say which record ended a warrant. */
  async #publishEnded(
    set: RecordSet,
    live: readonly string[],
    counts: ReadonlyMap<string, number>,
  ): Promise<void> {
    const now = this.#context.now();
    for (const warrant of unexpired(set, now)) {
      const standing = standingOf(set, warrant, { isLive: false, counts });
      if (live.includes(warrant) || this.#bundles.get(warrant) === standing) continue;
      await this.#publishBundle(warrant);
      this.#bundles.set(warrant, standing);
    }
  }

  async #removeOver(set: RecordSet, live: readonly string[]): Promise<void> {
    const { published, now } = this.#context;
    const wanted = new Set([
      ...[...live, ...unexpired(set, now())].map((warrant) => `bundles/${warrant}`),
      ...live.flatMap((warrant) => filesOf(set, warrant)).map((digest) => `blobs/${digest}`),
    ]);
    const standing = [...(await published.list('bundles/')), ...(await published.list('blobs/'))];
    for (const path of standing) if (!wanted.has(path)) await published.remove(path);
  }
}

/** Records that can restrict a warrant later, or lift that: an older bundle would say otherwise than the status. */
const RESTRICTING: ReadonlySet<string> = new Set([
  'finding',
  'monitoring-result',
  'periodic-review',
  'risk-tier',
  'validation-report',
]);

function restrictingCounts(set: RecordSet): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { statement } of set.records) {
    const { type, subjectRef } = statement.predicate;
    if (!RESTRICTING.has(type) || subjectRef.model === undefined) continue;
    counts.set(subjectRef.model, (counts.get(subjectRef.model) ?? 0) + 1);
  }
  return counts;
}

function standingOf(
  set: RecordSet,
  warrant: string,
  at: { readonly isLive: boolean; readonly counts: ReadonlyMap<string, number> },
): string {
  const model = set.byDigest.get(warrant)?.statement.predicate.subjectRef.model ?? '';
  return `${at.isLive ? 'live' : 'ended'}, ${at.counts.get(model) ?? 0} records`;
}

function liveOf(status: Envelope): readonly string[] {
  const { live } = JSON.parse(fromUtf8(fromBase64(status.payload))) as { readonly live: string[] }; // signed here
  return live;
}

function isSame(a: readonly string[], b: readonly string[] | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((one) => b.includes(one));
}

function unexpired(set: RecordSet, now: string): readonly string[] {
  return recordsOfType(set, 'deployment-record').flatMap((record) => {
    const found = readable(() => readWarrantRecord(record));
    return found !== undefined && now < found.warrant.expires ? [record.digest] : [];
  });
}

/** The artefact's files, by the manifest that the warrant's artefact digest names. */
function filesOf(set: RecordSet, warrant: string): readonly string[] {
  const found = readable(() => readWarrantRecord(set.byDigest.get(warrant)));
  const record = recordsOfType(set, 'model-artifact').find(
    ({ statement }) =>
      statement.predicate.subjectRef.artifactDigest === found?.warrant.artifactDigest,
  );
  // The platform's own record; a gateway checks the manifest against its digest.
  const manifest = record?.statement.predicate.content.manifest as ArtifactManifest | undefined;
  return manifest?.files.map(({ digest }) => digest) ?? [];
}

function readable<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function jsonBytes(value: object): Uint8Array {
  return utf8(JSON.stringify(value));
}
