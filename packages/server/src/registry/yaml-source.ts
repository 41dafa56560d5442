// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { type Json, KernelError } from '@countersign/kernel';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { ServerError } from '../errors.ts';

/** Data that people write as YAML and the kernel reads as JSON: promotion policies and questionnaires. */
export interface YamlSource<T> {
  readonly json: Json;
  readonly value: T;
}

const BYTES_MAX = 1_000_000;

/**
 * Reads a YAML file into what a kernel-style reader makes of it; `read` throws KernelError `record_malformed` with
 * `details.path` below `rootName`.
 * @throws ServerError `policy_file_invalid` naming file, line and member
 */
export async function loadYaml<T>(
  file: string,
  reader: { readonly rootName: string; readonly read: (json: Json, path: string) => T },
): Promise<YamlSource<T>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw invalid(file, 1, `cannot be read; check the path`, cause);
  });
  return parseYaml(file, text, reader);
}

/** As `loadYaml`, from text; `file` names it in errors. */
export function parseYaml<T>(
  file: string,
  text: string,
  reader: { readonly rootName: string; readonly read: (json: Json, path: string) => T },
): YamlSource<T> {
  if (text.length > BYTES_MAX) throw invalid(file, 1, 'is larger than 1 MB; shorten it');
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: 'core',
    uniqueKeys: true,
    strict: true,
    prettyErrors: false,
  });
  const syntax = document.errors[0];
  if (syntax !== undefined) {
    throw invalid(file, lines.linePos(syntax.pos[0]).line, syntax.message, syntax);
  }
  const json = plainValue(document, file);
  try {
    return { json, value: reader.read(json, reader.rootName) };
  } catch (cause) {
    if (!(cause instanceof KernelError)) throw cause;
    const path = String(cause.details.path ?? reader.rootName);
    const keys = keysOf(path, reader.rootName);
    throw invalid(file, lineAt(document.contents, keys, lines), cause.message, cause);
  }
}

function plainValue(document: ReturnType<typeof parseDocument>, file: string): Json {
  try {
    // Aliases are refused: a rule that is written elsewhere cannot be reviewed where it stands.
    return document.toJS({ maxAliasCount: 0 }) as Json; // the core schema yields JSON values only
  } catch (cause) {
    throw invalid(file, 1, 'holds an alias; write the value out', cause);
  }
}

/** `policy.transitions.staging.conditions[2].gate` as keys below the root. */
function keysOf(path: string, rootName: string): readonly (string | number)[] {
  const below = path === rootName ? '' : path.slice(rootName.length + 1);
  return [...below.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([text, index]) =>
    index === undefined ? text : Number(index),
  );
}

/** Line of the deepest place of a path that is written: a missing key is reported at its parent. */
function lineAt(root: unknown, keys: readonly (string | number)[], lines: LineCounter): number {
  let node = root;
  let offset = startOf(node) ?? 0;
  for (const key of keys) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (pair === undefined) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      offset = startOf(node) ?? offset;
    } else break;
  }
  return lines.linePos(offset).line;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function invalid(file: string, line: number, problem: string, cause?: unknown): ServerError {
  return new ServerError('policy_file_invalid', `${file}:${line}: ${problem}`, {
    details: { file, line },
    ...(cause === undefined ? {} : { cause }),
  });
}
