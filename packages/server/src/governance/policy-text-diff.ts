// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type Json } from '@countersign/kernel';

/** One line that a later text has and an earlier one has not, or the other way about. */
export interface DiffLine {
  readonly op: '+' | '-';
  readonly line: string;
}

/** Lines compared with lines: beyond this, what differs is given whole. */
const CELLS_MAX = 4_000_000;

/** The lines that differ between two documents, by a longest common subsequence of their members, one a line. */
export function policyTextDiff(before: Json, after: Json): readonly DiffLine[] {
  const a = linesOf(before);
  const b = linesOf(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (
    end < a.length - start &&
    end < b.length - start &&
    a[a.length - 1 - end] === b[b.length - 1 - end]
  ) {
    end++;
  }
  return betweenLines(a.slice(start, a.length - end), b.slice(start, b.length - end));
}

function betweenLines(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  const removed = a.map((line): DiffLine => ({ op: '-', line }));
  const added = b.map((line): DiffLine => ({ op: '+', line }));
  if (a.length * b.length > CELLS_MAX) return [...removed, ...added];
  const length = commonLengths(a, b);
  const found: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const line = a[i];
    const other = b[j];
    if (line !== undefined && line === other) {
      i++;
      j++;
    } else if (
      other === undefined ||
      (line !== undefined && length(i + 1, j) >= length(i, j + 1))
    ) {
      found.push({ op: '-', line: line ?? '' });
      i++;
    } else {
      found.push({ op: '+', line: other });
      j++;
    }
  }
  return found;
}

/** How many lines the rests of both have in common, from a line of each on. */
function commonLengths(a: readonly string[], b: readonly string[]) {
  const width = b.length + 1;
  const table = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => table[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      table[i * width + j] =
        a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  return at;
}

/** One rule a line, at its place in the document, so that a line says where it stands. */
function linesOf(json: Json, path = ''): readonly string[] {
  if (Array.isArray(json)) return json.map((one: Json) => `${path}: ${canonicalJson(one)}`);
  if (typeof json !== 'object' || json === null) return [`${path}: ${canonicalJson(json)}`];
  return Object.entries(json).flatMap(([name, value]) =>
    linesOf(value as Json, path === '' ? name : `${path}.${name}`),
  );
}
