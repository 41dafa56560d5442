// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';

/** One fenced block of a guide. */
export interface GuideBlock {
  readonly section: string;
  readonly language: string;
  readonly lines: readonly string[];
}

/** The fenced blocks of a guide in docs/guides, in order, with the heading that each stands under. */
export function guideBlocks(name: string): readonly GuideBlock[] {
  const path = new URL(`../../../docs/guides/${name}`, import.meta.url);
  const blocks: GuideBlock[] = [];
  let section = '';
  let open: { readonly language: string; readonly lines: string[] } | undefined;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (open !== undefined && line === '```') {
      blocks.push({ section, ...open });
      open = undefined;
    } else if (open !== undefined) open.lines.push(line);
    else if (line.startsWith('```')) open = { language: line.slice(3), lines: [] };
    else if (line.startsWith('## ')) section = line.slice(3);
  }
  return blocks;
}

/** Words of a command line as a shell splits them, double quotes being the only ones that guides use. */
export function words(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}
