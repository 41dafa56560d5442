// SPDX-License-Identifier: Apache-2.0
import {
  appliesTo,
  asOfIndex,
  type BuiltFacts,
  builtFacts,
  canonicalJson,
  conflictOf,
  type Duties,
  dutiesOf,
  holdsRole,
  type Json,
  liveWarrants,
  measurementsOf,
  parseStrictJson,
  type RecordSet,
  ROLES,
  type Role,
  readProofBundle,
  supersededDigests,
  toHex,
  type ValidationFacts,
  type Verdict,
  type VersionContext,
  validationFacts,
  verifyBundle,
  versionContext,
} from '@countersign/kernel';
import { noblePrimitives } from '@countersign/kernel/noble';

/** A bundle of one model's records; larger than any seen. */
const BUNDLE_BYTES_MAX = 256 * 1024 * 1024;

/** A record as the server renders it: compared with the proven one, never believed. */
export interface ToldRecord {
  readonly digest: string;
  readonly type?: string | undefined;
  readonly actor?: string | undefined;
  readonly content?: Json | undefined;
}

export interface RecordsQuestion {
  readonly bytes: Uint8Array;
  /** Digest of the founding record that is trusted. */
  readonly root: string;
  readonly now: string;
  /** The log position that the page shows; the newest without it. */
  readonly asOf?: number | undefined;
  readonly told: {
    readonly records: readonly ToldRecord[];
    /** Warrants that the server calls live; not compared without it. */
    readonly live?: readonly string[] | undefined;
    /** The version that the page shows, with the artefact that the server names. */
    readonly version?: ToldVersion | undefined;
  };
}

export interface ToldVersion {
  readonly workspace: string;
  readonly model: string;
  readonly use: string;
  readonly version: number;
  readonly artifactDigest: string;
}

export interface DutiesFound extends Duties {
  /** Holders of independent roles who may not act on the version, each with the kernel's reason. */
  readonly conflicts: readonly { readonly account: string; readonly reason: string }[];
}

/** One figure of a report that is in force, as its signed record holds it. */
export interface MeasuredLine {
  readonly report: string;
  readonly record: string;
  readonly metric: string;
  readonly value: string;
  readonly limit?: string;
  readonly verdict: Verdict;
}

export interface VerifiedRecords {
  readonly ok: true;
  readonly records: number;
  readonly checkpoint: { readonly size: number; readonly root: string };
  /** How many of the records that the page shows were compared with proven ones. */
  readonly compared: number;
  /** Where the server's account differs from what its records show. */
  readonly differences: readonly string[];
  readonly duties?: DutiesFound;
  /** Which records each change request, approval, warrant and ending that was told names. */
  readonly names: Readonly<Record<string, readonly string[]>>;
  /** Of the version that was asked about. */
  readonly measured: readonly MeasuredLine[];
  /** How the version that was asked about was built. */
  readonly built?: BuiltFacts;
  /** What validators measured of it. */
  readonly validated?: ValidationFacts;
}

/** Everything in it is plain data: it crosses from a worker to the page. */
export type RecordsAnswer = VerifiedRecords | { readonly ok: false; readonly reason: string };

/** Verifies a model's records against the founding record and compares what the server says of them with them. */
export function verifyRecords(asked: RecordsQuestion): RecordsAnswer {
  const read = readBundle(asked.bytes);
  if ('reason' in read) return { ok: false, reason: read.reason };
  const result = verifyBundle(noblePrimitives, read.bundle, asked.root);
  if (!result.ok) return { ok: false, reason: result.reason };
  const { checkpoint } = result;
  const set = asked.asOf === undefined ? result.set : asOfIndex(result.set, asked.asOf);
  const { records, live, version } = asked.told;
  const context = version === undefined ? undefined : versionContext(set, version);
  const found = context?.ok === true ? context.context : undefined;
  return {
    ok: true,
    records: read.bundle.records.length,
    checkpoint: { size: checkpoint.size, root: toHex(checkpoint.root) },
    compared: records.length,
    differences: [
      ...records.flatMap((one) => differencesOf(set, one)),
      ...(live === undefined ? [] : liveDifferences(liveWarrants(set, asked.now), live)),
      ...(version === undefined ? [] : versionDifferences(found, version)),
    ],
    ...(found === undefined ? {} : { duties: dutiesFound(set, found) }),
    names: Object.fromEntries(records.map(({ digest }) => [digest, namedBy(set, digest)])),
    measured: found === undefined ? [] : measuredLines(set, found),
    ...(found === undefined
      ? {}
      : { built: builtFacts(set, found), validated: validationFacts(set, found) }),
  };
}

