// SPDX-License-Identifier: Apache-2.0

export {
  type BacktestInput,
  type BacktestPeriod,
  type BacktestPlan,
  type BacktestReport,
  backtestReport,
  type VintageCurve,
} from './backtest/backtest-report.ts';
export { BACKTEST_METRICS } from './backtest/period-findings.ts';
export { type Light, type LightPlan, lightOf, rateTest } from './backtest/rate-test.ts';
export { trendOf } from './backtest/trend.ts';
export {
  compareDecisions,
  type DecisionComparison,
  mcNemar,
  type SwapCell,
} from './benchmark/decisions.ts';
export { holmAdjusted } from './benchmark/holm.ts';
export {
  aucDifference,
  brierDifference,
  type PairedCells,
  type PairedDifference,
  type PairedRow,
  pairedCellsOf,
} from './benchmark/paired-cells.ts';
export { auc, gini } from './binary/auc.ts';
export { averagePrecision } from './binary/average-precision.ts';
export { type Calibration, calibration, logit } from './binary/calibration.ts';
export {
  type Cells,
  cellsOf,
  cellsOfSorted,
  type ScoredRow,
  type SortedRows,
} from './binary/cells.ts';
export { type ClusterIntervals, clusterIntervals } from './binary/cluster-bootstrap.ts';
export {
  type Confusion,
  type ConfusionRates,
  confusion,
  confusionRates,
  outcomeRates,
  outcomesAt,
} from './binary/confusion.ts';
export { type AdverseWhen, type Cutoff, cutoffOf, isAdverse } from './binary/cutoff.ts';
export { type Costs, expectedCost, type LeastCost, leastCost } from './binary/decision-cost.ts';
export { type KolmogorovSmirnov, kolmogorovSmirnov } from './binary/ks.ts';
export { brier, logLoss } from './binary/mean-loss.ts';
export {
  type Minimum,
  PERFORMANCE_METRICS,
  type PerformanceMetric,
} from './binary/performance-findings.ts';
export { type RocPoint, rocPoints } from './binary/roc-points.ts';
export { type BandRule, type ScoreBand, scoreBands } from './binary/score-bands.ts';
export {
  type BrierParts,
  brierParts,
  calibrationGap,
  type HosmerLemeshow,
  hosmerLemeshow,
  type ScoreBin,
  scoreBins,
} from './binary/score-bins.ts';
export { clopperPearson } from './clinical/clopper-pearson.ts';
export { type PairedCounts, pairedDifference } from './clinical/paired-difference.ts';
export {
  type DiagnosticCounts,
  likelihoodRatios,
  predictiveValues,
} from './clinical/predictive-values.ts';
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
export { ESTIMATE_METRICS } from './estimate/estimate-findings.ts';
export { type LorenzPoint, type OrderedLorenz, orderedLorenz } from './estimate/lorenz.ts';
export type { PredictedQuantile } from './estimate/quantile-findings.ts';
export type { ResidualSummary, ResidualTenth } from './estimate/residuals.ts';
export {
  type Contribution,
  contributionsOf,
  parseReasonTable,
  promisedLogit,
  type ReasonFeature,
  type ReasonTable,
  type ReasonText,
} from './explainability/reason-table.ts';
export { alternativeColumn } from './fairness/alternatives/alternatives-plan.ts';
export { FAIRNESS_METRICS, type FairnessMetric } from './fairness/compare-groups.ts';
export type { DecisionBasis } from './fairness/decision-counts.ts';
export { GROUP_ACCURACY_METRICS } from './fairness/group-accuracy.ts';
export { commonOddsRatio, commonRiskRatio } from './fairness/mantel-haenszel.ts';
export { OUTCOME_METRICS, OUTCOME_RATES } from './fairness/outcome-criteria.ts';
export type { ProxySources } from './fairness/proxy/group-probabilities.ts';
export { readColumnNames } from './holdout/column-names.ts';
export { type KnownRows, type SharedRows, sharedRows } from './holdout/shared-rows.ts';
export type { RateTenth } from './insurance/actual-expected.ts';
export { unitDeviance } from './insurance/deviance.ts';
export { INSURANCE_METRICS } from './insurance/insurance-findings.ts';
export type { Estimate, Interval } from './intervals/interval.ts';
export { oddsRatio } from './intervals/odds-ratio.ts';
export { newcombeDifference, scoreDifference } from './intervals/proportion-difference.ts';
export { katzRatio, scoreRatio, type TwoProportions } from './intervals/proportion-ratio.ts';
export { type Moments, standardisedDifference } from './intervals/standardised-difference.ts';
export { wilson } from './intervals/wilson.ts';
export { type BaselResult, type BaselZone, baselZone } from './market-risk/basel-zones.ts';
export {
  conditionalCoverage,
  independence,
  type LikelihoodRatio,
  proportionOfFailures,
  type Transitions,
  transitionsOf,
} from './market-risk/coverage-tests.ts';
export { fisherExact, type TwoByTwo } from './numeric/hypergeometric.ts';
export { type BaseReport, type OutcomeReport, outcomeReport } from './plan/base-report.ts';
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
export type { LaterRows } from './plan/later-rows.ts';
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
  type AlternativesInput,
  type AlternativesReport,
  alternativesReport,
} from './reports/alternatives-report.ts';
export {
  type BenchmarkInput,
  type BenchmarkReport,
  benchmarkReport,
  type SwapSet,
} from './reports/benchmark-report.ts';
export {
  CLINICAL_METRICS,
  type ClinicalInput,
  type ClinicalReport,
  clinicalReport,
  type NonInferiority,
} from './reports/clinical-report.ts';
export {
  type ConceptualInput,
  type ConceptualReport,
  conceptualReport,
  type InputDirection,
} from './reports/conceptual-report.ts';
export {
  type DependenceCurve,
  type DependenceInput,
  type DependenceReport,
  dependenceReport,
} from './reports/dependence-report.ts';
export {
  type DesignInput,
  type DesignReport,
  designReport,
} from './reports/design-report.ts';
export {
  type EstimateInput,
  type EstimateReport,
  estimateReport,
} from './reports/estimate-report.ts';
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
  type InsuranceInput,
  type InsuranceReport,
  insuranceReport,
} from './reports/insurance-report.ts';
export {
  type ForecastBacktest,
  MARKET_RISK_METRICS,
  type MarketRiskInput,
  type MarketRiskReport,
  marketRiskReport,
} from './reports/market-risk-report.ts';
export { type NoiseInput, type NoiseReport, noiseReport } from './reports/noise-report.ts';
export {
  type ParityCase,
  type ParityInput,
  type ParityKind,
  type ParityReport,
  parityReport,
} from './reports/parity-report.ts';
export {
  type ClusterReport,
  type CostReport,
  type PerformanceInput,
  type PerformanceReport,
  performanceReport,
  type SegmentReport,
} from './reports/performance-report.ts';
export {
  type PermutationInput,
  type PermutationReport,
  permutationReport,
} from './reports/permutation-report.ts';
export {
  PRICE_METRICS,
  type PriceInput,
  type PriceReport,
  priceReport,
} from './reports/price-report.ts';
export { type ProxyInput, type ProxyReport, proxyReport } from './reports/proxy-report.ts';
export type { ReasonsReport } from './reports/reasons-report.ts';
export type { Report } from './reports/report.ts';
export {
  type EffectText,
  type InputSensitivity,
  type RobustnessInput,
  type RobustnessReport,
  robustnessReport,
} from './reports/robustness-report.ts';
export type { BandRow, CalibrationBin, RocText } from './reports/score-tables.ts';
export {
  type ExplainedRow,
  type ShapleyInput,
  type ShapleyReport,
  type ShapleyResult,
  shapleyReport,
} from './reports/shapley-report.ts';
export {
  type ChallengersReport,
  type ComparedChallenger,
  challengersReport,
  simpleBenchmarkReport,
} from './reports/simple-benchmark-report.ts';
export { type SlicesInput, type SlicesReport, slicesReport } from './reports/slices-report.ts';
export {
  type BinShift,
  type ColumnShift,
  freezeReference,
  type StabilityInput,
  type StabilityReport,
  stabilityReport,
} from './reports/stability-report.ts';
export {
  type ScenarioResult,
  type StressInput,
  type StressReport,
  stressReport,
} from './reports/stress-report.ts';
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
export {
  type OutcomesUnobserved,
  type SelectiveLabelsReport,
  selectiveLabelsReport,
} from './selective-labels/selective-labels-report.ts';
export { worstCase } from './selective-labels/worst-case.ts';
export type { ProbeResult } from './sensitivity/boundary-probes.ts';
export { adjustedP } from './slices/false-discovery.ts';
export { alarmLevel } from './stability/alarm-level.ts';
export {
  type CharacteristicStability,
  characteristicStability,
} from './stability/characteristic-stability.ts';
export { binNames, countBins, type FrozenBins, freezeBins } from './stability/frozen-bins.ts';
export { nullQuantile, type PopulationStability, populationStability } from './stability/psi.ts';
export type { ColumnType, ColumnTypes } from './table/column-type.ts';
export { groupName, isUndeclared } from './table/grouping.ts';
export { inferColumns } from './table/infer-columns.ts';
export { addNumbers, type JoinOptions, joinTable } from './table/join-table.ts';
export { type LoadOptions, loadTable, type TableSource } from './table/load-table.ts';
export type { Roles } from './table/roles.ts';
export type { EngineOptions, Table } from './table/table.ts';
