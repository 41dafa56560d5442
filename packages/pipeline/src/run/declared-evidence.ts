// SPDX-License-Identifier: Apache-2.0
import { readFile, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { fromUtf8, type Json, parseStrictJson } from '@countersign/kernel';
import type { BlobStore } from '../blobs/blob-store.ts';
import { PipelineError } from '../errors.ts';
import { toRecordJson } from '../file/to-record-json.ts';
import { withoutNaN } from '../trials/lenient-json.ts';
import { isTrialsFile, readChoice, readSearch, TRIALS_BYTES_MAX } from '../trials/read-search.ts';
import type { DeclaredEvidence } from './result.ts';

const EVIDENCE_BYTES_MAX = 1024 * 1024;
const CHOICE_FILE = 'choice.json';

/** Reads and archives one file of `evidence/`. Throws PipelineError `evidence_invalid`, naming step and file. */
export async function readDeclaredEvidence(options: {
  readonly step: string;
  readonly scratch: string;
  readonly file: string;
  readonly blobs: BlobStore;
}): Promise<DeclaredEvidence> {
  const { step, file } = options;
  const path = join(options.scratch, file);
  const base = basename(file);
  const isTrials = isTrialsFile(base);
  const { size } = await stat(path);
  if (size > (isTrials ? TRIALS_BYTES_MAX : EVIDENCE_BYTES_MAX))
    throw invalid(step, file, 'it is too large; declare it as an output');
  const bytes = await readFile(path);
  const refusal = isTrials || base === CHOICE_FILE ? searchRefusal(base, bytes) : undefined;
  if (refusal !== undefined) throw invalid(step, file, refusal);
  const value = keptValue(bytes, { step, file, isTrials });
  const blob = await options.blobs.putFile(path);
  const name = basename(file, extname(file));
  return { step, name, file, ...blob, basis: 'declared', value };
}

function searchRefusal(name: string, bytes: Uint8Array): string | undefined {
  try {
    const text = fromUtf8(bytes);
    if (name === CHOICE_FILE) {
      const choice = readChoice(text);
      return typeof choice === 'string' ? choice : undefined;
    }
    const read = readSearch(name, text);
    return read.ok ? undefined : read.why;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

/** Of trials only what is small JSON is kept beside the search that is read from them. */
function keptValue(
  bytes: Uint8Array,
  about: { readonly step: string; readonly file: string; readonly isTrials: boolean },
): Json {
  const isJson = about.file.endsWith('.json');
  if (about.isTrials && (!isJson || bytes.length > EVIDENCE_BYTES_MAX)) return null;
  try {
    const text = fromUtf8(bytes);
    return toRecordJson(parseStrictJson(about.isTrials ? withoutNaN(text) : text));
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw invalid(about.step, about.file, said);
  }
}

function invalid(step: string, file: string, why: string): PipelineError {
  return new PipelineError(
    'evidence_invalid',
    `\`${file}\` of step \`${step}\` is no valid evidence: ${why}`,
    {
      details: { step, file },
    },
  );
}
