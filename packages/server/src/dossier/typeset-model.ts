// SPDX-License-Identifier: Apache-2.0
import { type ChartSpec, chartAlt, chartSvg, isSquareChart } from './charts.ts';
import type { Block, DocumentModel, TableBlock } from './document.ts';
import { digestsOf, sectionLabel, shortDigestLength } from './document.ts';
import { evidenceName, sourceName } from './evidence-names.ts';
import { gapHeading } from './gap-heading.ts';

/** How text becomes printable, in the text and inside charts. */
export interface TextPrinters {
  readonly text: (text: string) => string;
  readonly chart: (text: string) => string;
}

type Data = null | boolean | number | string | readonly Data[] | DataObject;
type DataObject = { readonly [key: string]: Data };

/** Marks a place where a long token may be broken; control characters are gone by then. */
const BREAK_MARK = '\u001f';
const TOKEN_MAX = 26;
const CITATIONS_MAX = 8;
/** Per cent of the measure. */
const SQUARE_WIDTH = 62;
const FULL_WIDTH = 94;

/** The document as the typesetter's template reads it: printable strings, charts as SVG. */
export function typesetModel(model: DocumentModel, printers: TextPrinters): Data {
  const words = (value: unknown) =>
    printed(value, (text) => soften(printers.text(text), TOKEN_MAX));
  const blocks = (list: readonly Block[]) =>
    paired(list.map((block) => typesetBlock(block, printers)));
  return {
    kicker: words(model.kicker ?? ''),
    documentTitle: printers.text(`${model.title}: ${model.subtitle}`).replaceAll('\n', ' '),
    title: words(model.title),
    subtitle: words(model.subtitle),
    shortTitle: words(model.shortTitle),
    asOf: model.asOf,
    meta: words(model.meta),
    summary: blocks(model.summary),
    sections: model.sections.map((section) => ({
      number: section.number,
      label: words(sectionLabel(section)),
      title: words(section.title),
      evidence: section.evidence.map(({ id, status, digests }) => ({
        id: words(evidenceName(id)),
        status,
        digests: digests.slice(0, CITATIONS_MAX),
        more: digests.length > CITATIONS_MAX ? ` and ${digests.length - CITATIONS_MAX} more` : '',
      })),
      blocks: blocks(section.blocks),
    })),
    sources: words(model.sources.map((one) => ({ ...one, type: sourceName(one.type) }))),
    references: [...model.references],
    digests: [...(model.digests ?? [])],
    evidenceSetDigest: model.evidenceSetDigest,
    digestLength: shortDigestLength(digestsOf(model)),
    ...(model.stamp !== undefined && { stamp: words(model.stamp) }),
  };
}

// Two square charts that follow each other stand side by side, as a reader compares them.
function paired(items: readonly DataObject[]): readonly DataObject[] {
  const rows: DataObject[] = [];
  for (let index = 0; index < items.length; index += 1) {
    const [first, second] = [items[index], items[index + 1]];
    if (first === undefined) break;
    if (second !== undefined && isSquare(first) && isSquare(second)) {
      rows.push({ kind: 'pair', items: [first, second].map((item) => ({ ...item, width: 100 })) });
      index += 1;
    } else rows.push(first);
  }
  return rows;
}

function isSquare(item: DataObject): boolean {
  return item.kind === 'figure' && item.width === SQUARE_WIDTH;
}

function typesetBlock(block: Block, printers: TextPrinters): DataObject {
  const words = (value: unknown) =>
    printed(value, (text) => soften(printers.text(text), TOKEN_MAX));
  const inner = (blocks: readonly Block[]) => blocks.map((item) => typesetBlock(item, printers));
  switch (block.kind) {
    case 'table':
      return typesetTable(block, printers);
    case 'gap':
      return {
        ...objectOf(words({ ...block, evidence: evidenceName(block.evidence) })),
        heading: gapHeading(block),
      };
    case 'figure': {
      const chart = printedChart(block.chart, printers.chart);
      const width = isSquareChart(chart) ? SQUARE_WIDTH : FULL_WIDTH;
      const alt = printers.text(chartAlt(block.chart));
      const { chart: _, ...rest } = block;
      return { ...objectOf(words(rest)), svg: chartSvg(chart), width, alt };
    }
    case 'list':
      return { kind: block.kind, ordered: block.ordered, items: block.items.map(inner) };
    case 'quote':
      return { kind: block.kind, blocks: inner(block.blocks) };
    case 'paper':
      return { ...objectOf(words({ ...block, blocks: [] })), blocks: inner(block.blocks) };
    case 'code':
      return { kind: block.kind, text: soften(printers.text(block.text), 92, true) };
    default:
      return objectOf(words(block));
  }
}

