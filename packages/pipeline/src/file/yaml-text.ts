// SPDX-License-Identifier: Apache-2.0
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';

/** YAML 1.2 (core schema) that a person wrote: its value, and the line of each of its members. */
export interface YamlText {
  readonly value: unknown;
  /** Line (from 1) of the deepest place of a path that is written: a missing key is reported at its parent. */
  lineOf(path: readonly PropertyKey[]): number;
  /** As `lineOf`, with the column, from 1 as well. */
  placeOf(path: readonly PropertyKey[]): { readonly line: number; readonly column: number };
}

export interface YamlProblem {
  readonly line: number;
  readonly column?: number;
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
    // The library compares each key with every other, which a long file turns into hours; see `doubledKeys`.
    uniqueKeys: false,
    strict: true,
    prettyErrors: false,
  });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => {
      const { line, col } = lines.linePos(pos[0]);
      return { line, column: col, message };
    });
    return { ok: false, problems };
  }
  const doubled = doubledKeys(document).map((offset) => ({
    line: lines.linePos(offset).line,
    message: 'Map keys must be unique',
  }));
  if (doubled.length > 0) return { ok: false, problems: doubled };
  try {
    const value: unknown = document.toJS({ maxAliasCount: options.aliasesMax });
    const placeOf = (path: readonly PropertyKey[]) => placeOfPath(document, lines, path);
    return { ok: true, text: { value, placeOf, lineOf: (path) => placeOf(path).line } };
  } catch {
    // The library says no more than that an alias is one too many or names nothing.
    return refused(
      options.aliasesMax === 0
        ? 'holds an alias; write the value out'
        : 'holds an alias that names nothing, or too many; write the values out',
    );
  }
}

const DOUBLED_SHOWN_MAX = 20;

/** Where a key stands that its map holds already; `1` and `"1"` are one key, as they are in the value. */
function doubledKeys(document: Document): readonly number[] {
  const found: number[] = [];
  const open: unknown[] = [document.contents];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isSeq(node)) for (const item of node.items) open.push(item ?? null);
    if (!isMap(node)) continue;
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      open.push(key ?? null, value ?? null);
      if (!isScalar(key)) continue;
      const name = String(key.value);
      if (seen.has(name)) found.push(key.range?.[0] ?? 0);
      seen.add(name);
    }
    if (found.length >= DOUBLED_SHOWN_MAX) break;
  }
  return found.slice(0, DOUBLED_SHOWN_MAX);
}

function refused(message: string): ReadYaml {
  return { ok: false, problems: [{ line: 1, message }] };
}

function placeOfPath(document: Document, lines: LineCounter, path: readonly PropertyKey[]) {
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
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
