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
export type { DocumentModel } from './document.ts';
export { type LoadedPack, loadPack, type PackFileProblem, parsePackFile } from './load-pack.ts';
export { renderHtml } from './render-html.ts';
export { renderJson } from './render-json.ts';
export { type PdfStandard, type RenderedPdf, renderPdf } from './render-pdf.ts';
