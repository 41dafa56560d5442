// SPDX-License-Identifier: Apache-2.0
import {
  DOCUMENT_SIGNATURE,
  filesOfDocument,
  issuedDocuments,
  readDocumentSignature,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { type Arrival, including, refused } from './arrival.ts';

/**
 * A person signs what was issued, all of it: the document's record and every file that it names.
 * @throws ServerError `record_refused`; KernelError `record_malformed`
 */
export async function checkDocumentSignature(
  context: ServerContext,
  { record }: Arrival,
): Promise<void> {
  const { kind, content, subjectRef } = record.statement.predicate;
  if (kind !== DOCUMENT_SIGNATURE) {
    const what = 'documents are issued by the platform; persons sign what was issued';
    throw refused(record, what, 'predicate.kind');
  }
  const signed = readDocumentSignature(content);
  const set = await including(context, record, [signed.issued]);
  const issued = issuedDocuments(set).find((one) => one.record.digest === signed.issued);
  if (issued === undefined) {
    const what = `${signed.issued.slice(0, 12)} is no document that was issued`;
    throw refused(record, what, 'content.issued');
  }
  const files = filesOfDocument(issued);
  if (files.length !== signed.files.length || files.some((file) => !signed.files.includes(file)))
    throw refused(record, 'it names other files than were issued', 'content.files');
  const about = issued.record.statement.predicate.subjectRef;
  if (about.model !== subjectRef.model || about.version !== subjectRef.version)
    throw refused(record, 'the document is about something else', 'predicate.subjectRef');
}
