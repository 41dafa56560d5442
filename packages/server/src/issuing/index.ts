// SPDX-License-Identifier: Apache-2.0
export {
  type ChangedSection,
  changedSections,
  type EvidenceChange,
  type PrintedSections,
} from './changed-sections.ts';
export type {
  CompiledDocument,
  DocumentAttachment,
  DocumentKind,
  DocumentParams,
  DocumentRequest,
  FirmFacts,
} from './document-kind.ts';
export { compileRequest, documentKind } from './document-kinds.ts';
export { documentRequest } from './document-request.ts';
export { decodeFirmLog, encodeFirmLog } from './firm-log.ts';
export { type PreparedDocument, prepareDocument } from './issue-document.ts';
export { type IssuedFilter, type IssuedView, issuedView } from './issued-view.ts';
export { type SampleFile, sampleDocuments, sampleDocumentsOf, samplesOf } from './samples.ts';
