// SPDX-License-Identifier: Apache-2.0

export { assembleDocument, type DocumentDraft, evidenceSetDigest } from './assemble-document.ts';
export { type ChartSpec, chartAlt, chartSvg } from './charts.ts';
export {
  compileDocument,
  type DocumentFacts,
  type DocumentInput,
  isPrintedIn,
  recordsInForce,
  versionRows,
  versionTitle,
} from './compile-document.ts';
export { compileModelDevelopment, MODEL_DEVELOPMENT } from './compile-model-development.ts';
export { compileOutline, type Outline } from './compile-outline.ts';
export { compilePccp, PCCP, PCCP_TEMPLATE } from './compile-pccp.ts';
export {
  type Block,
  type Cell,
  cite,
  type DocumentModel,
  type DocumentSection,
  type Inline,
  paragraph,
  plain,
} from './document.ts';
export { escapeHtml } from './escape-html.ts';
export { evidenceName } from './evidence-names.ts';
export { type DocumentFault, type LintRule, lintDocument } from './lint-document.ts';
export { type LoadedPack, loadPack, type PackFileProblem, parsePackFile } from './load-pack.ts';
export { markdownBlocks } from './markdown.ts';
export { type MlBomInput, mlBom } from './ml-bom/ml-bom.ts';
export { oscalAssessmentResults } from './oscal/assessment-results.ts';
export { oscalComponentDefinition } from './oscal/component-definition.ts';
export type { OscalInput } from './oscal/oscal-input.ts';
export { oscalPlanOfAction } from './oscal/plan-of-action.ts';
export {
  contentOf,
  type DossierRecord,
  factsBlock,
  NUMBER,
  shownTime,
  tableBlock,
  textOf,
} from './presenters/content.ts';
export { presentEvidence } from './presenters/registry.ts';
export { renderHtml } from './render-html.ts';
export { renderJson } from './render-json.ts';
export { type PdfStandard, type RenderedPdf, renderPdf } from './render-pdf.ts';
