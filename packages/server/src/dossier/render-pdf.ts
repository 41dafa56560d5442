// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { NodeCompiler, type NodeTypstDocument } from '@myriaddreamin/typst-ts-node-compiler';
import { ServerError } from '../errors.ts';
import type { DocumentModel } from './document.ts';
import { bundledFonts, FONT_FAMILIES } from './fonts.ts';
import { type MissingCharacter, printer } from './printable.ts';
import { typesetModel } from './typeset-model.ts';

/** Conformance levels, best first: A-2a is tagged and accessible, A-2b only looks the same for ever. */
export const PDF_STANDARDS = ['a-2a', 'a-2b'] as const;
export type PdfStandard = (typeof PDF_STANDARDS)[number];

export interface RenderedPdf {
  readonly bytes: Uint8Array;
  readonly pages: number;
  readonly standard: PdfStandard;
  /** What a reader of this edition must know: characters printed as U+FFFD, a lower standard. */
  readonly warnings: readonly string[];
}

const TEMPLATE = new URL('./document.typ', import.meta.url);

/**
 * Typesets a document as PDF/A. The date of the file is the document's `asOf`, the typefaces are the
 * bundled ones and no clock, locale or system font is consulted: same model, same bytes.
 * @throws ServerError `render_failed` with the typesetter's messages, or `chart_malformed`
 */
export function renderPdf(model: DocumentModel): RenderedPdf {
  const fonts = bundledFonts();
  const text = printer(fonts.covers);
  const chart = printer(fonts.sansCovers, '?');
  const data = typesetModel(model, { text: text.print, chart: chart.print });
  const compiler = NodeCompiler.create({ fontArgs: [{ fontBlobs: [...fonts.blobs] }] });
  const result = compiler.compile({
    mainFileContent: readFileSync(TEMPLATE, 'utf8'),
    inputs: { model: JSON.stringify(data), families: JSON.stringify(FONT_FAMILIES) },
  });
  const document = result.result;
  if (document === null) {
    const details = { diagnostics: result.takeDiagnostics()?.shortDiagnostics ?? [] };
    throw new ServerError('render_failed', 'the typesetter refused the document', { details });
  }
  const exported = exportPdf(compiler, document);
  // Memoised layouts are keyed by content and would otherwise grow with every document.
  compiler.evictCache(0);
  return {
    ...exported,
    pages: document.numOfPages,
    warnings: [
      ...exported.warnings,
      ...missingWarning('text', 'U+FFFD', text.missing()),
      ...missingWarning('charts', 'a question mark', chart.missing()),
    ],
  };
}

function exportPdf(
  compiler: NodeCompiler,
  document: NodeTypstDocument,
): Pick<RenderedPdf, 'bytes' | 'standard' | 'warnings'> {
  const refusals: string[] = [];
  for (const standard of PDF_STANDARDS) {
    try {
      const bytes = compiler.pdf(document, { pdfStandard: standard });
      return { bytes, standard, warnings: refusals };
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      refusals.push(`PDF/${standard.toUpperCase()} was refused: ${reason.slice(0, 400)}`);
    }
  }
  const message = 'the document fits no archival PDF standard; see details for the reasons';
  throw new ServerError('render_failed', message, { details: { refusals } });
}

function missingWarning(
  where: string,
  shown: string,
  missing: readonly MissingCharacter[],
): readonly string[] {
  if (missing.length === 0) return [];
  const list = missing.map(({ codePoint, count }) => `${codePoint} (${count})`).join(', ');
  return [`no bundled typeface can print these characters; shown as ${shown} in ${where}: ${list}`];
}
