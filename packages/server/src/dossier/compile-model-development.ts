// SPDX-License-Identifier: Apache-2.0
import { compileDocument, type DocumentInput } from './compile-document.ts';
import type { DocumentModel } from './document.ts';

export const MODEL_DEVELOPMENT = 'doc/model-development';

/** The model development document of a pack: see `compileDocument`. */
export function compileModelDevelopment(input: Omit<DocumentInput, 'document'>): DocumentModel {
  return compileDocument({ ...input, document: MODEL_DEVELOPMENT });
}
