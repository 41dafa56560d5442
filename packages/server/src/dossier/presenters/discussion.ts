// SPDX-License-Identifier: Apache-2.0
import { type RemarkContent, readRemark } from '@countersign/kernel';
import { type Block, cite, paragraph } from '../document.ts';
import { markdownBlocks } from '../markdown.ts';
import { contentOf, type DossierRecord, shownTime } from './content.ts';

const ACTS: { readonly [act in RemarkContent['act']]: string } = {
  remark: 'writes',
  question: 'asks',
  answer: 'answers',
  resolve: 'calls it resolved',
  reopen: 'opens it again',
  block: 'marks it as blocking',
};

/** What people wrote on one change request, in log order, each in their own words and with its record. */
export function discussionBlocks(
  request: DossierRecord,
  records: readonly DossierRecord[],
): readonly Block[] {
  const remarks = records.flatMap((record) => {
    const content = readable(record);
    return content?.changeRequest === request.digest ? [{ record, content }] : [];
  });
  if (remarks.length === 0) return [];
  const said = remarks.flatMap(({ record, content }): readonly Block[] => {
    const { actor } = record.statement.predicate;
    const how = content.onBehalfOf === undefined ? '' : ', attested by the platform';
    const head = `${actor} ${ACTS[content.act]} (${shownTime(record.loggedAt)}${how}) `;
    const words = markdownBlocks(content.text);
    return [
      paragraph(head, cite(record.digest)),
      ...(words.length === 0 ? [] : [{ kind: 'quote', blocks: words } as const]),
    ];
  });
  return [{ kind: 'heading', level: 3, text: 'Discussion' }, ...said];
}

export function isRemark({ statement }: DossierRecord): boolean {
  return statement.predicate.type === 'change-remark';
}

function readable(record: DossierRecord): RemarkContent | undefined {
  try {
    return readRemark(contentOf(record));
  } catch {
    return undefined; // what cannot be read says nothing
  }
}
