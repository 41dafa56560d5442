// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One fenced block of a guide. */
export interface GuideBlock {
  readonly section: string;
  readonly language: string;
  readonly lines: readonly string[];
}

/** The fenced blocks of a guide in docs/guides of a checkout, in order, with the heading that each stands under. */
export function guideBlocks(home: string, name: string): readonly GuideBlock[] {
  const blocks: GuideBlock[] = [];
  let section = '';
  let open: { readonly language: string; readonly lines: string[] } | undefined;
  for (const line of readFileSync(join(home, 'docs/guides', name), 'utf8').split('\n')) {
    if (open !== undefined && line === '```') {
      blocks.push({ section, ...open });
      open = undefined;
    } else if (open !== undefined) open.lines.push(line);
    else if (line.startsWith('```')) open = { language: line.slice(3), lines: [] };
    else if (line.startsWith('## ')) section = line.slice(3);
  }
  return blocks;
}

/** Headings of a guide that have a block, in order. */
export function guideSections(home: string, name: string): readonly string[] {
  return [...new Set(guideBlocks(home, name).map(({ section }) => section))];
}

/** Words of a command line as a shell splits them, double quotes being the only ones that guides use. */
export function words(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

/** Lines of a shell block, those that end with a backslash joined with the next. */
export function shellLines(lines: readonly string[]): readonly string[] {
  return lines
    .join('\n')
    .replaceAll(/\s*\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
