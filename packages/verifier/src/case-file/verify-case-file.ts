// SPDX-License-Identifier: Apache-2.0
import {
  asOfIndex,
  type CountedRecord,
  canonicalBytes,
  type Json,
  logKeysOf,
  type Primitives,
  parseStrictJson,
  type RecordSet,
  readProofBundle,
  recordsOfType,
  serviceKeysOf,
  sha256Hex,
  verifyBundle,
  verifyWarrant,
} from '@countersign/kernel';
import { VerifierError } from '../errors.ts';
import { readZip, type ZipEntry } from '../zip/canonical-zip.ts';
import { type CaseDecision, decisionProblems, headerOf } from './decision-entry.ts';
import {
  BUNDLE_ENTRY,
  type CaseManifest,
  DECISION_ENTRY,
  MANIFEST_ENTRY,
  openManifest,
  readManifestEnvelope,
} from './manifest.ts';

const BUNDLE_BYTES_MAX = 256 * 1024 * 1024;

export interface CaseProblem {
  /** The entry at fault, or `container`. */
  readonly entry: string;
  readonly reason: string;
}

export interface CaseReport {
  readonly ok: boolean;
  readonly problems: readonly CaseProblem[];
  /** What was found to hold, in sentences. */
  readonly established: readonly string[];
  readonly about?: CaseManifest['about'];
}

/**
 * Verifies a case file with nothing but the digest of the founding record: no server, no database, no clock.
 * Never throws for what is in the file: each fault is reported with the entry it lies in.
 */
export function verifyCaseFile(p: Primitives, bytes: Uint8Array, root: string): CaseReport {
  const report = new Report();
  try {
    verifyEntries(p, new Map(readZip(bytes).map((entry) => [entry.name, entry])), { root, report });
  } catch (error) {
    if (error instanceof VerifierError) report.problem(error.entry, error.message);
    else report.problem('container', error instanceof Error ? error.message : 'unreadable');
  }
  return report.done();
}

class Report {
  readonly #problems: CaseProblem[] = [];
  readonly #established: string[] = [];
  about?: CaseManifest['about'];

  problem(entry: string, reason: string): void {
    this.#problems.push({ entry, reason });
  }

  establish(sentence: string): void {
    this.#established.push(sentence);
  }

  done(): CaseReport {
    return {
      ok: this.#problems.length === 0,
      problems: this.#problems,
      established: this.#established,
      ...(this.about === undefined ? {} : { about: this.about }),
    };
  }
}

interface Task {
  readonly root: string;
  readonly report: Report;
}

function verifyEntries(p: Primitives, entries: ReadonlyMap<string, ZipEntry>, task: Task): void {
  const { report } = task;
  const bundleBytes = required(entries, BUNDLE_ENTRY);
  const bundle = readProofBundle(parseAt(BUNDLE_ENTRY, bundleBytes));
  const verified = verifyBundle(p, bundle, task.root);
  if (!verified.ok) {
    report.problem(BUNDLE_ENTRY, verified.reason);
    return;
  }
  const { set, checkpoint } = verified;
  for (const { digest, reason } of set.rejected) {
    report.problem(BUNDLE_ENTRY, `record ${digest} does not count: ${reason}`);
  }
  report.establish(
    `${set.records.length} records are in the log at size ${checkpoint.size}, each rightly signed`,
  );
  const manifest = signedManifest(p, required(entries, MANIFEST_ENTRY), set);
  if (manifest === undefined) {
    report.problem(MANIFEST_ENTRY, 'not signed by the platform key');
    return;
  }
  if (manifest.root !== task.root) {
    report.problem(MANIFEST_ENTRY, 'made for another founding record');
    return;
  }
  report.about = manifest.about;
  verifyListing(p, entries, { manifest, report });
  verifyBlobs(p, entries, { set, report });
  verifyWarrants(set, report);
  const decision = entries.get(DECISION_ENTRY);
  if (decision !== undefined) verifyDecision(p, decision, { set, root: task.root, report });
}

function required(entries: ReadonlyMap<string, ZipEntry>, name: string): Uint8Array {
  const entry = entries.get(name);
  if (entry === undefined) throw new VerifierError('zip_malformed', name, `\`${name}\` is missing`);
  return entry.bytes;
}

function parseAt(name: string, bytes: Uint8Array): Json {
  try {
    return parseStrictJson(bytes, { maxBytes: BUNDLE_BYTES_MAX });
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'not JSON';
    throw new VerifierError('zip_malformed', name, `\`${name}\`: ${reason}`);
  }
}

function signedManifest(
  p: Primitives,
  bytes: Uint8Array,
  set: RecordSet,
): CaseManifest | undefined {
  const envelope = readManifestEnvelope(bytes);
  for (const key of serviceKeysOf(set, 'platform')) {
    const manifest = openManifest(p, envelope, key);
    if (manifest !== undefined) return manifest;
  }
  return undefined;
}

