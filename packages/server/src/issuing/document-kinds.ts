// SPDX-License-Identifier: Apache-2.0
import type { CompiledDocument, DocumentKind, DocumentRequest } from './document-kind.ts';
import { CHANGE_POPULATION } from './kinds/change-population.ts';
import { CLAUSE_MATRIX } from './kinds/clause-matrix.ts';
import { MODEL_CARD } from './kinds/model-card.ts';
import { MODEL_INVENTORY } from './kinds/model-inventory.ts';
import { OSCAL_EVIDENCE } from './kinds/oscal-evidence.ts';
import { REPRODUCTION_CERTIFICATE } from './kinds/reproduction-certificate.ts';
import { PACK_DOCUMENT } from './pack-document.ts';
import { PCCP_DOCUMENT } from './pccp-document.ts';

/** Documents with a compiler of their own; every other one is what a pack in force outlines. */
const KINDS: readonly DocumentKind[] = [
  PCCP_DOCUMENT,
  CLAUSE_MATRIX,
  MODEL_CARD,
  OSCAL_EVIDENCE,
  REPRODUCTION_CERTIFICATE,
  MODEL_INVENTORY,
  CHANGE_POPULATION,
];

/** The kind that compiles a document: its own, or the one of the packs' outlines. */
export function documentKind(document: string): DocumentKind {
  return KINDS.find(({ ids }) => ids.includes(document)) ?? PACK_DOCUMENT;
}

/** Compiles what was asked for, from records alone. @throws ServerError as the kind's compiler */
export function compileRequest(request: DocumentRequest): CompiledDocument {
  return documentKind(request.params.document).compile(request);
}
