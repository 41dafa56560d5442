// SPDX-License-Identifier: Apache-2.0

export { assembleBundle, assembleTrust } from './assemble-bundle.ts';
export { keysNamedBy } from './check-signatures.ts';
export { checkUnsigned } from './check-unsigned.ts';
export {
  type CheckpointedRecords,
  type CurrentRecords,
  currentRecords,
  openCurrentRecords,
} from './current-records.ts';
export { type Ingested, ingestRecords, readSent, type Sender, signPending } from './ingest.ts';
export { gateMemo, modelSet, modelSets } from './model-sets.ts';
export { listRecords, mutable, pendingView, recordProof, recordView } from './read-record.ts';
export { readTrust } from './read-trust.ts';
export { readablePack } from './readable-pack.ts';
export { type PlatformDraft, recordByPlatform } from './record-by-platform.ts';
export { remarkRefusal } from './remark-rules.ts';
export { planRefusal, readPlan } from './retention-plan.ts';
export { spentProvisional } from './spent-provisional.ts';
export { createStatusSigner, type StatusSigner } from './status-signer.ts';
export {
  type ChallengerFile,
  type OwnFile,
  sealedByParams,
  validateParams,
  validateRequests,
} from './validate-params.ts';
export { createWarrantVerdicts, type WarrantVerdicts } from './warrant-verdicts.ts';
