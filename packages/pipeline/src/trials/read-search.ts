// SPDX-License-Identifier: Apache-2.0
import { type Json, parseStrictJson } from '@countersign/kernel';
import { parseCsvRows } from '../csv/parse-csv-rows.ts';
import { withoutNaN } from './lenient-json.ts';
import {
  choiceSchema,
  type DeclaredChoice,
  ownSearch,
  saidOf,
  trialsSchema,
} from './own-trials.ts';
import { readCvResults } from './read-cv-results.ts';
import { readOptunaFrame, readOptunaRows } from './read-optuna-frame.ts';
import { readOptunaJournal } from './read-optuna-journal.ts';
import { objectOf, type ResultRow } from './result-rows.ts';
import type { SearchRecord } from './search-record.ts';

export const TRIALS_BYTES_MAX = 16 * 1024 * 1024;

/** A file of `evidence/` that tells of a search: its trials in one of the forms below, or the choice that goes with them. */
const TRIALS_FILES = ['trials.json', 'trials.csv', 'trials.jsonl'] as const;

export function isTrialsFile(name: string): boolean {
  return TRIALS_FILES.some((one) => one === name);
}

export type ReadSearch =
  | { readonly ok: true; readonly search: SearchRecord }
  | { readonly ok: false; readonly why: string };

/**
 * Reads the trials of a search: `trials.json` in our own form, scikit-learn's `cv_results_` or Optuna's frame as JSON,
 * told apart by their fields; `trials.csv`, Optuna's frame; `trials.jsonl`, Optuna's journal. Bytes are foreign.
 */
export function readSearch(name: string, text: string, choice?: DeclaredChoice): ReadSearch {
  const read = name.endsWith('.json') ? fromJson(text, choice) : fromText(name, text);
  if (!read.ok || choice === undefined) return read;
  return { ok: true, search: { ...read.search, ...saidOf(choice) } };
}

export function readChoice(text: string): DeclaredChoice | string {
  const parsed = choiceSchema.safeParse(parsedJson(text));
  return parsed.success ? parsed.data : issueText(parsed.error.issues[0]);
}

function fromText(name: string, text: string): ReadSearch {
  const search = name.endsWith('.csv') ? fromCsv(text) : readOptunaJournal(text);
  const what = name.endsWith('.csv') ? '`trials_dataframe().to_csv()`' : 'journal';
  return search === undefined
    ? { ok: false, why: `it is no ${what} of Optuna` }
    : { ok: true, search };
}

function fromCsv(text: string): SearchRecord | undefined {
  const [header, ...rows] = parseCsvRows(text).map(({ cells }) => cells);
  if (header === undefined) return undefined;
  return readOptunaRows(
    rows.map(
      (row): ResultRow =>
        new Map(header.map((name, at): readonly [string, Json] => [name, row[at] ?? null])),
    ),
  );
}

function fromJson(text: string, choice: DeclaredChoice | undefined): ReadSearch {
  let json: Json;
  try {
    json = parsedJson(text);
  } catch (cause) {
    return { ok: false, why: cause instanceof Error ? cause.message : String(cause) };
  }
  const foreign = readCvResults(json, choice?.score) ?? readOptunaFrame(json);
  if (foreign !== undefined) return { ok: true, search: foreign };
  const own = trialsSchema.safeParse(json);
  if (own.success) return { ok: true, search: ownSearch(own.data) };
  const isOurs = objectOf(json)?.trials !== undefined;
  const known = isOurs
    ? ''
    : '; it is neither our own form nor `cv_results_` nor `trials_dataframe()`';
  return { ok: false, why: `${issueText(own.error.issues[0])}${known}` };
}

function parsedJson(text: string): Json {
  return parseStrictJson(withoutNaN(text), { maxBytes: TRIALS_BYTES_MAX });
}

function issueText(
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
): string {
  return `\`${issue?.path.map(String).join('.')}\`: ${issue?.message.toLowerCase()}`;
}
