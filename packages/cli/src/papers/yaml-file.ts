// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { atFile, CliError } from '../errors.ts';

/** YAML that a person wrote, with the line of each of its members. */
export interface YamlText {
  readonly file: string;
  readonly value: unknown;
  /** Line of the deepest written place of a path. */
  lineOf(path: readonly PropertyKey[]): number;
}

const BYTES_MAX = 1_000_000;

/** @throws CliError `file_missing` */
export function readTextFile(cwd: string, file: string): string {
  const path = isAbsolute(file) ? file : resolve(cwd, file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (cause) {
    if (cause instanceof TypeError) throw atFile(file, 1, 'it is not UTF-8 text', cause);
    throw new CliError('file_missing', `\`${file}\` cannot be read; check the path`, { cause });
  }
}

/** @throws CliError `file_invalid` with file and line */
export function parseYamlText(file: string, text: string, firstLine = 1): YamlText {
  if (text.length > BYTES_MAX) throw atFile(file, 1, 'it is larger than 1 MB');
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: 'core',
    uniqueKeys: true,
    strict: true,
    prettyErrors: false,
  });
  const lineAt = (offset: number) => lines.linePos(offset).line + firstLine - 1;
  const syntax = document.errors[0];
  if (syntax !== undefined) throw atFile(file, lineAt(syntax.pos[0]), syntax.message, syntax);
  return {
    file,
    value: plainValue(document, file),
    lineOf: (path) => lineAt(offsetOf(document.contents, path)),
  };
}

function plainValue(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    // What is signed must be reviewed where it stands: an alias is written somewhere else.
    return document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw atFile(file, 1, 'it holds an alias; write the value out', cause);
  }
}

function offsetOf(root: unknown, path: readonly PropertyKey[]): number {
  let node = root;
  let offset = startOf(node) ?? 0;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === String(key),
      );
      if (pair === undefined) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      offset = startOf(node) ?? offset;
    } else break;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** Reads YAML by a schema. @throws CliError `file_invalid` naming file, line and member */
export function readYaml<T extends z.ZodType>(text: YamlText, schema: T): z.output<T> {
  const parsed = schema.safeParse(text.value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys : [];
  const place = [...path, ...unknown.slice(0, 1)];
  const name = place.map(String).join('.');
  const problem = unknown.length > 0 ? 'is not known here' : (issue?.message ?? 'is malformed');
  throw atFile(
    text.file,
    text.lineOf(place),
    name === '' ? problem : `\`${name}\` ${lowerFirst(problem)}`,
  );
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
