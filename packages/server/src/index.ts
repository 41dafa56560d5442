// SPDX-License-Identifier: Apache-2.0
export { readConfig, type ServerConfig, writeConfig } from './config-file.ts';
export type { AppContext, ServerContext, ServerTransaction } from './context.ts';
export { ServerError, type ServerErrorCode } from './errors.ts';
export { type FoundFirmOptions, foundFirm } from './found-firm.ts';
export { type TrustNotice, trustNotices } from './governance/index.ts';
export { buildApp, errorDocument, openApiDocument, SERVER_ERRORS } from './http/index.ts';
export {
  adoptServiceKeys,
  createKeyFile,
  createNextServiceKey,
  type Founded,
  type FoundedPerson,
  type FoundingPerson,
  type KeyFile,
  openSigner,
  pagesOrigin,
  publicKeyOfFile,
  readKeyFile,
  readNextServiceKey,
  readServiceKey,
  signInDomain,
  writeKeyFile,
} from './identity/index.ts';
export {
  type Appended,
  appendRecord,
  appendRecords,
  type CheckpointWatch,
  consistencyProofOf,
  inclusionProofOf,
  type LogIdentity,
  type LogProblem,
  type LogVerdict,
  logIdentityOf,
  openCheckpointWatch,
  type PublishedRecord,
  publishedBundles,
  readLoggedRecords,
  readPublishedCheckpoint,
  rebuildDatabase,
  recordState,
  type Sequencer,
  startSequencer,
  verifyLog,
} from './ledger/index.ts';
export { noticeHealth } from './notices/index.ts';
export { type ContextOptions, type OpenContext, openContext } from './open-context.ts';
export { type DataPlace, type OpenData, openData } from './open-data.ts';
export {
  assembleBundle,
  type CurrentRecords,
  currentRecords,
  ingestRecords,
  openCurrentRecords,
  type PlatformDraft,
  recordByPlatform,
  signPending,
} from './records/index.ts';
export {
  type ComputedTier,
  computeTier,
  loadPromotionPolicy,
  loadQuestionnaire,
  type Questionnaire,
  readQuestionnaire,
} from './registry/index.ts';
export { type RunningServer, type StartOptions, startServer } from './start.ts';
export { type RunningWorker, startWorker, type WorkerOptions } from './start-worker.ts';
export {
  type Database,
  type DatabaseHandle,
  type EmbeddedDatabase,
  type EmbeddedPostgres,
  openDatabase,
  openDataKeys,
  openEmbeddedDatabase,
  openFilePublishedStore,
  type PublishedStore,
  prepareDatabase,
  startEmbeddedPostgres,
} from './store/index.ts';
