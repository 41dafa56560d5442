// SPDX-License-Identifier: Apache-2.0
export {
  countDecisions,
  type DecisionParts,
  type DecisionQuery,
  type DecisionSummary,
  type DecisionView,
  listDecisions,
  readDecisionParts,
  readDecisionView,
} from './decisions.ts';
export {
  type IngestedBatch,
  type IngestUpload,
  ingestActions,
  ingestOutcomes,
} from './ingest-batch.ts';
export { type MeasuredWindow, measureWindow, type WatchedModel } from './measure-window.ts';
export {
  ACTION_COLUMN,
  DECISION_COLUMN,
  type Window,
  type WindowRow,
  type WindowRows,
  windowRows,
} from './window-rows.ts';
export { windowTable } from './window-table.ts';
