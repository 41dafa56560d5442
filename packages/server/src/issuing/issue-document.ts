// SPDX-License-Identifier: Apache-2.0
import type { GeneratedDocumentContent } from '@countersign/kernel';
import type { ServerContext, ServerTransaction } from '../context.ts';
import { type DocumentModel, renderHtml, renderJson, renderPdf } from '../dossier/index.ts';
import { recordByPlatform } from '../records/index.ts';
import type { CompiledDocument, DocumentParams } from './document-kind.ts';
import { documentKind } from './document-kinds.ts';
import { documentRequest } from './document-request.ts';

/** A document whose bytes are stored and which awaits its record. */
export interface PreparedDocument {
  readonly content: GeneratedDocumentContent;
  /** What readers of the PDF must know: a lower standard, characters that could not be printed. */
  readonly warnings: readonly string[];
  /** Records that it was issued; returns the record's digest. */
  readonly issue: (tx: ServerTransaction) => Promise<string>;
}

/**
 * Compiles a document from the records of now, or as of an earlier moment, renders every edition and stores the bytes.
 * Nothing is issued until its record is written.
 * @throws ServerError of the compiler, `render_failed`, `chart_malformed`
 */
export async function prepareDocument(
  context: ServerContext,
  asked: { readonly params: DocumentParams; readonly asOf?: string | undefined },
): Promise<PreparedDocument> {
  const all = await context.records.current();
  const { workspace } = context;
  const request = documentRequest(all, { workspace, ...asked });
  const kind = documentKind(asked.params.document);
  const gathered = await kind.gather?.(context, request);
  const compiled = kind.compile({ ...request, gathered });
  const pdf = renderPdf(compiled.model);
  const rendered = await storeEditions(context, compiled.model, pdf.bytes);
  const attachments = await storeAttachments(context, compiled);
  const content: GeneratedDocumentContent = {
    document: compiled.model.id,
    title: compiled.model.title,
    template: compiled.template,
    evidenceSet: compiled.model.evidenceSetDigest,
    rendered,
    gaps: gapsOf(compiled.model),
    asOf: request.facts.asOf,
    asOfIndex: request.facts.asOfIndex,
    ...aboutOf(asked.params),
    ...(attachments.length > 0 && { attachments }),
  };
  return {
    content,
    warnings: pdf.warnings,
    issue: async (tx) => {
      const { digest } = await recordByPlatform(context, tx, {
        type: 'generated-document',
        kind: compiled.model.id,
        scope: compiled.scope,
        subjectRef: compiled.subjectRef,
        producer: 'registry',
        source: [...compiled.sources],
        blobs: [...rendered, ...attachments].map((one) => one.digest),
        content,
      });
      return digest;
    },
  };
}

function aboutOf({ from, to, decision }: DocumentParams) {
  return {
    ...(from !== undefined && to !== undefined && { period: { from, to } }),
    ...(decision !== undefined && { decision }),
  };
}

/** Sections of gaps count once for each evidence item that is printed as one. */
function gapsOf(model: DocumentModel): number {
  return model.sections.reduce(
    (sum, { blocks }) => sum + blocks.filter(({ kind }) => kind === 'gap').length,
    0,
  );
}

async function storeEditions(
  context: ServerContext,
  model: DocumentModel,
  pdf: Uint8Array,
): Promise<GeneratedDocumentContent['rendered']> {
  const text = new TextEncoder();
  const editions = [
    { format: 'pdf', bytes: pdf },
    { format: 'html', bytes: text.encode(renderHtml(model)) },
    { format: 'json', bytes: text.encode(renderJson(model)) },
  ] as const;
  const stored: GeneratedDocumentContent['rendered'][number][] = [];
  for (const { format, bytes } of editions) {
    stored.push({ format, ...(await context.blobs.put(bytes)) });
  }
  return stored;
}

async function storeAttachments(
  context: ServerContext,
  { attachments = [] }: CompiledDocument,
): Promise<NonNullable<GeneratedDocumentContent['attachments']>> {
  const stored: NonNullable<GeneratedDocumentContent['attachments']>[number][] = [];
  for (const { name, mediaType, bytes } of attachments) {
    stored.push({ name, mediaType, ...(await context.blobs.put(bytes)) });
  }
  return stored;
}
