// SPDX-License-Identifier: Apache-2.0
export {
  type BlobRef,
  type BlobStore,
  type BlobStoreOptions,
  type ByteRange,
  openFileBlobStore,
} from './blobs/blob-store.ts';
export { contentsOfTree, copyTree } from './blobs/copy-tree.ts';
export { type DataKeys, sealedKeyIds } from './blobs/sealed-file.ts';
export {
  deleteStoredBlob,
  listStoredBlobs,
  type StoredBlob,
  storedBlob,
} from './blobs/stored-blobs.ts';
export { unnamedBlobs } from './blobs/unnamed-blobs.ts';
export {
  UPLOAD_LIMITS,
  type Upload,
  type UploadLimits,
  type UploadState,
} from './blobs/upload.ts';
export { openUploadStore, type UploadStore } from './blobs/upload-store.ts';
export { copyImageOfCommit } from './container/image-of-commit.ts';
export { importImage, type OpenedLayout, openLayout } from './container/import-image.ts';
export { digestOfReference, type ImageRecord, partsOfImage } from './container/oci-image.ts';
export { type CsvPlace, lineOfCsvRow } from './csv/line-of-csv-row.ts';
export { type CsvOptions, type CsvRow, parseCsvRows } from './csv/parse-csv-rows.ts';
export { readCsvHeader } from './csv/read-csv-header.ts';
export { type DeterminismProfile, determinismProfile } from './environment/determinism-profile.ts';
export { environmentBlobs, environmentLock } from './environment/environment-parts.ts';
export {
  hostToolEnvironment,
  networkStepEnvironment,
} from './environment/host-environment.ts';
export {
  describeHostProgram,
  type HostGround,
  requireHostPrograms,
  type WantedProgram,
} from './environment/host-programs.ts';
export { describeInterpreter, type Interpreter } from './environment/interpreter.ts';
export { type LockFile, parseLockFile } from './environment/lock-file.ts';
export {
  type EnvironmentFiles,
  type OpenedEnvironment,
  openScorerEnvironment,
  type ScorerHost,
  scorerInterpreter,
} from './environment/scorer-environment.ts';
export { PipelineError, type PipelineErrorCode } from './errors.ts';
export { extractDataset } from './extract/extract-dataset.ts';
export type { Extracted, ExtractRequest } from './extract/extracted.ts';
export { type Pin, pinsOfCommit } from './extract/pins-of-commit.ts';
export { type ExtractedSnapshotRequest, snapshotExtracted } from './extract/snapshot-extracted.ts';
export type { SnapshotOrigin } from './extract/snapshot-origin.ts';
export {
  sourceVariables,
  sourceVariablesOfCommit,
  storeVariables,
} from './extract/source-variables.ts';
export type {
  CatalogueInput,
  FeatureCatalogue,
  ScreenResult,
} from './features/feature-catalogue.ts';
export { SMOOTHING, stabilityTerms } from './features/stability-index.ts';
export type {
  ColumnChange,
  Distribution,
  StepTransformation,
  TableSource,
  TableTransformation,
} from './features/transformation.ts';
export type { Dataset, Grouping, QualityCheck } from './file/data-section.ts';
export type { ConstraintCheck, Design, DesignConstraint } from './file/design-section.ts';
export { type MeasurePlan, measurePlanSchema } from './file/measure-plan.ts';
export { type PipelineDocument, parsePipelineFile } from './file/parse-pipeline-file.ts';
export { pinSnapshot } from './file/pin-snapshot.ts';
export { isFolder, isPinned, type PinnedOrigin } from './file/pinned-origin.ts';
export { type PipelineFile, pipelineFileSchema, pipelineJsonSchema } from './file/schema.ts';
export { type NamedSplit, type SplitAccess, splitParts } from './file/split-parts.ts';
export { type PlannedInput, type PlannedStep, planSteps, WHOLE_SPLIT } from './file/step-plan.ts';
export {
  type Artifact,
  artifact as artifactSection,
  type CommandSection,
  commandProblem,
  type Decision,
  decision as decisionSection,
  type Step,
} from './file/step-section.ts';
export type { BacktestSection } from './file/testing/backtest.ts';
export type { ClinicalPlan } from './file/testing/clinical.ts';
export type { EstimatePlan } from './file/testing/estimate.ts';
export type { InsurancePlan } from './file/testing/insurance.ts';
export type { MarketRiskPlan } from './file/testing/market-risk.ts';
export type { MonitoringPlan } from './file/testing/monitoring-section.ts';
export {
  OUTCOME_STATES,
  type OutcomeState,
  type SelectiveLabelsPlan,
} from './file/testing/selective-labels.ts';
export type { Task } from './file/testing/task.ts';
export type { TestingPlan } from './file/testing/testing-section.ts';
export { toRecordJson } from './file/to-record-json.ts';
export { type ValidationPlanFile, validationPlanSchema } from './file/validation-plan.ts';
export { type ReadYaml, readYamlText, type YamlText } from './file/yaml-text.ts';
export {
  type ChangedFile,
  checkLease,
  type LakeFiles,
  type LeaseCheck,
  type LeaseDepth,
  type LeaseState,
  leaseProblem,
} from './lakehouse/check-lease.ts';
export { type CheckLeasesOptions, checkLeases } from './lakehouse/check-leases.ts';
export { type OpenLakeFiles, openLakeFiles } from './lakehouse/lake-files.ts';
export {
  blobsOfSnapshot,
  isLakehouse,
  isReferenced,
  type LakehouseFacts,
  type Lease,
  lakehouseParts,
  recordedOrigin,
} from './lakehouse/lakehouse-facts.ts';
export {
  type HeldTable,
  heldTables,
  type LeasedTable,
  readLeasedTable,
} from './lakehouse/leased-table.ts';
export { type LocalTable, localTablesOfCommit } from './lakehouse/local-tables.ts';
export { makeReaderHost } from './lakehouse/reader-host.ts';
export { parseListing, readListing, type TableListing } from './lakehouse/table-listing.ts';
export {
  BUILD_TYPE,
  DRAFT_BUILDER,
  PROVENANCE_TYPE,
  type ProvenanceFacts,
  platformBuilder,
  slsaProvenance,
} from './provenance/slsa-provenance.ts';
export { openArchiveView } from './rebuild/archive-view.ts';
export { describeRebuild } from './rebuild/describe-rebuild.ts';
export {
  DIAGNOSIS_BUDGET,
  type DiagnosisBudget,
  type DivergenceCause,
  type LikelyCause,
  type StepDiagnosis,
} from './rebuild/diagnosis/likely-cause.ts';
export type {
  DifferenceNature,
  DivergentPart,
  FileDivergence,
} from './rebuild/divergence/divergence.ts';
export {
  type OnnxGraph,
  type OnnxNode,
  readOnnxModel,
  tensorNumbers as onnxNumbers,
} from './rebuild/divergence/onnx-model.ts';
export { madeParts, networkSteps, rebuildParts } from './rebuild/rebuild-parts.ts';
export type { ComparedFile, RebuildResult, RebuildVerdict } from './rebuild/rebuild-result.ts';
export { type RebuildOptions, rebuildRun } from './rebuild/rebuild-run.ts';
export { reproductionContent } from './rebuild/reproduction-content.ts';
export { type ExecuteRunOptions, executeRun, PIPELINE_FILE } from './run/execute-run.ts';
export type {
  DatasetForecast,
  RunForecast,
  StepForecast,
  StepVerdict,
} from './run/forecast.ts';
export { type ForecastOptions, forecastRun } from './run/forecast-run.ts';
export type { CacheChoice } from './run/open-reuse.ts';
export { IMPORTED_IMAGES } from './run/prepare-environment.ts';
export type {
  ArtifactRecord,
  CachedFrom,
  DeclaredEvidence,
  EnvironmentRecord,
  NamedBlob,
  PlatformFacts,
  RunEvent,
  RunFailure,
  RunResult,
  StepInputRecord,
  StepRecord,
} from './run/result.ts';
export { runSandboxed, SANDBOX_UID, type SandboxOptions } from './sandbox/run-sandboxed.ts';
export {
  type SandboxedEnd,
  type SandboxedProcess,
  startSandboxed,
} from './sandbox/start-sandboxed.ts';
export { type Mount, writeIdentityFiles } from './sandbox/system-mounts.ts';
export { aucOfLevels, type Crosstab, theilsU } from './snapshot/association.ts';
export type {
  ColumnFinding,
  DataMeasures,
  LabelDetermination,
  LabelFigure,
  SharedRows,
  SplitPair,
} from './snapshot/data-measures.ts';
export type {
  ColumnProfile,
  ControlTotal,
  DatasetSnapshot,
  ExclusionResult,
  QualityResult,
  Representativeness,
  SnapshotColumn,
  SplitSnapshot,
} from './snapshot/dataset-snapshot.ts';
export { type FixedPointSum, fixedPoint } from './snapshot/fixed-point.ts';
export type { FolderSnapshot } from './snapshot/folder-snapshot.ts';
export { declaredGroups, groupingSql, NOT_PROVIDED, OTHER_GROUP } from './snapshot/grouping-sql.ts';
export { LABEL_THRESHOLDS } from './snapshot/label-determination.ts';
export type { SnapshotDatabase } from './snapshot/open-database.ts';
export {
  type OpenedTable,
  type OpenedTables,
  openTables,
  type TableFile,
} from './snapshot/open-tables.ts';
export { quoteName, quoteText } from './snapshot/sql-text.ts';
export { type SnapshotRequest, snapshotFailure, takeSnapshot } from './snapshot/take-snapshot.ts';
export { layOutTree } from './snapshot/tree-layout.ts';
export {
  isTreeManifest,
  readTreeManifest,
  type TreeEntry,
  type TreeTotals,
  treeTotals,
} from './snapshot/tree-manifest.ts';
export { snapshotTree, type TreeRequest, type TreeVersion } from './snapshot/tree-snapshot.ts';
export {
  type BundledCommit,
  type CommitComparison,
  compareCommits,
  type FileDifference,
} from './source/compare-commits.ts';
export type { CommitSignature, Contributor } from './source/contributors.ts';
export { type CommitLfsFile, lfsOfCommit } from './source/lfs-of-commit.ts';
export { openPgpFingerprints } from './source/openpgp-signature.ts';
export { archiveSource, type SourceRevision } from './source/source-revision.ts';
export { isSameParameter, type ParameterSource, parameterOf } from './trials/parameters.ts';
export type { JudgedSearch, SearchRecord, SearchTrial } from './trials/search-record.ts';
export type { WorkerJob } from './worker-job.ts';