// Tokens are broken to the width a column has when all of them share the measure alike.
function typesetTable(block: TableBlock, printers: TextPrinters): DataObject {
  const tokenMax = Math.max(
    4,
    Math.floor(ROW_CHARS / Math.max(1, block.columns.length)) - CELL_PADDING,
  );
  const data = printed(block, (text) => soften(printers.text(text), tokenMax));
  return { ...objectOf(data), widths: columnWidths(block), whole: linesOf(block) <= WHOLE_LINES };
}

/** A table of so few lines is not broken over pages. */
const WHOLE_LINES = 14;

/** About how many lines the rows take, each by the cell that takes most. */
function linesOf(block: TableBlock): number {
  const width = ROW_CHARS / Math.max(1, block.columns.length);
  return block.rows.reduce((sum, row) => {
    const longest = Math.max(1, ...row.map(({ text }) => Math.ceil(text.length / (width * 1.6))));
    return sum + longest;
  }, 0);
}

const SHORT_TEXT = 14;
/** Characters of table text that fit side by side in the measure. */
const ROW_CHARS = 84;
const CELL_PADDING = 2;

/**
 * Null for a column that takes what it needs, else its share of the rest. Columns of long text share
 * the width by the square root of their length, so that one talkative column starves no other; where
 * the short columns alone would fill the row, all of them share.
 */
export function columnWidths(block: TableBlock): readonly (number | null)[] {
  const lengths = block.columns.map((column, index) => {
    const texts = block.rows.map((row) => row[index]?.text.length ?? 0);
    return Math.max(column.title.length, ...texts);
  });
  const natural = lengths.reduce((sum, length) => sum + length + CELL_PADDING, 0);
  if (natural <= ROW_CHARS && lengths.every((length) => length <= SHORT_TEXT * 2)) {
    return lengths.map(() => null);
  }
  const share = (length: number) => Math.round(Math.sqrt(length + 1) * 10);
  const short = lengths.filter((length) => length <= SHORT_TEXT);
  const shortWidth = short.reduce((sum, length) => sum + length + CELL_PADDING, 0);
  if (short.length === lengths.length || shortWidth > ROW_CHARS * 0.6) return lengths.map(share);
  return lengths.map((length) => (length <= SHORT_TEXT ? null : share(length)));
}

const DIGEST_KEYS: ReadonlySet<string> = new Set([
  'digest',
  'cite',
  'digests',
  'kind',
  'style',
  'align',
  'status',
  'signedAt',
  'claimedAt',
]);

/** Every string of a value made printable; digests and the names of our own variants are left alone. */
function printed(value: unknown, print: (text: string) => string, key = ''): Data {
  if (typeof value === 'string') return DIGEST_KEYS.has(key) ? value : print(value);
  if (Array.isArray(value)) return value.map((item: unknown) => printed(item, print, key));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, printed(item, print, name)]),
    );
  }
  return typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

function objectOf(data: Data): DataObject {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return {};
  return data as DataObject; // Array.isArray does not narrow readonly arrays away
}

function printedChart(chart: ChartSpec, print: (text: string) => string): ChartSpec {
  const kind = chart.kind;
  const data = printed(chart, print);
  return { ...(data as unknown as ChartSpec), kind } as ChartSpec;
}

/** Left to hyphenation, which breaks words where a reader expects it. */
const WORD = /^\p{P}*\p{L}{1,24}\p{P}*$/u;

/**
 * Marks places where tokens longer than `max` may be broken: after punctuation where there is some.
 * The marks leave no character in the page, so that a copied digest is the digest.
 */
export function soften(text: string, max: number, keepSpaces = false): string {
  const pattern = keepSpaces
    ? new RegExp(`[^\\n]{${max + 1},}`, 'gu')
    : new RegExp(`\\S{${max + 1},}`, 'gu');
  return text.replace(pattern, (token) => {
    if (WORD.test(token)) return token;
    const parts = token.split(/(?<=[/_.:,;=&?-])/u);
    return parts.map((part) => chunks(part, max).join(BREAK_MARK)).join(BREAK_MARK);
  });
}

function chunks(text: string, max: number): readonly string[] {
  const chars = [...text];
  const count = Math.ceil(chars.length / max);
  return Array.from({ length: count }, (_, index) =>
    chars.slice(index * max, (index + 1) * max).join(''),
  );
}
