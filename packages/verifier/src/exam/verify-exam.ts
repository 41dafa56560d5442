// SPDX-License-Identifier: Apache-2.0
import {
  asOfView,
  equalBytes,
  type Primitives,
  serviceKeysOf,
  sha256Hex,
} from '@countersign/kernel';
import { VerifierError } from '../errors.ts';
import { entryNames, readZip, type ZipEntry } from '../zip/canonical-zip.ts';
import {
  bytesAt,
  HASHES_ENTRY,
  QUESTION_ENTRY,
  RECORDS_ENTRY,
  REGISTERS,
  readContents,
} from './exam-contents.ts';
import { ExamFindings, type ExamReport } from './exam-findings.ts';
import { type ExamLog, periodRange, verifyLog, verifyPopulation } from './exam-log.ts';
import { EXAM_MANIFEST_ENTRY, openExamManifest } from './exam-manifest.ts';
import { registerEntries } from './write-exam.ts';

/** Whether a file is an exam package, as far as its entries' names say; also of one that is damaged. */
export function isExamPackage(bytes: Uint8Array): boolean {
  return entryNames(bytes).has(HASHES_ENTRY);
}

/**
 * Verifies an exam package with nothing but the digest of the founding record: signatures, the place of each record in the
 * log, that no entry of the period is left out, and every register, computed again from the records beside it.
 * Never throws for what is in the file.
 */
export function verifyExamPackage(p: Primitives, bytes: Uint8Array, root: string): ExamReport {
  const found = new ExamFindings();
  try {
    const entries = new Map(readZip(bytes).map((entry) => [entry.name, entry]));
    verifyEntries(p, entries, { root, found });
  } catch (error) {
    if (error instanceof VerifierError) found.problem(error.entry, error.message);
    else found.problem(RECORDS_ENTRY, error instanceof Error ? error.message : 'unreadable');
  }
  return found.report();
}

type Entries = ReadonlyMap<string, ZipEntry>;

function verifyEntries(
  p: Primitives,
  entries: Entries,
  { root, found }: { readonly root: string; readonly found: ExamFindings },
): void {
  const contents = readContents(entries);
  found.question = contents.question;
  if (contents.root !== root) {
    found.problem(QUESTION_ENTRY, 'made for another founding record');
    return;
  }
  const log = verifyLog(p, contents, { root, found });
  if (log === undefined) return;
  const { set, logged } = log;
  found.establish(
    `${set.records.length} records are entries of the log and rightly signed; ${set.rejected.length} more are in it and count for nothing`,
  );
  verifyListing(p, entries, { root, log, found });
  const range = periodRange(p, contents, { log, found });
  if (range !== undefined) verifyPopulation(contents, range, { log, found });
  verifyRegisters(entries, registerEntries(p, contents, { set, logged }), found);
  verifyBlobs(p, entries, found);
  const { warrants } = asOfView(set, contents.question);
  found.establish(
    `${warrants.length} warrants held at ${contents.question.date}, each judged again by the rules it was given under`,
  );
}

function verifyListing(
  p: Primitives,
  entries: Entries,
  at: { readonly root: string; readonly log: ExamLog; readonly found: ExamFindings },
): void {
  const { found } = at;
  const keys = serviceKeysOf(at.log.set, 'platform');
  const manifest = openExamManifest(p, bytesAt(entries, EXAM_MANIFEST_ENTRY), keys);
  if (manifest === undefined || manifest.root !== at.root) {
    found.problem(EXAM_MANIFEST_ENTRY, 'not signed by the platform key of this firm');
    return;
  }
  const listed = new Map(manifest.entries.map((entry) => [entry.name, entry]));
  for (const { name, bytes } of entries.values()) {
    if (name === EXAM_MANIFEST_ENTRY) continue;
    const entry = listed.get(name);
    if (entry === undefined) found.problem(name, 'not listed in the manifest');
    else if (entry.digest !== sha256Hex(p, bytes))
      found.problem(name, 'not the bytes the manifest lists');
  }
  for (const name of listed.keys()) {
    if (!entries.has(name)) found.problem(name, 'listed in the manifest but missing');
  }
}

/** Each register is what the records beside it say, and none is there that they do not. */
function verifyRegisters(
  entries: Entries,
  expected: readonly ZipEntry[],
  found: ExamFindings,
): void {
  const names = new Set(expected.map(({ name }) => name));
  for (const { name, bytes } of expected) {
    const given = entries.get(name);
    if (given === undefined) found.problem(name, 'the register is missing');
    else if (!equalBytes(given.bytes, bytes))
      found.problem(name, 'the register is not what the records say');
  }
  for (const name of entries.keys()) {
    if (name.startsWith(REGISTERS) && !names.has(name)) {
      found.problem(name, 'not a register of an examination');
    }
  }
  found.establish(`${expected.length - 1} registers were computed again from the records`);
}

function verifyBlobs(p: Primitives, entries: Entries, found: ExamFindings): void {
  let count = 0;
  for (const { name, bytes } of entries.values()) {
    if (!name.startsWith('blobs/')) continue;
    count += 1;
    if (name !== `blobs/${sha256Hex(p, bytes)}`) found.problem(name, 'not the bytes its name says');
  }
  found.establish(`${count} texts are the bytes that the records name`);
}
