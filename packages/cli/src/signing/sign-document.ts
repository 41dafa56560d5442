// SPDX-License-Identifier: Apache-2.0
import { identityRoutes } from '@countersign/contract';
import {
  documentSignatureDraft,
  filesOfDocument,
  ISSUED,
  issuedDocuments,
  subjectText,
} from '@countersign/kernel';
import { verifiedBundle } from '../client/verified-records.ts';
import { CliError } from '../errors.ts';
import { short } from '../output/table.ts';
import type { Session } from '../session.ts';
import { fetchBlob } from '../trace/replay.ts';
import { type Recorded, signOne } from './sign-and-record.ts';

/**
 * Signs every file of an issued document with the person's key. Its record is verified against the founding record
 * first, and each file is fetched and checked, so nobody signs bytes that are not to be had.
 * @throws CliError `not_found` for a record that is no issued document, `record_unverified`
 */
export async function signDocument(
  session: Session,
  digest: string,
  words: { readonly meaning?: string | undefined; readonly statement?: string | undefined },
): Promise<Recorded> {
  const { set } = await verifiedBundle(session, digest);
  const issued = issuedDocuments(set).find(({ record }) => record.digest === digest);
  if (issued === undefined) {
    throw new CliError('not_found', `record \`${short(digest)}\` is no document that was issued`);
  }
  for (const file of filesOfDocument(issued)) await fetchBlob(session, file);
  const { name } = await session.client().call(identityRoutes.me);
  const meaning = words.meaning ?? ISSUED;
  const about = subjectText(issued.record.statement.predicate.subjectRef);
  const statement = words.statement ?? `I sign ${issued.content.title} of ${about}: ${meaning}.`;
  return signOne(
    session,
    documentSignatureDraft(issued, { meaning, printedName: name, statement }),
  );
}
