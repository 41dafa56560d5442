// SPDX-License-Identifier: Apache-2.0
import {
  assembleDocument,
  type Block,
  type DocumentSection,
  type DossierRecord,
  plain,
  shownTime,
} from '../dossier/index.ts';
import type { CompiledDocument, DocumentRequest } from './document-kind.ts';

export interface FirmDocument {
  readonly id: string;
  readonly title: string;
  /** What it tells of, such as a period. */
  readonly subtitle: string;
  readonly template: string;
  readonly meta?: readonly (readonly [string, string])[];
  readonly summary: readonly Block[];
  readonly sections: readonly DocumentSection[];
}

/** A document about the firm: its sources are the records that sections name. */
export function firmDocument(request: DocumentRequest, document: FirmDocument): CompiledDocument {
  const { set, facts, workspace } = request;
  const named = new Set(
    document.sections.flatMap(({ evidence }) => evidence.flatMap(({ digests }) => digests)),
  );
  const sources: readonly DossierRecord[] = set.records.filter(({ digest }) => named.has(digest));
  const rows: readonly (readonly [string, string])[] = [
    ['Firm', facts.firm],
    ...(document.meta ?? []),
    ['Workspace', workspace],
    ['As of', `${shownTime(facts.asOf)}, log position ${facts.asOfIndex}`],
  ];
  const { template, meta: _rows, ...parts } = document;
  const model = assembleDocument({
    ...parts,
    kicker: facts.firm,
    shortTitle: `${document.title} · ${document.subtitle}`,
    asOf: facts.asOf,
    demonstration: facts.demonstration,
    meta: rows.map(([label, value]) => ({ label, value: [plain(value)] })),
    sources,
    people: facts.people,
  });
  return { model, template, sources: [], scope: 'firm', subjectRef: { workspace } };
}

/** A section whose evidence is the records of one id that it prints. */
export function firmSection(
  number: number,
  title: string,
  at: {
    readonly evidence: string;
    readonly digests: readonly string[];
    readonly blocks: readonly Block[];
  },
): DocumentSection {
  const { evidence, digests, blocks } = at;
  return {
    number,
    title,
    evidence: [{ id: evidence, status: 'met', digests }],
    blocks,
  };
}
