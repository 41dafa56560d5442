// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { type Json, KernelError } from '@countersign/kernel';
import { readYamlText } from '@countersign/pipeline';
import { ServerError } from '../errors.ts';

/** Data that people write as YAML and the kernel reads as JSON: promotion policies and questionnaires. */
export interface YamlSource<T> {
  readonly json: Json;
  readonly value: T;
}

/**
 * Reads a YAML file into what a kernel-style reader makes of it; `read` throws KernelError `record_malformed` with
 * `details.path` below `rootName`.
 * @throws ServerError `policy_file_invalid` naming file, line, column and member
 */
export async function loadYaml<T>(
  file: string,
  reader: { readonly rootName: string; readonly read: (json: Json, path: string) => T },
): Promise<YamlSource<T>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw invalid(file, { line: 1, column: 1 }, `cannot be read; check the path`, cause);
  });
  return parseYaml(file, text, reader);
}

/** As `loadYaml`, from text; `file` names it in errors. */
export function parseYaml<T>(
  file: string,
  text: string,
  reader: { readonly rootName: string; readonly read: (json: Json, path: string) => T },
): YamlSource<T> {
  // Aliases are refused: a rule that is written elsewhere cannot be reviewed where it stands.
  const written = readYamlText(text, { aliasesMax: 0 });
  if (!written.ok) {
    const [first] = written.problems;
    const place = { line: first?.line ?? 1, column: first?.column ?? 1 };
    throw invalid(file, place, first?.message ?? 'is not YAML');
  }
  const json = written.text.value as Json; // the core schema yields JSON values only
  try {
    return { json, value: reader.read(json, reader.rootName) };
  } catch (cause) {
    if (!(cause instanceof KernelError)) throw cause;
    const path = String(cause.details.path ?? reader.rootName);
    const keys = keysOf(path, reader.rootName);
    throw invalid(file, written.text.placeOf(keys), cause.message, cause);
  }
}

/** `policy.transitions.staging.conditions[2].gate` as keys below the root. */
function keysOf(path: string, rootName: string): readonly (string | number)[] {
  const below = path === rootName ? '' : path.slice(rootName.length + 1);
  return [...below.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([text, index]) =>
    index === undefined ? text : Number(index),
  );
}

function invalid(
  file: string,
  { line, column }: { readonly line: number; readonly column: number },
  problem: string,
  cause?: unknown,
): ServerError {
  return new ServerError('policy_file_invalid', `${file}:${line}:${column}: ${problem}`, {
    details: { file, line, column },
    ...(cause === undefined ? {} : { cause }),
  });
}
