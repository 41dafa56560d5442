// SPDX-License-Identifier: Apache-2.0
import type { Paint } from '../output/paint.ts';

/** One link of a chain: what it is, whether it verified here, what it rests on. */
export interface TraceNode {
  readonly title: string;
  /** undefined: nothing to verify about it. */
  readonly holds?: boolean;
  readonly notes?: readonly string[];
  readonly children?: readonly TraceNode[];
}

/** The tree as lines; every note stands below its link. */
export function formatTrace(root: TraceNode, paint: Paint): readonly string[] {
  return [...linesOf(root, paint, '')];
}

function* linesOf(node: TraceNode, paint: Paint, indent: string): Generator<string> {
  yield `${mark(node, paint)}${node.title}`;
  const children = node.children ?? [];
  const bar = children.length > 0 ? '│' : ' ';
  for (const note of node.notes ?? []) yield `${indent}${bar}   ${paint('dim', note)}`;
  for (const [index, child] of children.entries()) {
    const isLast = index === children.length - 1;
    const inner = `${indent}${isLast ? '   ' : '│  '}`;
    let isFirst = true;
    for (const line of linesOf(child, paint, inner)) {
      yield isFirst ? `${indent}${isLast ? '└─ ' : '├─ '}${line}` : line;
      isFirst = false;
    }
  }
}

function mark({ holds }: TraceNode, paint: Paint): string {
  if (holds === undefined) return '';
  return holds ? `${paint('green', '✓')} ` : `${paint('red', '✗')} `;
}

/** Titles of links that do not hold, from the top. */
export function brokenLinks(node: TraceNode): readonly string[] {
  const own = node.holds === false ? [node.title] : [];
  return [...own, ...(node.children ?? []).flatMap(brokenLinks)];
}