/** Every entry is listed with its digest, and every listed entry is there. */
function verifyListing(
  p: Primitives,
  entries: ReadonlyMap<string, ZipEntry>,
  at: { readonly manifest: CaseManifest; readonly report: Report },
): void {
  const listed = new Map(at.manifest.entries.map((entry) => [entry.name, entry]));
  for (const { name, bytes } of entries.values()) {
    if (name === MANIFEST_ENTRY) continue;
    const entry = listed.get(name);
    if (entry === undefined) at.report.problem(name, 'not listed in the manifest');
    else if (entry.digest !== sha256Hex(p, bytes))
      at.report.problem(name, 'not the bytes the manifest lists');
  }
  for (const name of listed.keys()) {
    if (!entries.has(name)) at.report.problem(name, 'listed in the manifest but missing');
  }
}

function verifyBlobs(
  p: Primitives,
  entries: ReadonlyMap<string, ZipEntry>,
  at: { readonly set: RecordSet; readonly report: Report },
): void {
  let count = 0;
  for (const { name, bytes } of entries.values()) {
    if (!name.startsWith('blobs/')) continue;
    count += 1;
    if (name !== `blobs/${sha256Hex(p, bytes)}`)
      at.report.problem(name, 'not the bytes its name says');
  }
  at.report.establish(`${count} files are the bytes that the records name`);
  for (const record of recordsOfType(at.set, 'model-artifact'))
    verifyArtifact(p, entries, { record, ...at });
}

/** The artefact's manifest is its subject, and the files it lists are in the case. */
function verifyArtifact(
  p: Primitives,
  entries: ReadonlyMap<string, ZipEntry>,
  at: { readonly record: CountedRecord; readonly report: Report },
): void {
  const { content, subjectRef } = at.record.statement.predicate;
  const manifest = content.manifest ?? null;
  if (sha256Hex(p, canonicalBytes(manifest)) !== subjectRef.artifactDigest) {
    at.report.problem(
      BUNDLE_ENTRY,
      `artefact record ${at.record.digest}: its manifest has another digest`,
    );
  }
  const files =
    (manifest as { files?: readonly { path: string; digest: string }[] } | null)?.files ?? [];
  const version = `${subjectRef.model}@${subjectRef.version}`;
  if (at.report.about?.version !== subjectRef.version) return;
  for (const { path, digest } of files) {
    if (!entries.has(`blobs/${digest}`))
      at.report.problem(`blobs/${digest}`, `${path} of ${version} is missing`);
  }
}

/** Judges every warrant again at the moment it was logged. */
function verifyWarrants(set: RecordSet, report: Report): void {
  for (const record of recordsOfType(set, 'deployment-record')) {
    const { kind, content } = record.statement.predicate;
    if (kind !== 'promote') continue;
    const environment = content.environment === 'staging' ? 'staging' : 'production';
    const result = verifyWarrant(asOfIndex(set, record.index), {
      warrant: record.digest,
      environment,
      now: record.loggedAt,
      production: false,
    });
    const name = `${environment} warrant ${record.digest.slice(0, 12)}`;
    if (result.ok) {
      const stamp = result.grant.warrant.demonstration ? ' (demonstration mode)' : '';
      report.establish(`${name} rests on every condition and approval its policy asks for${stamp}`);
    } else {
      for (const { reason } of result.denials) report.problem(BUNDLE_ENTRY, `${name}: ${reason}`);
    }
  }
}

function verifyDecision(
  p: Primitives,
  entry: ZipEntry,
  at: { readonly set: RecordSet; readonly root: string; readonly report: Report },
): void {
  const { set, report } = at;
  const json = parseAt(DECISION_ENTRY, entry.bytes);
  const trust = {
    root: at.root,
    gateways: [...set.register.values()].filter(
      ({ holder }) => holder.kind === 'service' && holder.service === 'gateway',
    ),
    logKeys: logKeysOf(set),
    logName: set.founding.logOrigin,
  };
  const problems = decisionProblems(p, json, trust);
  for (const reason of problems) report.problem(DECISION_ENTRY, reason);
  if (problems.length > 0) return;
  const decision = json as unknown as CaseDecision; // checked by decisionProblems
  report.establish(`decision ${decision.id} is in a signed batch that is in the log`);
  verifyDecisionWarrant(set, decision, report);
}

/** A decision that a model answered was answered under a warrant that held then; a fallback needs none. */
function verifyDecisionWarrant(set: RecordSet, decision: CaseDecision, report: Report): void {
  const header = headerOf(decision);
  if (header === undefined) return;
  const isFallback = header.kind === 'fallback';
  if (isFallback) {
    const ended = (header.fallbackOf ?? '').slice(0, 12);
    report.establish(
      `a fallback (${header.fallback ?? ''}) answered it in place of warrant ${ended}`,
    );
  }
  const isModels =
    header.kind === 'answer' || (isFallback && header.fallback === 'previous-version');
  if (!isModels) return;
  const then = set.records.filter(({ loggedAt }) => loggedAt <= header.received).at(-1);
  const known = asOfIndex(set, then?.index ?? -1);
  const warrant = header.warrant ?? '';
  const environment =
    known.byDigest.get(warrant)?.statement.predicate.content.environment === 'staging'
      ? 'staging'
      : 'production';
  const result = verifyWarrant(known, {
    warrant,
    environment,
    now: header.received,
    production: false,
  });
  if (result.ok) {
    report.establish(
      `it was answered under ${environment} warrant ${warrant.slice(0, 12)}, which held then`,
    );
  } else {
    for (const { reason } of result.denials)
      report.problem(DECISION_ENTRY, `its warrant: ${reason}`);
  }
}
