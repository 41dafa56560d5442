// SPDX-License-Identifier: Apache-2.0

import type { DocumentSignatureContent, GeneratedDocumentContent } from '../records/contents.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import type { JsonObject } from '../records/shape.ts';
import { asArray, asDigest, asNonEmpty, onlyKeys } from '../records/shape.ts';
import type { Draft } from './person-statement.ts';

/** Kind of a `generated-document` record that a person signed over issued bytes. */
export const DOCUMENT_SIGNATURE = 'document-signature';

/** The meaning that is signed unless the signer gives another. */
export const ISSUED = 'issued';

/** A document that was issued, and what it says of itself. */
export interface IssuedDocument {
  readonly record: CountedRecord;
  readonly content: GeneratedDocumentContent;
}

/** Documents that were issued, in log order; signatures over them are told apart. */
export function issuedDocuments(set: RecordSet): readonly IssuedDocument[] {
  return recordsOfType(set, 'generated-document').flatMap((record) => {
    const { kind, content } = record.statement.predicate;
    if (kind === DOCUMENT_SIGNATURE || !Array.isArray(content.rendered)) return [];
    // Only the platform can have signed it, and it writes this shape.
    return [{ record, content: content as unknown as GeneratedDocumentContent }];
  });
}

/** SHA-256 of every file of an issued document, in the order of its record. */
export function filesOfDocument({ content }: IssuedDocument): readonly string[] {
  return [...content.rendered, ...(content.attachments ?? [])].map(({ digest }) => digest);
}

/** The statement by which a person signs what was issued. */
export function documentSignatureDraft(
  issued: IssuedDocument,
  given: { readonly meaning: string; readonly printedName: string; readonly statement: string },
): Draft {
  const { scope, subjectRef } = issued.record.statement.predicate;
  const content: DocumentSignatureContent = {
    issued: issued.record.digest,
    document: issued.content.document,
    files: filesOfDocument(issued),
    ...given,
  };
  return {
    type: 'generated-document',
    kind: DOCUMENT_SIGNATURE,
    scope,
    subjectRef,
    subject: { name: 'generated-document', digest: { sha256: issued.record.digest } },
    source: [issued.record.digest],
    content,
  };
}

/** @throws KernelError `record_malformed` naming the member */
export function readDocumentSignature(content: JsonObject): DocumentSignatureContent {
  onlyKeys(
    content,
    ['issued', 'document', 'files', 'meaning', 'printedName', 'statement'],
    'content',
  );
  return {
    issued: asDigest(content.issued, 'content.issued'),
    document: asNonEmpty(content.document, 'content.document'),
    files: asArray(content.files, 'content.files', asDigest),
    meaning: asNonEmpty(content.meaning, 'content.meaning'),
    printedName: asNonEmpty(content.printedName, 'content.printedName'),
    statement: asNonEmpty(content.statement, 'content.statement'),
  };
}

/** A signature over an issued document that names all of its files and no other. */
export interface DocumentSignature {
  readonly record: CountedRecord;
  readonly content: DocumentSignatureContent;
}

/** Who signed an issued document, in log order. What names other bytes than were issued signs nothing. */
export function signaturesOf(set: RecordSet, issued: IssuedDocument): readonly DocumentSignature[] {
  const files = [...filesOfDocument(issued)].sort().join();
  return recordsOfType(set, 'generated-document').flatMap((record) => {
    const { kind, content } = record.statement.predicate;
    if (kind !== DOCUMENT_SIGNATURE || content.issued !== issued.record.digest) return [];
    const read = readable(content);
    return read === undefined || [...read.files].sort().join() !== files
      ? []
      : [{ record, content: read }];
  });
}

function readable(content: JsonObject): DocumentSignatureContent | undefined {
  try {
    return readDocumentSignature(content);
  } catch {
    return undefined; // what cannot be read signs nothing
  }
}
