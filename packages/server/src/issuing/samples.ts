// SPDX-License-Identifier: Apache-2.0
import { packsInScope, type RecordSet, versionContext } from '@countersign/kernel';
import { renderJson, renderPdf } from '../dossier/index.ts';
import { registeredVersions } from '../registry/index.ts';
import type { CompiledDocument } from './document-kind.ts';
import { compileRequest } from './document-kinds.ts';
import { documentRequest } from './document-request.ts';
import { decodeFirmLog } from './firm-log.ts';

export interface SampleFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Of a PDF. */
  readonly pages?: number;
}

/** Documents worth reading of a version that is on its way or in use; others want a period, an envelope, a decision. */
const OUTLINED: ReadonlySet<string> = new Set([
  'doc/model-development',
  'doc/independent-validation',
  'doc/fda-ai-dsf-submission',
  'doc/design-development-file',
]);
const OWN: readonly { readonly document: string }[] = [
  { document: 'doc/clause-coverage-matrix' },
  { document: 'doc/model-card' },
];

/** The documents about every registered version that its packs in scope outline, as of the last record of the file. */
export function sampleDocuments(log: Uint8Array): readonly CompiledDocument[] {
  return sampleDocumentsOf(decodeFirmLog(log));
}

/** As `sampleDocuments`, of records that were read already. */
export function sampleDocumentsOf(set: RecordSet): readonly CompiledDocument[] {
  return versionsOf(set).flatMap((ref) => {
    const found = versionContext(set, ref);
    if (!found.ok) return [];
    const outlined = packsInScope(set, found.context).flatMap(({ pack }) =>
      pack.documents.flatMap(({ id }) =>
        OUTLINED.has(id) ? [{ document: id, framework: pack.id }] : [],
      ),
    );
    const { workspace, model, use, version } = ref;
    return [...outlined, ...OWN].map((one) =>
      compileRequest(documentRequest(set, { workspace, params: { ...one, model, use, version } })),
    );
  });
}

/** The PDF and JSON editions of what packs outline among `sampleDocuments`: the same file and renderer, the same bytes. */
export function samplesOf(log: Uint8Array): readonly SampleFile[] {
  const text = new TextEncoder();
  const outlined = sampleDocuments(log).filter(({ model }) => OUTLINED.has(model.id));
  return outlined.flatMap(({ model, subjectRef }) => {
    const name = `${model.id.replace(/^doc\//, '')}-${subjectRef.version ?? 0}`;
    const { bytes, pages } = renderPdf(model);
    return [
      { name: `${name}.pdf`, bytes, pages },
      { name: `${name}.json`, bytes: text.encode(renderJson(model)) },
    ];
  });
}

function versionsOf(set: RecordSet) {
  const uses = new Map<
    string,
    { workspace: string; model: string; use: string; version: number }
  >();
  for (const { statement } of set.records) {
    const { type, subjectRef } = statement.predicate;
    const { workspace, model } = subjectRef;
    if (type !== 'model-artifact' || model === undefined) continue;
    for (const { version, uses: own } of registeredVersions(set, { workspace, model })) {
      for (const use of own)
        uses.set(`${model}/${use}@${version}`, { workspace, model, use, version });
    }
  }
  return [...uses.values()];
}
