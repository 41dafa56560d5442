// SPDX-License-Identifier: Apache-2.0
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Json, parseStrictJson } from '@countersign/kernel';
import { z } from 'zod';
import type { BlobStore } from '../blobs/blob-store.ts';
import { PipelineError } from '../errors.ts';
import { toRecordJson } from '../file/to-record-json.ts';
import type { DeclaredEvidence } from './result.ts';

const EVIDENCE_BYTES_MAX = 1024 * 1024;

const scalar = z.union([z.number(), z.string(), z.boolean(), z.null()]);

/** `evidence/trials.json`: every combination that a hyperparameter search tried, with what it measured. */
export const trialsSchema = z.strictObject({
  search: z.string().max(500).optional(),
  criterion: z.string().max(200).optional(),
  trials: z
    .array(
      z.strictObject({
        params: z.record(z.string(), scalar),
        metrics: z.record(z.string(), z.union([z.number(), z.null()])),
        seed: z.number().int().optional(),
        selected: z.boolean().optional(),
        note: z.string().max(1000).optional(),
      }),
    )
    .min(1)
    .max(100_000),
});

const KNOWN: Readonly<Record<string, z.ZodType>> = { trials: trialsSchema };

/** Reads and archives one file of `evidence/`. Throws PipelineError `evidence_invalid`, naming step and file. */
export async function readDeclaredEvidence(options: {
  readonly step: string;
  readonly scratch: string;
  readonly file: string;
  readonly blobs: BlobStore;
}): Promise<DeclaredEvidence> {
  const { step, file } = options;
  const path = join(options.scratch, file);
  const { size } = await stat(path);
  if (size > EVIDENCE_BYTES_MAX)
    throw invalid(step, file, 'it is larger than 1 MiB; declare it as an output');
  const name = basename(file, '.json');
  const value = parse(await readFile(path), step, file);
  const known = KNOWN[name]?.safeParse(value);
  if (known !== undefined && !known.success) {
    const [issue] = known.error.issues;
    throw invalid(
      step,
      file,
      `\`${issue?.path.map(String).join('.')}\`: ${issue?.message.toLowerCase()}`,
    );
  }
  const blob = await options.blobs.putFile(path);
  return { step, name, file, ...blob, basis: 'declared', value: toRecordJson(value) };
}

function parse(bytes: Uint8Array, step: string, file: string): Json {
  try {
    return parseStrictJson(bytes);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw invalid(step, file, said);
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
