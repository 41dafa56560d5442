// SPDX-License-Identifier: Apache-2.0
export { type ChartSpec, chartAlt, chartSvg } from './charts.ts';
export {
  compileDocument,
  type DocumentFacts,
  type DocumentInput,
  evidenceSetDigest,
  recordsInForce,
} from './compile-document.ts';
export { compileModelDevelopment, MODEL_DEVELOPMENT } from './compile-model-development.ts';
export { compilePccp, PCCP, PCCP_TEMPLATE } from './compile-pccp.ts';
export type { Block, DocumentModel, Inline } from './document.ts';
export { escapeHtml } from './escape-html.ts';
export { type LoadedPack, loadPack, type PackFileProblem, parsePackFile } from './load-pack.ts';
export { markdownBlocks } from './markdown.ts';
export { renderHtml } from './render-html.ts';
export { renderJson } from './render-json.ts';
export { type PdfStandard, type RenderedPdf, renderPdf } from './render-pdf.ts';
