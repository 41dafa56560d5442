// SPDX-License-Identifier: Apache-2.0
import type { EvidenceStatus } from '@countersign/kernel';
import type { ChartSpec } from './charts.ts';

/** SHA-256 of a record's payload, lower-case hex. */
export type RecordDigest = string;

/** A run of text. `cite` prints a record's short digest and leads to its full one; `section` leads to one. */
export type Inline =
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly style?: InlineStyle;
      /** As recorded, where `text` shows less. */
      readonly exact?: string;
    }
  | { readonly kind: 'cite'; readonly digest: RecordDigest }
  | { readonly kind: 'section'; readonly number: number }
  | { readonly kind: 'break' };
export type InlineStyle = 'strong' | 'emphasis' | 'code';

/** A table cell. `exact` is the value as recorded where `text` shows fewer digits. */
export interface Cell {
  readonly text: string;
  readonly exact?: string;
  readonly style?: InlineStyle;
  readonly cite?: RecordDigest;
}

export interface TableColumn {
  readonly title: string;
  readonly align: 'left' | 'right' | 'center';
}

/** A part of a section. Everything is plain text: nothing in it is ever read as markup again. */
export type Block =
  | { readonly kind: 'paragraph'; readonly text: readonly Inline[] }
  | { readonly kind: 'heading'; readonly level: 2 | 3; readonly text: string }
  | {
      readonly kind: 'list';
      readonly ordered: boolean;
      readonly items: readonly (readonly Block[])[];
    }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  | { readonly kind: 'code'; readonly text: string }
  | TableBlock
  | FigureBlock
  | FactsBlock
  | PaperBlock
  | GapBlock
  | NoticeBlock;

export interface TableBlock {
  readonly kind: 'table';
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly Cell[])[];
  /** Absent: a table inside a signed paper, which has no caption of ours. */
  readonly caption?: string;
  readonly cite?: RecordDigest;
}

export interface FigureBlock {
  readonly kind: 'figure';
  readonly chart: ChartSpec;
  readonly caption: string;
  readonly cite?: RecordDigest;
}

/** Labels with values; `cite` is the record that all of them were read from. */
export interface FactsBlock {
  readonly kind: 'facts';
  readonly rows: readonly { readonly label: string; readonly value: readonly Inline[] }[];
  readonly cite?: RecordDigest;
}

/** Human text, printed from the signed form of a named person and never edited. */
export interface PaperBlock {
  readonly kind: 'paper';
  readonly title: string;
  readonly author: string;
  /** Claimed time, ISO UTC. */
  readonly signedAt: string;
  readonly blocks: readonly Block[];
  readonly cite: RecordDigest;
}

/** Evidence that a clause or the outline asks for and nobody supplied. */
export interface GapBlock {
  readonly kind: 'gap';
  readonly evidence: string;
  readonly evidenceKind?: string;
  readonly status: EvidenceStatus;
  /** Clauses that ask for it; empty when only the document's outline does. */
  readonly clauses: readonly string[];
  readonly why: string;
}

/** `stale`: evidence changed since signing. `note`: what a reader must know beside the evidence. */
export interface NoticeBlock {
  readonly kind: 'notice';
  readonly tone: 'stale' | 'note';
  readonly text: readonly Inline[];
}

export interface SectionEvidence {
  readonly id: string;
  readonly status: EvidenceStatus;
  readonly digests: readonly RecordDigest[];
}

export interface DocumentSection {
  /** From 1, each once: what cross-references lead to. */
  readonly number: number;
  /** Printed in place of the number where the outline has its own, such as `2a`. */
  readonly label?: string;
  readonly title: string;
  readonly evidence: readonly SectionEvidence[];
  readonly blocks: readonly Block[];
}

/** One record that the document was compiled from. */
export interface DocumentSource {
  readonly digest: RecordDigest;
  readonly type: string;
  readonly actor: string;
  readonly claimedAt: string;
}

/**
 * A document as data: what PDF, HTML and JSON are all rendered from. Same records and same
 * compiler, same model; same model and same renderer, same bytes.
 */
export interface DocumentModel {
  readonly v: 1;
  /** As the pack names it: `doc/model-development`. */
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  /** Printed small above the title, such as the firm. */
  readonly kicker?: string;
  /** Printed in the header of every page. */
  readonly shortTitle: string;
  /** ISO UTC; also the date of the PDF, so that no clock is read while rendering. */
  readonly asOf: string;
  /** Printed on every page, such as the mark of demonstration mode. */
  readonly stamp?: string;
  readonly meta: readonly { readonly label: string; readonly value: readonly Inline[] }[];
  /** What a reader should see first: counts of gaps, notes of the pack. */
  readonly summary: readonly Block[];
  readonly sections: readonly DocumentSection[];
  readonly sources: readonly DocumentSource[];
  /** Digests that printed records name and that are not printed themselves, ascending. */
  readonly references: readonly RecordDigest[];
  /** Digests of bytes that stand short in the text, ascending: the appendix gives them whole. */
  readonly digests?: readonly string[];
  /** SHA-256 over the sorted digests of `sources`: the same in PDF, HTML and JSON. */
  readonly evidenceSetDigest: string;
}

/** How a section is called in print. */
export function sectionLabel(section: Pick<DocumentSection, 'number' | 'label'>): string {
  return section.label ?? String(section.number);
}

/** Plain text as one inline. */
export function plain(text: string, style?: InlineStyle): Inline {
  return style === undefined ? { kind: 'text', text } : { kind: 'text', text, style };
}

export function cite(digest: RecordDigest): Inline {
  return { kind: 'cite', digest };
}

export function paragraph(...parts: readonly (string | Inline)[]): Block {
  const text = parts.map((part) => (typeof part === 'string' ? plain(part) : part));
  return { kind: 'paragraph', text };
}

/** Every digest that blocks cite, in the order of reading; repeats included. */
export function citationsOf(blocks: readonly Block[]): readonly RecordDigest[] {
  return blocks.flatMap(citationsOfBlock);
}

function citationsOfBlock(block: Block): readonly RecordDigest[] {
  const own = 'cite' in block && block.cite !== undefined ? [block.cite] : [];
  switch (block.kind) {
    case 'paragraph':
    case 'notice':
      return citationsOfText(block.text);
    case 'facts':
      return [...own, ...block.rows.flatMap(({ value }) => citationsOfText(value))];
    case 'table':
      return [...own, ...block.rows.flat().flatMap((cell) => cell.cite ?? [])];
    case 'list':
      return block.items.flatMap(citationsOf);
    case 'quote':
    case 'paper':
      return [...own, ...citationsOf(block.blocks)];
    default:
      return own;
  }
}

function citationsOfText(text: readonly Inline[]): readonly RecordDigest[] {
  return text.flatMap((part) => (part.kind === 'cite' ? [part.digest] : []));
}

/** Every digest that stands in the appendix. */
export function digestsOf(
  model: Pick<DocumentModel, 'sources' | 'references'>,
): readonly RecordDigest[] {
  return [...model.sources.map(({ digest }) => digest), ...model.references];
}

/** Hex digits that tell the document's records apart: eight, or more where eight collide. */
export function shortDigestLength(digests: readonly RecordDigest[]): number {
  const all = [...new Set(digests)];
  for (let length = 8; length < 64; length += 4) {
    if (new Set(all.map((digest) => digest.slice(0, length))).size === all.length) return length;
  }
  return 64;
}
