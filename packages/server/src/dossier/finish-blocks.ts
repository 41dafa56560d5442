// SPDX-License-Identifier: Apache-2.0
import type { Block, Cell, Inline, TableBlock } from './document.ts';
import { shownNumber } from './shown-number.ts';

/** What is known beside the blocks while they are made fit to read. */
export interface Finish {
  /** Printed names by account, as people signed them. */
  readonly people: ReadonlyMap<string, string>;
}

export interface Finished {
  readonly blocks: readonly Block[];
  /** Digests that stand short in the text, ascending: their whole is printed at the end. */
  readonly digests: readonly string[];
}

/**
 * Makes what presenters took from records fit to read: people by name, numbers in digits that a reader can use, digests
 * short, columns without any entry left out. The recorded text stays with the cell as `exact`. Signed papers are
 * printed as they were written and are not touched.
 */
export function finishBlocks(blocks: readonly Block[], finish: Finish): Finished {
  const digests = new Set<string>();
  const text = (value: string): Shown => shown(value, finish, digests);
  const done = blocks.map((block) => finishBlock(block, text));
  return { blocks: done, digests: [...digests].sort() };
}

interface Shown {
  readonly text: string;
  readonly exact?: string;
}

type Show = (value: string) => Shown;

function finishBlock(block: Block, show: Show): Block {
  const inner = (list: readonly Block[]) => list.map((item) => finishBlock(item, show));
  switch (block.kind) {
    case 'paragraph':
    case 'notice':
      return { ...block, text: block.text.map((part) => finishInline(part, show)) };
    case 'facts':
      return {
        ...block,
        rows: block.rows.map(({ label, value }) => ({
          label,
          value: value.map((part) => finishInline(part, show)),
        })),
      };
    case 'table':
      return finishTable(block, show);
    case 'list':
      return { ...block, items: block.items.map(inner) };
    case 'paper':
      return { ...block, author: show(block.author).text };
    default:
      return block;
  }
}

function finishInline(part: Inline, show: Show): Inline {
  return part.kind === 'text' ? { ...part, ...show(part.text) } : part;
}

function finishTable(block: TableBlock, show: Show): TableBlock {
  const rows = block.rows.map((row) => row.map((cell) => finishCell(cell, show)));
  const isUsed = block.columns.map((_, index) =>
    rows.some((row) => row[index]?.text !== '' || row[index]?.cite !== undefined),
  );
  return {
    ...block,
    columns: block.columns.filter((_, index) => isUsed[index]),
    rows: rows.map((row) => row.filter((_, index) => isUsed[index])),
  };
}

function finishCell(cell: Cell, show: Show): Cell {
  return cell.exact === undefined ? { ...cell, ...show(cell.text) } : cell;
}

/** Hex digits of a digest in the text: enough to compare by eye, and the whole stands at the end. */
const DIGEST_SHOWN = 12;

function shown(value: string, { people }: Finish, digests: Set<string>): Shown {
  const person = personName(value, people);
  if (person !== value) return { text: person, exact: value };
  const short = shortDigests(shortNumbers(value), digests);
  return short === value ? { text: value } : { text: short, exact: value };
}

const DIGEST = /(?<![0-9a-z])[0-9a-f]{64}(?![0-9a-z])/g;

function shortDigests(text: string, digests: Set<string>): string {
  return text.replace(DIGEST, (digest) => {
    digests.add(digest);
    return `${digest.slice(0, DIGEST_SHOWN)}…`;
  });
}

/** A service by what it is, a person by the name they sign with; an account that signed no name stays as it is. */
export function personName(account: string, people: ReadonlyMap<string, string>): string {
  if (account === 'service:platform') return 'the platform';
  const name = people.get(account);
  return name === undefined ? account : `${name} (${account})`;
}

/** Decimals with more digits than anybody measures: `0.0362659929683` within a sentence too. */
const LONG_DECIMAL =
  /(?<![\w.-])-?\d+\.\d{6,}(?:e[+-]?\d+)?(?![\w.])|(?<![\w.-])-?\d+\.\d{6,}(?:e[+-]?\d+)?(?=\.(?:\s|$))/gi;

function shortNumbers(text: string): string {
  return text.replace(LONG_DECIMAL, (number) => shownNumber(Number(number)));
}
