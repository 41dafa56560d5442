// SPDX-License-Identifier: Apache-2.0
import type { PaperContent } from '../records/contents.ts';
import type { RecordType } from '../records/record-type.ts';
import type { Scope, SubjectRef } from '../records/statement.ts';
import type { Draft } from './person-statement.ts';

/** What a human paper is about, beside what stands in it. */
export interface PaperFrame {
  readonly evidence: RecordType;
  readonly kind?: string | undefined;
  readonly scope: Scope;
  readonly subjectRef: SubjectRef;
  /** The paper in force about the same. */
  readonly supersedes?: string | undefined;
}

/** The record of a paper. Its Markdown is in the blob store under `content.text.digest`. */
export function paperRecord(
  frame: PaperFrame,
  content: PaperContent,
  more: { readonly content?: object; readonly source?: readonly string[] } = {},
): Draft {
  const { evidence, kind, scope, subjectRef, supersedes } = frame;
  return {
    type: evidence,
    ...(kind === undefined ? {} : { kind }),
    scope,
    subjectRef,
    ...(more.source === undefined ? {} : { source: more.source }),
    blobs: [content.text.digest],
    ...(supersedes === undefined ? {} : { supersedes }),
    content: { ...content, ...more.content },
  };
}

export interface PaperHead {
  readonly evidence: RecordType;
  readonly kind?: string | undefined;
  readonly scope: Scope;
  readonly dataset?: string | undefined;
  readonly title: string;
  /** Account of the author, who signs. */
  readonly author: string;
  readonly expires?: string | undefined;
  readonly facts?: Readonly<Record<string, string>> | undefined;
}

/** A paper as the file that `countersign sign` reads: front matter, then the Markdown. */
export function paperText(head: PaperHead, body: string): string {
  const { facts = {}, ...own } = head;
  const members = Object.entries({ ...own, ...facts })
    .filter((one): one is [string, string] => one[1] !== undefined)
    .map(([name, value]) => `${name}: ${yamlText(value)}\n`);
  return `---\n${members.join('')}---\n\n${body.trim()}\n`;
}

/** A text as a YAML scalar: plain where no reader could take it for something else, else as JSON, which YAML contains. */
function yamlText(value: string): string {
  const isPlain = /^[A-Za-z][A-Za-z0-9 ._-]*[A-Za-z0-9]$/.test(value);
  return isPlain && !/^(?:true|false|null|yes|no|on|off)$/i.test(value)
    ? value
    : JSON.stringify(value);
}

export type PaperSections =
  | { readonly ok: true; readonly sections: PaperContent['sections'] }
  /** `line` counts from 1 in the body. */
  | { readonly ok: false; readonly problem: string; readonly line: number };

/** A body by `## Heading`; what stands inside a code fence is no heading. */
export function paperSections(body: string): PaperSections {
  const sections: { heading: string; lines: string[] }[] = [];
  let isFenced = false;
  for (const [index, line] of body.split('\n').entries()) {
    if (/^(```|~~~)/.test(line)) isFenced = !isFenced;
    const heading = isFenced ? undefined : /^## +(.+?)\s*$/.exec(line)?.[1];
    if (heading !== undefined) {
      if (sections.some((one) => one.heading === heading)) {
        const problem = `the heading \`${heading}\` stands twice`;
        return { ok: false, problem, line: index + 1 };
      }
      sections.push({ heading, lines: [] });
    } else sections.at(-1)?.lines.push(line);
  }
  if (sections.length === 0)
    return { ok: false, problem: 'the paper has no `## Heading`', line: 1 };
  return {
    ok: true,
    sections: sections.map(({ heading, lines }) => ({
      heading,
      markdown: lines.join('\n').trim(),
    })),
  };
}
