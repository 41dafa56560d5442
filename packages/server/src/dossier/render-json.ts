// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type Json } from '@countersign/kernel';
import type { DocumentModel } from './document.ts';

/** The document as RFC 8785 canonical JSON: its data, charts as numbers, before any drawing. */
export function renderJson(model: DocumentModel): string {
  return canonicalJson(model as unknown as Json); // interfaces of readonly members are JSON
}
