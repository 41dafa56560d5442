// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord, Json, RecordSet } from '@countersign/kernel';

export interface RecordSummary {
  readonly digest: string;
  readonly type: string;
  readonly kind?: string;
  readonly scope: string;
  readonly actor: string;
  readonly signers: readonly string[];
  readonly index: number;
  readonly loggedAt: string;
  readonly claimedAt: string;
  readonly supersedes?: string;
}

export interface Lineage {
  /** What the record names: its sources, what it supersedes, what its content points at. */
  readonly upstream: readonly RecordSummary[];
  /** What names the record. */
  readonly downstream: readonly RecordSummary[];
}

export function summaryOf(record: CountedRecord): RecordSummary {
  const { predicate } = record.statement;
  return {
    digest: record.digest,
    type: predicate.type,
    ...(predicate.kind === undefined ? {} : { kind: predicate.kind }),
    scope: predicate.scope,
    actor: predicate.actor,
    signers: record.signers.map(({ holder }) =>
      holder.kind === 'person' ? holder.account : `service:${holder.name}`,
    ),
    index: record.index,
    loggedAt: record.loggedAt,
    claimedAt: predicate.claimedAt,
    ...(predicate.supersedes === undefined ? {} : { supersedes: predicate.supersedes }),
  };
}

/** Both directions of one record, one step far. */
export function lineageOf(set: RecordSet, digest: string): Lineage {
  const own = set.byDigest.get(digest);
  const named = own === undefined ? new Set<string>() : namedDigests(own);
  return {
    upstream: [...named].flatMap((one) => {
      const record = set.byDigest.get(one);
      return record === undefined || one === digest ? [] : [summaryOf(record)];
    }),
    downstream: set.records
      .filter((record) => record.digest !== digest && namedDigests(record).has(digest))
      .map(summaryOf),
  };
}

/** Everything that rests on any of these records, however indirectly, in log order. */
export function restingOn(set: RecordSet, digests: readonly string[]): readonly CountedRecord[] {
  const reached = new Set(digests);
  const found: CountedRecord[] = [];
  // A record can only name what was there before it, so one pass in log order reaches all.
  for (const record of set.records) {
    if (reached.has(record.digest)) continue;
    if (!namedDigests(record).isDisjointFrom(reached)) {
      reached.add(record.digest);
      found.push(record);
    }
  }
  return found;
}

const DIGEST = /^[0-9a-f]{64}$/;

/** Digests that a record's predicate names, the founding record left out: everything names that one. */
export function namedDigests(record: CountedRecord): ReadonlySet<string> {
  const known = NAMED.get(record);
  if (known !== undefined) return known;
  const found = namedIn(record);
  NAMED.set(record, found);
  return found;
}

/** A record never changes, and what rests on another is asked of the whole log: each is looked through once. */
const NAMED = new WeakMap<CountedRecord, ReadonlySet<string>>();

function namedIn(record: CountedRecord): ReadonlySet<string> {
  const { source, supersedes, blobs = [], content } = record.statement.predicate;
  const found = new Set<string>([...source, ...blobs]);
  if (supersedes !== undefined) found.add(supersedes);
  collect(content as Json, found);
  return found;
}

function collect(value: Json, found: Set<string>): void {
  if (typeof value === 'string') {
    if (DIGEST.test(value)) found.add(value);
  } else if (Array.isArray(value)) {
    for (const item of value) collect(item, found);
  } else if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) collect(item, found);
  }
}
