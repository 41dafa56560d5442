// SPDX-License-Identifier: Apache-2.0
import type { Json, RecordSet, Scope, SubjectRef } from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import type { DocumentModel } from '../dossier/index.ts';

/** What somebody asks to have compiled. Which members a kind needs is the kind's to say. */
export interface DocumentParams {
  /** As the catalogue calls it: `doc/model-development`. */
  readonly document: string;
  readonly model?: string | undefined;
  readonly version?: number | undefined;
  readonly use?: string | undefined;
  /** The pack whose outline is meant. */
  readonly framework?: string | undefined;
  /** Digest of an envelope. */
  readonly envelope?: string | undefined;
  /** A period: from, and up to but not including; UTC with milliseconds. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly decision?: string | undefined;
}

/** What every document says of the firm and of the moment it tells. */
export interface FirmFacts {
  readonly firm: string;
  readonly demonstration: boolean;
  /** Time of the last record that the document could know; no clock is read. */
  readonly asOf: string;
  readonly asOfIndex: number;
  /** Printed names by account, as people signed them. */
  readonly people: ReadonlyMap<string, string>;
}

export interface DocumentRequest {
  readonly workspace: string;
  /** As the log stood at `facts.asOf`: records, policies, packs and keys of later are not in it. */
  readonly set: RecordSet;
  readonly facts: FirmFacts;
  readonly params: DocumentParams;
  /** What `gather` of the kind brought from stores beside the log. */
  readonly gathered?: Json | undefined;
}

/** A file that belongs to a document and is no edition of it, such as OSCAL or CycloneDX. */
export interface DocumentAttachment {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export interface CompiledDocument {
  readonly model: DocumentModel;
  /** Outline and its version: `sr-26-2@1.0.0`. */
  readonly template: string;
  /** Records that it was compiled by: a pack, an envelope. */
  readonly sources: readonly string[];
  /** What the document is about. */
  readonly scope: Scope;
  readonly subjectRef: SubjectRef;
  readonly attachments?: readonly DocumentAttachment[];
}

/**
 * One kind of document. `compile` is pure: the same records and params give the same model. Add a kind in a file of its
 * own and list it in document-kinds.ts; a document that a pack outlines needs none.
 */
export interface DocumentKind {
  /** Ids that ask for it. */
  readonly ids: readonly string[];
  /** @throws ServerError `document_unknown`, `version_unknown`, `job_invalid` for a param that it needs */
  readonly compile: (request: DocumentRequest) => CompiledDocument;
  /** Reads what is no record, such as single decisions; the compiler prints it by its digests. */
  readonly gather?: (context: ServerContext, request: DocumentRequest) => Promise<Json>;
}
