// SPDX-License-Identifier: Apache-2.0
import type { List, PhrasingContent, RootContent, Table } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmTableFromMarkdown } from 'mdast-util-gfm-table';
import { gfmTable } from 'micromark-extension-gfm-table';
import type { Block, Cell, Inline, InlineStyle, TableBlock } from './document.ts';
import { paragraph, plain } from './document.ts';

const DEPTH_MAX = 8;

/**
 * The Markdown of a signed paper as blocks: headings, paragraphs, lists, quotes, code, emphasis and
 * tables. HTML, images and anything else is printed as the characters the author wrote: a paper
 * can say nothing in markup that its reader does not see. Addresses of links are printed in full.
 * @see CommonMark 0.31, GitHub Flavored Markdown 0.29 (tables)
 */
export function markdownBlocks(source: string): readonly Block[] {
  const tree = fromMarkdown(source, {
    extensions: [gfmTable()],
    mdastExtensions: [gfmTableFromMarkdown()],
  });
  return blocksOf(tree.children, { source, depth: 0 });
}

interface Reading {
  readonly source: string;
  readonly depth: number;
}

function blocksOf(nodes: readonly RootContent[], at: Reading): readonly Block[] {
  return nodes.flatMap((node) => blockOf(node, at));
}

function blockOf(node: RootContent, at: Reading): readonly Block[] {
  const inner = { ...at, depth: at.depth + 1 };
  if (at.depth >= DEPTH_MAX) return [literal(node, at)];
  switch (node.type) {
    case 'paragraph':
      return [{ kind: 'paragraph', text: inlinesOf(node.children, at) }];
    case 'heading':
      return [
        {
          kind: 'heading',
          level: node.depth <= 2 ? 2 : 3,
          text: plainText(inlinesOf(node.children, at)),
        },
      ];
    case 'blockquote':
      return [{ kind: 'quote', blocks: blocksOf(node.children, inner) }];
    case 'list':
      return [listOf(node, inner)];
    case 'code':
      return [{ kind: 'code', text: node.value }];
    case 'table':
      return [tableOf(node, at)];
    case 'thematicBreak':
      return [];
    default:
      return [literal(node, at)];
  }
}

function listOf(node: List, at: Reading): Block {
  return {
    kind: 'list',
    ordered: node.ordered === true,
    items: node.children.map((item) => blocksOf(item.children, at)),
  };
}

function tableOf(node: Table, at: Reading): TableBlock {
  const rows = node.children.map((row) =>
    row.children.map((cell): Cell => ({ text: plainText(inlinesOf(cell.children, at)) })),
  );
  const [head = [], ...body] = rows;
  const columns = head.map((cell, index) => ({
    title: cell.text,
    align: node.align?.[index] ?? ('left' as const),
  }));
  const width = columns.length;
  const squared = body.map((row) =>
    Array.from({ length: width }, (_, index): Cell => row[index] ?? { text: '' }),
  );
  return { kind: 'table', columns, rows: squared };
}

function inlinesOf(
  nodes: readonly PhrasingContent[],
  at: Reading,
  style?: InlineStyle,
): readonly Inline[] {
  return nodes.flatMap((node) => inlineOf(node, at, style));
}

function inlineOf(node: PhrasingContent, at: Reading, style?: InlineStyle): readonly Inline[] {
  switch (node.type) {
    case 'text':
      return [plain(node.value.replace(/\s*\n\s*/g, ' '), style)];
    case 'strong':
      return inlinesOf(node.children, at, 'strong');
    case 'emphasis':
      return inlinesOf(node.children, at, style ?? 'emphasis');
    case 'inlineCode':
      return [plain(node.value, 'code')];
    case 'break':
      return [{ kind: 'break' }];
    case 'link': {
      const text = inlinesOf(node.children, at, style);
      const same = plainText(text) === node.url;
      return same ? text : [...text, plain(` <${node.url}>`, 'code')];
    }
    default:
      return [plain(written(node, at), style)];
  }
}

function literal(node: RootContent, at: Reading): Block {
  return paragraph(written(node, at));
}

/** The author's own characters of a node that has no printed form. */
function written(node: RootContent, at: Reading): string {
  const start = node.position?.start.offset ?? 0;
  return at.source.slice(start, node.position?.end.offset ?? start);
}

function plainText(inlines: readonly Inline[]): string {
  return inlines.map((inline) => (inline.kind === 'text' ? inline.text : ' ')).join('');
}
