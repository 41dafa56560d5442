// SPDX-License-Identifier: Apache-2.0
import type { Block } from '../document.ts';
import { markdownBlocks } from '../markdown.ts';
import {
  contentOf,
  type DossierRecord,
  factsBlock,
  fieldsOf,
  labelOf,
  rowsOf,
  textOf,
} from './content.ts';

/** True for a human paper: a signed form with the text its author wrote. */
export function isPaper(record: DossierRecord): boolean {
  const content = contentOf(record);
  return Array.isArray(content.sections) && textOf(content.author) !== undefined;
}

/** Prints a paper as its author wrote it, under the author's name and the time of signing. */
export function presentPaper(record: DossierRecord): readonly Block[] {
  const content = contentOf(record);
  const { predicate } = record.statement;
  const blocks = rowsOf(content.sections).flatMap((section): readonly Block[] => {
    const heading = textOf(section.heading) ?? '';
    const text = markdownBlocks(textOf(section.markdown) ?? '');
    const repeated = heading === '' || heading === textOf(content.title);
    return repeated ? text : [{ kind: 'heading', level: 2, text: heading }, ...text];
  });
  const facts = Object.entries(fieldsOf(content.facts));
  return [
    ...factsBlock(
      facts.map(([key, value]) => [labelOf(key), value]),
      record.digest,
    ),
    {
      kind: 'paper',
      title: textOf(content.title) ?? labelOf(predicate.type),
      author: textOf(content.author) ?? predicate.actor,
      signedAt: predicate.claimedAt,
      blocks,
      cite: record.digest,
    },
  ];
}
