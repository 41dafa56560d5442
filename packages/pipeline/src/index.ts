// SPDX-License-Identifier: Apache-2.0
export {
  type BlobRef,
  type BlobStore,
  type ByteRange,
  openFileBlobStore,
} from './blobs/blob-store.ts';
export {
  deleteStoredBlob,
  listStoredBlobs,
  type StoredBlob,
  storedBlob,
} from './blobs/stored-blobs.ts';
export {
  UPLOAD_LIMITS,
  type Upload,
  type UploadLimits,
  type UploadState,
} from './blobs/upload.ts';
export { openUploadStore, type UploadStore } from './blobs/upload-store.ts';
export { type CsvPlace, lineOfCsvRow } from './csv/line-of-csv-row.ts';
export { type CsvOptions, type CsvRow, parseCsvRows } from './csv/parse-csv-rows.ts';
export { readCsvHeader } from './csv/read-csv-header.ts';
export { type DeterminismProfile, determinismProfile } from './environment/determinism-profile.ts';
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
export type { Dataset, Grouping, QualityCheck } from './file/data-section.ts';
export { type PipelineDocument, parsePipelineFile } from './file/parse-pipeline-file.ts';
export type { Design, MonitoringPlan, TestingPlan } from './file/plan-section.ts';
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
export { toRecordJson } from './file/to-record-json.ts';
export { type ReadYaml, readYamlText, type YamlText } from './file/yaml-text.ts';
export type { ComparedFile, RebuildResult, RebuildVerdict } from './rebuild/rebuild-result.ts';
export { type RebuildOptions, rebuildRun } from './rebuild/rebuild-run.ts';
export { type ExecuteRunOptions, executeRun, PIPELINE_FILE } from './run/execute-run.ts';
export type {
  ArtifactRecord,
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
export { declaredGroups, groupingSql, NOT_PROVIDED, OTHER_GROUP } from './snapshot/grouping-sql.ts';
export { type SnapshotRequest, snapshotFailure, takeSnapshot } from './snapshot/take-snapshot.ts';
export {
  type BundledCommit,
  type CommitComparison,
  compareCommits,
  type FileDifference,
} from './source/compare-commits.ts';
export type { CommitSignature, Contributor } from './source/contributors.ts';
export { openPgpFingerprints } from './source/openpgp-signature.ts';
export { archiveSource, type SourceRevision } from './source/source-revision.ts';
export type { WorkerJob } from './worker-job.ts';
