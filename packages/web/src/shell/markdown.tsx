// SPDX-License-Identifier: Apache-2.0
import type { PhrasingContent, RootContent, Table } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmTableFromMarkdown } from 'mdast-util-gfm-table';
import { gfmTable } from 'micromark-extension-gfm-table';
import { Fragment, type ReactNode, useMemo } from 'react';

const DEPTH_MAX = 8;
const LENGTH_MAX = 200_000;

/**
 * Markdown that somebody wrote, as elements of this page: CommonMark with tables. HTML and whatever else is not listed is
 * shown as the characters that were written, images are not fetched, and a link leads where its text says or shows where:
 * nothing of it runs, loads or hides.
 */
export function Markdown({ text }: { readonly text: string }) {
  const nodes = useMemo(() => read(text), [text]);
  return (
    <div className="prose">{nodes.map((node, place) => block(node, { place, depth: 0 }))}</div>
  );
}

function read(text: string): readonly RootContent[] {
  return fromMarkdown(text.slice(0, LENGTH_MAX), {
    extensions: [gfmTable()],
    mdastExtensions: [gfmTableFromMarkdown()],
  }).children;
}

interface At {
  /** Among its siblings, which never change places: they are of one text. */
  readonly place: number;
  readonly depth: number;
}

function block(node: RootContent, at: At): ReactNode {
  const { place } = at;
  const inner = (children: readonly RootContent[]) =>
    children.map((child, index) => block(child, { place: index, depth: at.depth + 1 }));
  if (at.depth >= DEPTH_MAX) return <p key={place}>…</p>;
  switch (node.type) {
    case 'paragraph':
      return <p key={place}>{inlines(node.children)}</p>;
    case 'heading':
      return heading(node.depth, place, inlines(node.children));
    case 'blockquote':
      return <blockquote key={place}>{inner(node.children)}</blockquote>;
    case 'list':
      return node.ordered === true ? (
        <ol key={place} start={node.start ?? 1}>
          {inner(node.children)}
        </ol>
      ) : (
        <ul key={place}>{inner(node.children)}</ul>
      );
    case 'listItem':
      return <li key={place}>{inner(node.children)}</li>;
    case 'code':
      return (
        <pre key={place} className="bytes">
          {node.value}
        </pre>
      );
    case 'table':
      return <TableOf key={place} table={node} />;
    case 'thematicBreak':
      return <hr key={place} />;
    case 'html':
      return <p key={place}>{node.value}</p>;
    default:
      return null;
  }
}

/** Below the page's own headings. */
function heading(depth: number, place: number, children: ReactNode): ReactNode {
  return depth <= 2 ? <h3 key={place}>{children}</h3> : <h4 key={place}>{children}</h4>;
}

function inlines(nodes: readonly PhrasingContent[]): ReactNode {
  return nodes.map((node, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never change places
    <Fragment key={place}>{inline(node)}</Fragment>
  ));
}

function inline(node: PhrasingContent): ReactNode {
  switch (node.type) {
    case 'text':
      return node.value;
    case 'emphasis':
      return <em>{inlines(node.children)}</em>;
    case 'strong':
      return <strong>{inlines(node.children)}</strong>;
    case 'inlineCode':
      return <code>{node.value}</code>;
    case 'break':
      return <br />;
    case 'html':
      return node.value;
    case 'link':
      return <LinkOf url={node.url}>{inlines(node.children)}</LinkOf>;
    case 'image':
      return `[picture: ${node.alt ?? node.url}]`;
    default:
      return 'children' in node ? inlines(node.children as PhrasingContent[]) : null;
  }
}

/** The address stands beside the words wherever it leads away from this site; any other scheme is text. */
function LinkOf({ url, children }: { readonly url: string; readonly children: ReactNode }) {
  if (/^\/(?![/\\])/.test(url)) return <a href={url}>{children}</a>;
  if (!/^https?:\/\//i.test(url)) return <>{children}</>;
  return (
    <>
      <a href={url} rel="noopener noreferrer nofollow">
        {children}
      </a>{' '}
      <span className="small muted wrap">({url})</span>
    </>
  );
}

function TableOf({ table }: { readonly table: Table }) {
  const [head, ...rows] = table.children;
  return (
    <table className="grid">
      <thead>
        <tr>
          {head?.children.map((cell, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the cells of one text never change places
            <th key={place} scope="col">
              {inlines(cell.children)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          <tr key={place}>
            {row.children.map((cell, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: as above
              <td key={index}>{inlines(cell.children)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
