// SPDX-License-Identifier: Apache-2.0
import { contentOf, type DossierRecord, factsBlock, fieldsOf, type Presenter } from './content.ts';

export function isAttachment({ statement }: DossierRecord): boolean {
  return statement.predicate.type === 'evidence-attachment';
}

/** What a person vouches for, and the digest of the file: the document does not repeat what is in it. */
export const presentAttachments: Presenter = (records) =>
  records.flatMap((record) => {
    const content = contentOf(record);
    const file = fieldsOf(content.file);
    return factsBlock(
      [
        ['Attached file', content.title],
        ['File', file.name],
        ['Bytes', file.size],
        ['SHA-256', file.digest],
        ['Made by', content.madeBy],
        ['Statement', content.statement],
        ['Valid until', content.expires],
        ['Vouched for by', record.statement.predicate.actor],
      ],
      record.digest,
    );
  });
