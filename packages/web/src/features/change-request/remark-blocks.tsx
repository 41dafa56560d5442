// SPDX-License-Identifier: Apache-2.0
import type { RemarkBlock, RemarkInline } from '@countersign/contract';
import type { ReactNode } from 'react';

/** A remark as the server read its Markdown: blocks of plain text, of which nothing is read as markup again. */
export function RemarkBlocks({ blocks }: { readonly blocks: readonly RemarkBlock[] }) {
  return <div className="prose">{blocksOf(blocks)}</div>;
}

function blocksOf(blocks: readonly RemarkBlock[]): ReactNode {
  // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never change places
  return blocks.map((block, place) => <Block key={place} block={block} />);
}

function Block({ block }: { readonly block: RemarkBlock }) {
  switch (block.kind) {
    case 'paragraph':
      return <p>{inlines(block.text)}</p>;
    case 'heading':
      return block.level === 2 ? <h4>{block.text}</h4> : <h5>{block.text}</h5>;
    case 'quote':
      return <blockquote>{blocksOf(block.blocks)}</blockquote>;
    case 'code':
      return <pre className="bytes">{block.text}</pre>;
    case 'list':
      return block.ordered ? <ol>{items(block.items)}</ol> : <ul>{items(block.items)}</ul>;
    case 'table':
      return (
        <table className="grid">
          <thead>
            <tr>{cells(block.columns, 'th')}</tr>
          </thead>
          <tbody>
            {block.rows.map((row, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: as above
              <tr key={place}>{cells(row, 'td')}</tr>
            ))}
          </tbody>
        </table>
      );
  }
}

function items(all: readonly (readonly RemarkBlock[])[]): ReactNode {
  // biome-ignore lint/suspicious/noArrayIndexKey: as above
  return all.map((item, place) => <li key={place}>{blocksOf(item)}</li>);
}

function cells(all: readonly string[], Cell: 'th' | 'td'): ReactNode {
  // biome-ignore lint/suspicious/noArrayIndexKey: as above
  return all.map((cell, place) => <Cell key={place}>{cell}</Cell>);
}

function inlines(all: readonly RemarkInline[]): ReactNode {
  // biome-ignore lint/suspicious/noArrayIndexKey: as above
  return all.map((one, place) => <Inline key={place} inline={one} />);
}

function Inline({ inline }: { readonly inline: RemarkInline }) {
  if (inline.kind === 'break') return <br />;
  switch (inline.style) {
    case 'strong':
      return <strong>{inline.text}</strong>;
    case 'emphasis':
      return <em>{inline.text}</em>;
    case 'code':
      return <code>{inline.text}</code>;
    default:
      return <>{inline.text}</>;
  }
}
