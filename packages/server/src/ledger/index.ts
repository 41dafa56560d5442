// SPDX-License-Identifier: Apache-2.0
export {
  type AppendContext,
  type Appended,
  appendRecord,
  appendRecords,
} from './append-record.ts';
export {
  type Checkpointed,
  type CheckpointWatch,
  openCheckpointWatch,
} from './checkpoint-watch.ts';
export { logIdentityOf } from './log-identity.ts';
export type { LogProblem } from './log-problems.ts';
export { fixedLogKeys, type LogKeys, type LogSigner } from './log-signers.ts';
export { databaseTiles } from './log-tiles.ts';
export { consistencyProofOf, type InclusionProof, inclusionProofOf } from './proofs.ts';
export {
  CHECKPOINT_PATH,
  type LogIdentity,
  type PublishedCheckpoint,
  type ReplacedLogKey,
  readPublishedCheckpoint,
} from './published-log.ts';
export { type PublishedRecord, publishedBundles } from './published-records.ts';
export {
  checkpointedSize,
  type LogRange,
  type RecordState,
  readEnvelope,
  readLoggedRecords,
  recordState,
} from './read-records.ts';
export { type RebuildOptions, type Rebuilt, rebuildDatabase } from './rebuild.ts';
export { PAYLOAD_BYTES_MAX, referencesOf, sortSignatures } from './record-row.ts';
export {
  type Sequencer,
  type SequencerOptions,
  type SequencerState,
  startSequencer,
} from './sequencer.ts';
export { SEQUENCER_STEPS, type SequencerStep } from './sequencer-context.ts';
export { type LogVerdict, type VerifyOptions, verifyLog } from './verify-log.ts';
