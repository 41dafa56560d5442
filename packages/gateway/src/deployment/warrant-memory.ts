// SPDX-License-Identifier: Apache-2.0
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  asOfIndex,
  endingsOf,
  isDigest,
  type ModelSpecContent,
  type ProofBundle,
  parseStrictJson,
  type RecordSet,
  readProofBundle,
  readWarrantRecord,
  verifyBundle,
  verifyWarrant,
  type Warrant,
} from '@countersign/kernel';
import { GatewayError } from '../errors.ts';
import { type FallbackTerms, fallbackTerms } from '../fallback/fallback-terms.ts';
import type { Trust } from './load-deployment.ts';

/** A warrant that held once, with what answers for its version when it does not. */
export interface RememberedWarrant {
  readonly digest: string;
  readonly model: string;
  readonly use: string;
  readonly version: number;
  readonly warrant: Warrant;
  /** Place of the warrant in the log, and of the record that ended it. */
  readonly index: number;
  readonly loggedAt: string;
  readonly terms: FallbackTerms;
  readonly ending?: WarrantEnding;
}

export interface WarrantEnding {
  readonly kind: string;
  readonly record: string;
  readonly index: number;
  readonly reason: string;
}

/** Of one model and use: the newest version's fallback answers, the others are kept for what a later ending uncovers. */
const KEPT_MAX = 3;

/**
 * The warrants that this gateway has verified, one bundle a file, so that their fallbacks answer after they have ended
 * and after a restart with nothing to be reached. Each file is verified again when it is read.
 */
export class WarrantMemory {
  readonly #directory: string;
  readonly #trust: Trust;
  readonly #known = new Map<string, RememberedWarrant>();

  constructor(directory: string, trust: Trust) {
    this.#directory = directory;
    this.#trust = trust;
    const names = existsSync(directory) ? readdirSync(directory) : [];
    for (const name of names) this.#read(name.replace(/\.json$/, ''));
  }

  get all(): Iterable<RememberedWarrant> {
    return this.#known.values();
  }

  get(digest: string): RememberedWarrant | undefined {
    return this.#known.get(digest);
  }

  /** Remembers a warrant from a bundle that has been verified; replaces what was known of it. */
  remember(digest: string, bundle: ProofBundle, set: RecordSet): RememberedWarrant | undefined {
    const remembered = rememberedOf(this.#trust, set, digest);
    if (remembered === undefined) return undefined;
    mkdirSync(this.#directory, { recursive: true });
    const path = this.#path(digest);
    writeFileSync(`${path}.tmp`, JSON.stringify(bundle));
    renameSync(`${path}.tmp`, path);
    this.#known.set(digest, remembered);
    this.#prune(remembered);
    return remembered;
  }

  /**
   * A warrant's end once learnt stays learnt. Records that leave it out are not all of the log: whoever holds the log's key
   * could else list the warrant as live again.
   * @throws GatewayError `not_warranted`
   */
  requireLearnt(digest: string, set: RecordSet): void {
    const ending = this.#known.get(digest)?.ending;
    if (ending === undefined || set.byDigest.has(ending.record)) return;
    throw new GatewayError(
      'not_warranted',
      `the records of warrant ${digest.slice(0, 12)} leave out record ${ending.record.slice(0, 12)}, which ended it`,
      { warrant: digest, omitted: ending.record },
    );
  }

  #path(digest: string): string {
    return join(this.#directory, `${digest}.json`);
  }

  /** What does not verify any more, such as a half-written file, is as good as never seen. */
  #read(digest: string): void {
    if (!isDigest(digest)) return;
    try {
      const bundle = readProofBundle(parseStrictJson(readFileSync(this.#path(digest))));
      const verified = verifyBundle(this.#trust.primitives, bundle, this.#trust.root);
      if (!verified.ok) return;
      const remembered = rememberedOf(this.#trust, verified.set, digest);
      if (remembered !== undefined) this.#known.set(digest, remembered);
    } catch {
      rmSync(this.#path(digest), { force: true });
    }
  }

  #prune({ model, use }: RememberedWarrant): void {
    const same = [...this.#known.values()]
      .filter((one) => one.model === model && one.use === use)
      .sort((a, b) => b.version - a.version || b.index - a.index);
    for (const { digest } of same.slice(KEPT_MAX)) {
      this.#known.delete(digest);
      rmSync(this.#path(digest), { force: true });
    }
  }
}

/** Judged as of the warrant's own place in the log: that it has ended since is what it is remembered for. */
function rememberedOf(trust: Trust, set: RecordSet, digest: string): RememberedWarrant | undefined {
  const found = readWarrantRecord(set.byDigest.get(digest));
  if (found === undefined) return undefined;
  const { record, warrant, subject } = found;
  const { environment, production } = trust;
  const then = { warrant: digest, environment, production, now: warrant.notBefore };
  const { model, use, version } = subject;
  if (!verifyWarrant(asOfIndex(set, record.index), then).ok) return undefined;
  if (model === undefined || use === undefined || version === undefined) return undefined;
  const spec = set.byDigest.get(warrant.spec)?.statement.predicate;
  if (spec?.type !== 'model-spec' || spec.subjectRef.artifactDigest !== warrant.artifactDigest)
    return undefined;
  const content = spec.content as unknown as ModelSpecContent; // the platform's record, bound by its digest
  const ending = endingOf(set, digest);
  const { index, loggedAt } = record;
  return {
    digest,
    model,
    use,
    version,
    warrant,
    index,
    loggedAt,
    terms: fallbackTerms(warrant, content),
    ...(ending === undefined ? {} : { ending }),
  };
}

/** The ending that weighs most: one that is final before a suspension. */
function endingOf(set: RecordSet, digest: string): WarrantEnding | undefined {
  const endings = endingsOf(set, digest);
  const record = endings.findLast(isFinal) ?? endings.at(-1);
  if (record === undefined) return undefined;
  const { kind, content } = record.statement.predicate;
  const reason = String(content.reason ?? '');
  return { kind: kind ?? '', record: record.digest, index: record.index, reason };
}

function isFinal(record: ReturnType<typeof endingsOf>[number]): boolean {
  return record.statement.predicate.kind !== 'suspend';
}
