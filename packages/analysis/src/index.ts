// SPDX-License-Identifier: Apache-2.0
export {
  aucDifference,
  brierDifference,
  type PairedCells,
  type PairedDifference,
} from './benchmark/paired-cells.ts';
export { auc, gini } from './binary/auc.ts';
export { type Calibration, calibration, logit } from './binary/calibration.ts';
export { type Cells, cellsOf, type ScoredRow } from './binary/cells.ts';
export {
  type Confusion,
  type ConfusionRates,
  confusion,
  confusionRates,
} from './binary/confusion.ts';
export { type AdverseWhen, type Cutoff, cutoffOf, isAdverse } from './binary/cutoff.ts';
export { type KolmogorovSmirnov, kolmogorovSmirnov } from './binary/ks.ts';
export { brier, logLoss } from './binary/mean-loss.ts';
export {
  type Minimum,
  PERFORMANCE_METRICS,
  type PerformanceMetric,
} from './binary/performance-findings.ts';
export { type BrierParts, brierParts, type ScoreBin, scoreBins } from './binary/score-bins.ts';
export type { ColumnRoles } from './data-diff/compare-schema.ts';
export { type DataDiffOptions, dataDiff } from './data-diff/data-diff.ts';
export type {
  CategoryList,
  ColumnDiff,
  DataDiff,
  DistributionTest,
  RowDiff,
  SchemaDiff,
} from './data-diff/diff-report.ts';
export type { ConstraintResult } from './design/check-constraint.ts';
export {
  type Coefficient,
  type Coefficients,
  readCoefficients,
} from './design/read-coefficients.ts';
export {
  ANALYSIS_ERROR_CODES,
  AnalysisError,
  type AnalysisErrorCode,
  type AnalysisErrorDetails,
} from './errors.ts';
export {
  type Contribution,
  contributionsOf,
  parseReasonTable,
  promisedLogit,
  type ReasonFeature,
  type ReasonTable,
  type ReasonText,
} from './explainability/reason-table.ts';
export { FAIRNESS_METRICS, type FairnessMetric } from './fairness/compare-groups.ts';
export type { DecisionBasis } from './fairness/decision-counts.ts';
export { commonOddsRatio, commonRiskRatio } from './fairness/mantel-haenszel.ts';
export type { Estimate, Interval } from './intervals/interval.ts';
export { oddsRatio } from './intervals/odds-ratio.ts';
export { katzRatio, scoreRatio, type TwoProportions } from './intervals/proportion-ratio.ts';
export { type Moments, standardisedDifference } from './intervals/standardised-difference.ts';
export { wilson } from './intervals/wilson.ts';
export { fisherExact, type TwoByTwo } from './numeric/hypergeometric.ts';
export {
  combinedVerdict,
  evaluateMonitoring,
  evaluatePlan,
  type MonitoringEvaluation,
  type MonitoringPlan,
  type Subject,
  type TestingEvaluation,
} from './plan/evaluate-plan.ts';
export { FORMULA_SOURCES, isMetricId, type MetricId } from './plan/formula-source.ts';
export { judgeFinding, worstVerdict } from './plan/judge-finding.ts';
export type {
  DecimalText,
  Finding,
  Judge,
  Limit,
  MeasuredGroup,
  MeasuredInterval,
  Measurement,
  Verdict,
} from './plan/measurement.ts';
export type { PartReport, PlanGround, PlanPart } from './plan/plan-part.ts';
export type {
  FairnessPlan,
  Judges,
  Limits,
  SensitivityPlan,
  TestingPlan,
} from './plan/testing-plan.ts';
export {
  type BenchmarkInput,
  type BenchmarkReport,
  benchmarkReport,
  type SwapSet,
} from './reports/benchmark-report.ts';
export {
  type DesignInput,
  type DesignReport,
  designReport,
} from './reports/design-report.ts';
export {
  type ExplainabilityInput,
  type ExplainabilityReport,
  explainabilityReport,
} from './reports/explainability-report.ts';
export {
  type AttributeReport,
  type FairnessInput,
  type FairnessReport,
  fairnessReport,
  type GroupOutcome,
} from './reports/fairness-report.ts';
export {
  type ParityCase,
  type ParityInput,
  type ParityKind,
  type ParityReport,
  parityReport,
} from './reports/parity-report.ts';
export {
  type CalibrationBin,
  type PerformanceInput,
  type PerformanceReport,
  performanceReport,
  type SegmentReport,
} from './reports/performance-report.ts';
export type { Report } from './reports/report.ts';
export {
  type EffectText,
  type InputSensitivity,
  type RobustnessInput,
  type RobustnessReport,
  robustnessReport,
} from './reports/robustness-report.ts';
export {
  type BinShift,
  type ColumnShift,
  freezeReference,
  type StabilityInput,
  type StabilityReport,
  stabilityReport,
} from './reports/stability-report.ts';
export type { ReadArtefact } from './scorer/command/lay-out-artefact.ts';
export { type CommandGround, SCORER_UID } from './scorer/command/open-command-scorer.ts';
export { compareScorers, type ScorerComparison } from './scorer/compare-scorers.ts';
export type { InputRow } from './scorer/input-values.ts';
export { isScorerFault, openArtefact } from './scorer/open-artefact.ts';
export { openScorer, type Score, type Scorer } from './scorer/open-scorer.ts';
export { addScores, attemptRows, readInputs, scoreRows } from './scorer/score-table.ts';
export {
  INPUT_COLUMN_TYPES,
  type InputType,
  type ScorerInput,
  type ScorerSpec,
  scorerSpecOf,
  unguardedSpec,
} from './scorer/scorer-spec.ts';
export type { ProbeResult } from './sensitivity/boundary-probes.ts';
export { alarmLevel } from './stability/alarm-level.ts';
export { binNames, countBins, type FrozenBins, freezeBins } from './stability/frozen-bins.ts';
export { nullQuantile, type PopulationStability, populationStability } from './stability/psi.ts';
export type { ColumnType, ColumnTypes } from './table/column-type.ts';
export { groupName, isUndeclared } from './table/grouping.ts';
export { addNumbers, type JoinOptions, joinTable } from './table/join-table.ts';
export { type LoadOptions, loadTable, type TableSource } from './table/load-table.ts';
export type { Roles } from './table/roles.ts';
export type { EngineOptions, Table } from './table/table.ts';
