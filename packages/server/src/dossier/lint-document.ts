// SPDX-License-Identifier: Apache-2.0
import { chartAlt } from './charts.ts';
import type { Block, Cell, DocumentModel, FigureBlock, Inline, TableBlock } from './document.ts';
import { sectionLabel } from './document.ts';

/** What a checklist item of docs/document-checklist.md finds wrong, and where. */
export interface DocumentFault {
  readonly rule: LintRule;
  /** `section 5, table “Snapshots”`. */
  readonly where: string;
  readonly what: string;
}

export type LintRule =
  | 'long-number'
  | 'long-hex'
  | 'raw-time'
  | 'raw-id'
  | 'program-word'
  | 'dump'
  | 'empty-section'
  | 'heading-alone'
  | 'untitled'
  | 'unlabelled-axis'
  | 'no-alternative-text'
  | 'empty-column'
  | 'ragged-table'
  | 'wide-table'
  | 'no-record';

/** More columns than this do not fit side by side in the measure of a page. */
const COLUMNS_MAX = 9;
/** More text than this in one cell is a dump. */
const CELL_MAX = 900;
const ALT_MIN = 20;

const WRONG_TEXT: readonly (readonly [LintRule, RegExp])[] = [
  ['long-number', /(?<![\w.-])-?\d+\.\d{7,}|(?<![\w.,-])\d{11,}(?![\w.-])|\d\.\d+e[+-]?\d/i],
  ['long-hex', /(?<![0-9a-z])[0-9a-f]{32,}(?![0-9a-z])/],
  ['raw-time', /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/],
  ['program-word', /\bundefined\b(?=$|,|;)|\[object |\bNaN\b/],
  ['dump', /(?:[^;:]{1,60}: [^;]{1,80}; ){8,}|\{"/],
];

/**
 * Holds a document against what of the checklist a program can see. Words of signed papers are their author's and code is
 * code: neither is judged. Pure; empty when nothing is wrong.
 */
export function lintDocument(model: DocumentModel): readonly DocumentFault[] {
  return [
    ...lintBlocks(model.summary, 'summary', false),
    ...model.sections.flatMap((section) => {
      const where = `section ${sectionLabel(section)}`;
      const says = section.blocks.some(({ kind }) => kind !== 'heading');
      const empty: readonly DocumentFault[] = says
        ? []
        : [{ rule: 'empty-section', where, what: section.title }];
      // What is counted over a section's records is told by the list of them at its head.
      const isListed = section.evidence.some(({ digests }) => digests.length > 0);
      return [...empty, ...lintBlocks(section.blocks, where, !isListed)];
    }),
  ];
}

function lintBlocks(
  blocks: readonly Block[],
  where: string,
  mustCite: boolean,
): readonly DocumentFault[] {
  return blocks.flatMap((block, index) => [
    ...lintBlock(block, where),
    ...(mustCite ? lintRecord(block, where) : []),
    ...lintHeading(block, blocks[index + 1], where),
  ]);
}

function lintBlock(block: Block, where: string): readonly DocumentFault[] {
  switch (block.kind) {
    case 'paragraph':
    case 'notice':
      return lintInlines(block.text, where);
    case 'facts':
      return block.rows.flatMap(({ label, value }) => [
        ...lintText(label, `${where}, facts`),
        ...lintInlines(value, `${where}, “${label}”`),
      ]);
    case 'table':
      return lintTable(block, `${where}, table “${block.caption ?? ''}”`);
    case 'figure':
      return lintFigure(block, `${where}, figure “${block.caption}”`);
    case 'list':
      return block.items.flatMap((item) => lintBlocks(item, where, false));
    case 'heading':
      return block.text.trim() === '' ? [{ rule: 'untitled', where, what: 'a heading' }] : [];
    default:
      return [];
  }
}

/** Whatever shows figures says which record they are from. */
function lintRecord(block: Block, where: string): readonly DocumentFault[] {
  if (block.kind === 'figure' || block.kind === 'facts')
    return block.cite === undefined ? [{ rule: 'no-record', where, what: block.kind }] : [];
  if (block.kind !== 'table' || block.cite !== undefined) return [];
  const isCited = block.rows.every((row) => row.some(({ cite }) => cite !== undefined));
  return isCited ? [] : [{ rule: 'no-record', where, what: `table “${block.caption ?? ''}”` }];
}

function lintHeading(
  block: Block,
  next: Block | undefined,
  where: string,
): readonly DocumentFault[] {
  if (block.kind !== 'heading') return [];
  const isAlone = next === undefined || (next.kind === 'heading' && next.level <= block.level);
  return isAlone ? [{ rule: 'heading-alone', where, what: block.text }] : [];
}

function lintInlines(parts: readonly Inline[], where: string): readonly DocumentFault[] {
  return parts.flatMap((part) =>
    part.kind === 'text' && part.style !== 'code' ? lintText(part.text, where) : [],
  );
}

function lintText(text: string, where: string): readonly DocumentFault[] {
  return WRONG_TEXT.flatMap(([rule, pattern]) => {
    const found = pattern.exec(text);
    return found === null ? [] : [{ rule, where, what: found[0].slice(0, 80) }];
  });
}

function lintTable(table: TableBlock, where: string): readonly DocumentFault[] {
  const faults: DocumentFault[] = [];
  const count = table.columns.length;
  if (count > COLUMNS_MAX) faults.push({ rule: 'wide-table', where, what: `${count} columns` });
  if (table.caption?.trim() === '') faults.push({ rule: 'untitled', where, what: 'its caption' });
  for (const [index, { title }] of table.columns.entries()) {
    if (title.trim() === '') faults.push({ rule: 'untitled', where, what: `column ${index + 1}` });
    const isEmpty = table.rows.every((row) => isBlank(row[index]));
    if (isEmpty) faults.push({ rule: 'empty-column', where, what: title });
    if (title === 'Metric') faults.push(...lintMetrics(table, index, where));
  }
  if (table.rows.length === 0 || table.rows.some((row) => row.length !== count))
    faults.push({ rule: 'ragged-table', where, what: `${table.rows.length} rows` });
  return [...faults, ...table.rows.flat().flatMap((cell) => lintCell(cell, where))];
}

function isBlank(cell: Cell | undefined): boolean {
  return cell === undefined || (cell.text.trim() === '' && cell.cite === undefined);
}

/** Metrics have names; `auc` and `approval_ratio` are what the plan calls them. */
function lintMetrics(table: TableBlock, index: number, where: string): readonly DocumentFault[] {
  return table.rows.flatMap((row) => {
    const text = row[index]?.text ?? '';
    return /^[a-z0-9]+(_[a-z0-9]+)*$/.test(text)
      ? [{ rule: 'raw-id' as const, where, what: text }]
      : [];
  });
}

function lintCell(cell: Cell, where: string): readonly DocumentFault[] {
  if (cell.style === 'code') return [];
  if (cell.text.length > CELL_MAX)
    return [{ rule: 'dump', where, what: `${cell.text.slice(0, 60)}…` }];
  return lintText(cell.text, where);
}

function lintFigure({ chart, caption }: FigureBlock, where: string): readonly DocumentFault[] {
  const faults: DocumentFault[] = [];
  if (caption.trim() === '') faults.push({ rule: 'untitled', where, what: 'its caption' });
  const axes = [
    ...('axis' in chart ? [chart.axis] : []),
    ...('x' in chart ? [chart.x.title, chart.y.title] : []),
  ];
  if (axes.some((axis) => axis.trim() === ''))
    faults.push({ rule: 'unlabelled-axis', where, what: chart.kind });
  if (chartAlt(chart).length < ALT_MIN)
    faults.push({ rule: 'no-alternative-text', where, what: chart.kind });
  return faults;
}
