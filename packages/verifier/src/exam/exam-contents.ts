// SPDX-License-Identifier: Apache-2.0
import {
  type Envelope,
  type ExamQuestion,
  type Json,
  parseEnvelope,
  parseStrictJson,
  type RecordType,
} from '@countersign/kernel';
import { VerifierError } from '../errors.ts';
import type { ZipEntry } from '../zip/canonical-zip.ts';

export const HASHES_ENTRY = 'log/hashes.bin';
export const CHECKPOINTS_ENTRY = 'log/checkpoints.json';
export const RECORDS_ENTRY = 'log/records.json';
export const EDGES_ENTRY = 'log/edges.json';
export const INDEX_ENTRY = 'index.html';
export const QUESTION_ENTRY = 'question.json';
export const REGISTERS = 'registers/';

/** A record with its place; its leaf follows from it, so no proof is carried beside the list of all leaf hashes. */
export interface ExamRecord {
  readonly index: number;
  /** When the log took it, as its leaf says. */
  readonly time: string;
  readonly envelope: Envelope;
}

/** Types of which a package may hold the leaf hash alone: headers of batches, of which there may be millions. */
export const BULK_TYPES: readonly RecordType[] = [
  'decision-log',
  'action-record',
  'outcome-record',
];

export interface ExamContents {
  readonly root: string;
  readonly question: ExamQuestion;
  /**
   * `records`: every record of the period is in the package. `digests`: batch headers are given as leaf hashes alone,
   * here and in the period.
   */
  readonly bulk: 'records' | 'digests';
  /** Leaf hashes of the whole log up to `question.known`, 32 bytes each. */
  readonly hashes: Uint8Array;
  /** Signed notes: of the whole log here, and those published nearest around the period. */
  readonly checkpoints: readonly string[];
  readonly records: readonly ExamRecord[];
  /** Leaves beside the ends of the period whose records are not here: they say that it ends there. */
  readonly edges: readonly { readonly index: number; readonly leaf: string }[];
  readonly blobs: readonly { readonly digest: string; readonly bytes: Uint8Array }[];
}

const ENTRY_BYTES_MAX = 512 * 1024 * 1024;

/** Strict JSON of an entry. @throws VerifierError naming the entry */
export function jsonAt(entries: ReadonlyMap<string, ZipEntry>, name: string): Json {
  try {
    return parseStrictJson(bytesAt(entries, name), { maxBytes: ENTRY_BYTES_MAX });
  } catch (error) {
    if (error instanceof VerifierError) throw error;
    const reason = error instanceof Error ? error.message : 'not JSON';
    throw new VerifierError('zip_malformed', name, `\`${name}\`: ${reason}`);
  }
}

export function bytesAt(entries: ReadonlyMap<string, ZipEntry>, name: string): Uint8Array {
  const entry = entries.get(name);
  if (entry === undefined) throw new VerifierError('zip_malformed', name, `\`${name}\` is missing`);
  return entry.bytes;
}

/** The contents without the blobs. @throws VerifierError naming the entry whose shape is not an examination's */
export function readContents(entries: ReadonlyMap<string, ZipEntry>): Omit<ExamContents, 'blobs'> {
  const { root, bulk, question } = membersOf(jsonAt(entries, QUESTION_ENTRY), QUESTION_ENTRY);
  if (typeof root !== 'string' || (bulk !== 'records' && bulk !== 'digests')) {
    throw malformed(QUESTION_ENTRY);
  }
  return {
    root,
    bulk,
    question: readQuestion(question ?? null),
    hashes: bytesAt(entries, HASHES_ENTRY),
    checkpoints: listAt(entries, CHECKPOINTS_ENTRY).map((one) => textOf(one, CHECKPOINTS_ENTRY)),
    records: listAt(entries, RECORDS_ENTRY).map((one) => {
      const { index, time, envelope } = membersOf(one, RECORDS_ENTRY);
      return {
        index: placeOf(index, RECORDS_ENTRY),
        time: textOf(time, RECORDS_ENTRY),
        envelope: parseEnvelope(envelope ?? null),
      };
    }),
    edges: listAt(entries, EDGES_ENTRY).map((one) => {
      const { index, leaf } = membersOf(one, EDGES_ENTRY);
      return { index: placeOf(index, EDGES_ENTRY), leaf: textOf(leaf, EDGES_ENTRY) };
    }),
  };
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function readQuestion(json: Json): ExamQuestion {
  const { workspace, date, known, period } = membersOf(json, QUESTION_ENTRY);
  const { from, to } = membersOf(period ?? null, QUESTION_ENTRY);
  const time = (value: Json | undefined) => {
    const text = textOf(value, QUESTION_ENTRY);
    if (!TIME.test(text)) throw malformed(QUESTION_ENTRY);
    return text;
  };
  return {
    workspace: textOf(workspace, QUESTION_ENTRY),
    date: time(date),
    known: placeOf(known, QUESTION_ENTRY),
    period: { from: time(from), to: time(to) },
  };
}

function listAt(entries: ReadonlyMap<string, ZipEntry>, name: string): readonly Json[] {
  const json = jsonAt(entries, name);
  if (!Array.isArray(json)) throw malformed(name);
  return json;
}

function membersOf(json: Json, name: string): { readonly [member: string]: Json } {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw malformed(name);
  return json as { readonly [member: string]: Json }; // arrays were refused above
}

function textOf(value: Json | undefined, name: string): string {
  if (typeof value !== 'string') throw malformed(name);
  return value;
}

function placeOf(value: Json | undefined, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw malformed(name);
  return value;
}

function malformed(name: string): VerifierError {
  return new VerifierError(
    'zip_malformed',
    name,
    `\`${name}\` has not the shape of an examination`,
  );
}
