// SPDX-License-Identifier: Apache-2.0
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';

/** YAML 1.2 (core schema) that a person wrote: its value, and the line of each of its members. */
export interface YamlText {
  readonly value: unknown;
  /** Line (from 1) of the deepest place of a path that is written: a missing key is reported at its parent. */
  lineOf(path: readonly PropertyKey[]): number;
}

export interface YamlProblem {
  readonly line: number;
  readonly message: string;
}

export type ReadYaml =
  | { readonly ok: true; readonly text: YamlText }
  | { readonly ok: false; readonly problems: readonly YamlProblem[] };

const LENGTH_MAX = 1_000_000;

/** Duplicate keys are refused, and so are more aliases than `aliasesMax`: a short text can stand for a huge value. */
export function readYamlText(text: string, options: { readonly aliasesMax: number }): ReadYaml {
  if (text.length > LENGTH_MAX) return refused('is larger than 1 MB; shorten it');
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: 'core',
    uniqueKeys: true,
    strict: true,
    prettyErrors: false,
  });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => ({
      line: lines.linePos(pos[0]).line,
      message,
    }));
    return { ok: false, problems };
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: options.aliasesMax });
    const lineOf = (path: readonly PropertyKey[]) => lineOfPath(document, lines, path);
    return { ok: true, text: { value, lineOf } };
  } catch {
    // The library says no more than that an alias is one too many or names nothing.
    return refused(
      options.aliasesMax === 0
        ? 'holds an alias; write the value out'
        : 'holds an alias that names nothing, or too many; write the values out',
    );
  }
}

function refused(message: string): ReadYaml {
  return { ok: false, problems: [{ line: 1, message }] };
}

function lineOfPath(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
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
  return lines.linePos(offset).line;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