/** As their contents name them: `changeRequest`, `evidence`, `approvals`, `warrant`. */
function namedBy(set: RecordSet, digest: string): readonly string[] {
  const content = set.byDigest.get(digest)?.statement.predicate.content ?? {};
  const { changeRequest, warrant, evidence, approvals } = content;
  const lists = [evidence, approvals].flatMap((one) => (Array.isArray(one) ? one : []));
  return [changeRequest, warrant, ...lists].filter((one) => typeof one === 'string');
}

function measuredLines(set: RecordSet, context: VersionContext): readonly MeasuredLine[] {
  const superseded = supersededDigests(set);
  return set.records
    .filter(
      (record) =>
        Array.isArray(record.statement.predicate.content.measurements) &&
        appliesTo(record, context) &&
        !superseded.has(record.digest),
    )
    .flatMap((record) =>
      measurementsOf(record).map(({ id, value, verdict, limit }) => ({
        report: record.statement.predicate.type,
        record: record.digest,
        metric: id,
        value,
        verdict,
        ...(limit === undefined ? {} : { limit }),
      })),
    );
}

function readBundle(bytes: Uint8Array) {
  try {
    return { bundle: readProofBundle(parseStrictJson(bytes, { maxBytes: BUNDLE_BYTES_MAX })) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : 'the proofs are unreadable' };
  }
}

function differencesOf(set: RecordSet, told: ToldRecord): readonly string[] {
  const name = `record ${told.digest.slice(0, 12)}`;
  const proven = set.byDigest.get(told.digest)?.statement.predicate;
  if (proven === undefined) return [`${name} is shown, but no proof of it was sent`];
  const { type, actor, content } = told;
  return [
    ...(type === undefined || type === proven.type
      ? []
      : [`${name} is ${proven.type}, the server says ${type}`]),
    ...(actor === undefined || actor === proven.actor
      ? []
      : [`${name} is by ${proven.actor}, the server says ${actor}`]),
    ...(content === undefined || canonicalJson(content) === canonicalJson(proven.content)
      ? []
      : [`${name} says something else than the server shows of it`]),
  ];
}

function liveDifferences(here: readonly string[], told: readonly string[]): readonly string[] {
  const missing = here.filter((one) => !told.includes(one));
  const invented = told.filter((one) => !here.includes(one));
  return [
    ...missing.map((one) => `warrant ${one.slice(0, 12)} lives, the server says it does not`),
    ...invented.map((one) => `warrant ${one.slice(0, 12)} does not live, the server says it does`),
  ];
}

function versionDifferences(
  context: VersionContext | undefined,
  told: ToldVersion,
): readonly string[] {
  const name = `${told.model}@${told.version}`;
  if (context === undefined) return [`no proven record registers ${name}`];
  return context.artifactDigest === told.artifactDigest
    ? []
    : [`${name} is artefact ${context.artifactDigest.slice(0, 12)}, the server names another`];
}

function dutiesFound(set: RecordSet, context: VersionContext): DutiesFound {
  const duties = dutiesOf(set, context);
  const reasons = new Map<string, string>();
  for (const { account, role } of holdersOf(set)) {
    const reason = conflictOf(set, duties, { account, role });
    if (reason !== undefined) reasons.set(`${account} ${role}`, reason);
  }
  return {
    ...duties,
    conflicts: [...reasons].map(([who, reason]) => ({ account: who.split(' ')[0] ?? who, reason })),
  };
}

function holdersOf(set: RecordSet): readonly { readonly account: string; readonly role: Role }[] {
  return [...set.register.values()].flatMap((key) => {
    const { holder } = key;
    if (holder.kind !== 'person') return [];
    return ROLES.filter((role) => holdsRole(key, role)).map((role) => ({
      account: holder.account,
      role,
    }));
  });
}
