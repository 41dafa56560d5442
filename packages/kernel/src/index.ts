// SPDX-License-Identifier: Apache-2.0
export {
  concatBytes,
  equalBytes,
  fromBase64,
  fromHex,
  fromUtf8,
  toBase64,
  toHex,
  utf8,
} from './bytes.ts';
export { canonicalDecimal, exactDecimal, parseDecimal } from './decimal.ts';
export {
  DECISION_PARTS,
  type DecisionCommitments,
  type DecisionPart,
  encodeDecisionLeaf,
  parseDecisionLeaf,
  partCommitment,
  verifyPart,
} from './decision.ts';
export {
  addSignature,
  type Envelope,
  type EnvelopeSignature,
  envelopePayload,
  PAYLOAD_TYPE_STATEMENT,
  pae,
  parseEnvelope,
  signatureSetDigest,
  signEnvelope,
  verifySignature,
} from './dsse.ts';
export { KernelError, type KernelErrorCode, type KernelErrorDetails } from './errors.ts';
export {
  blockingGaps,
  type ClauseResult,
  type CompletenessQuery,
  completeness,
  type EvidenceResult,
  type EvidenceStatus,
  worstStatus,
} from './evidence/completeness.ts';
export { EVIDENCE_IDS, type EvidenceId, REGISTER_EVIDENCE } from './evidence/evidence-ids.ts';
export {
  appliesTo,
  evidenceItems,
  isStale,
  latestItem,
  supersededDigests,
  type VersionContext,
  versionContext,
} from './evidence/evidence-items.ts';
export { CHECK_IDS, type CheckId, GATE_IDS, type GateId } from './evidence/gate-ids.ts';
export {
  type Applicability,
  CLAUSE_BASES,
  CLAUSE_LEVELS,
  type ClauseBasis,
  type ClauseLevel,
  concernsOrigin,
  DUE_STAGES,
  type DueStage,
  dueOf,
  type EvidenceDemand,
  type FrameworkPack,
  inForceOn,
  isDueBy,
  levelOf,
  ORIGINS,
  type Origin,
  type PackClause,
  type PackDocument,
  type PackSection,
} from './evidence/pack.ts';
// Records, identity, evidence, gates and warrants.
export { packsInScope, type ScopedPack } from './evidence/packs-in-scope.ts';
export {
  formatPackPath,
  type PackParse,
  type PackPath,
  type PackProblem,
  parsePack,
} from './evidence/parse-pack.ts';
export {
  type Approval,
  type ChangeRequest,
  type ExceptionRecord,
  type Finding,
  readApprovalContent,
  readChangeRequest,
  readExceptionContent,
  readFindingContent,
} from './gates/change-request.ts';
export {
  approvalConflict,
  type GateVerdict,
  type JudgedApproval,
  type JudgedCondition,
  type Phase,
} from './gates/evaluate.ts';
export { readTier } from './gates/facts.ts';
export { gateVerdict, measurementsOf, VERDICTS, type Verdict } from './gates/measurements.ts';
export {
  type Policy,
  readPolicy,
  TIERS,
  type Tier,
  TRANSITIONS,
  type Transition,
  whenHolds,
} from './gates/policy.ts';
export { judgeChangeRequest, RULES_VERSION } from './gates/rules.ts';
export { conflictOf, type Duties, dutiesOf } from './gates/separation-of-duties.ts';
export {
  type Founding,
  type Holder,
  type KeyEntry,
  keyEntryJson,
  readFounding,
  readKeyEntry,
} from './identity/founding.ts';
export {
  accountOf,
  type EnrolledKey,
  enrolKey,
  foundRegister,
  holdsRole,
  type KeyRegister,
  signersOf,
} from './identity/key-register.ts';
export { ROLES, type Role, SERVICES, type Service } from './identity/roles.ts';
export { signerRefusal } from './identity/signer-rules.ts';
export { assertRecordJson, canonicalBytes, canonicalJson } from './json/canonical.ts';
export {
  JSON_DEPTH_MAX,
  type Json,
  parseStrictJson,
  type StrictJsonLimits,
} from './json/parse.ts';
export { ed25519Spki, p256Spki, rawPublicKey } from './key-format.ts';
export {
  type Checkpoint,
  formatCheckpoint,
  parseCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
} from './log/checkpoint.ts';
export { encodeLogLeaf, type LogLeaf, parseLogLeaf } from './log/leaf.ts';
export {
  type NoteSignature,
  type NoteSigner,
  noteKeyHash,
  parseNote,
  type SignedNote,
  signNote,
  verifyNote,
} from './log/signed-note.ts';
export { decodeEntries, encodeEntries } from './merkle/entries.ts';
export {
  entriesPath,
  TILE_WIDTH,
  type TileReader,
  type TileRef,
  tilePath,
} from './merkle/tile-paths.ts';
export {
  consistencyProofFromTiles,
  edgeTiles,
  inclusionProofFromTiles,
  newTiles,
  rootFromTiles,
  type Tile,
  type TileGrowth,
  tilesForConsistency,
  tilesForInclusion,
  tilesForRoot,
} from './merkle/tiles.ts';
export {
  consistencyProof,
  inclusionProof,
  type MerkleTree,
  merkleRoot,
  merkleTree,
} from './merkle/tree.ts';
export { emptyRoot, leafHash, nodeHash } from './merkle/tree-hash.ts';
export {
  type ConsistencyClaim,
  type InclusionClaim,
  verifyConsistency,
  verifyInclusion,
} from './merkle/verify.ts';
export {
  type Digest,
  isDigest,
  type KeyAlgorithm,
  keyIdOf,
  type Primitives,
  type PublicKey,
  publicKeyOf,
  type Signer,
  sha256Hex,
  type WebauthnCredential,
} from './primitives.ts';
export {
  parseReceipt,
  type Receipt,
  type ReceiptLog,
  type ReceiptTrust,
  type ReceiptVerdict,
  verifyReceipt,
} from './receipt.ts';
export type * from './records/contents.ts';
export {
  asOfIndex,
  type CountedRecord,
  extendRecordSet,
  type LoggedRecord,
  type RecordSet,
  recordSet,
  recordsOfType,
} from './records/record-set.ts';
export { isRecordType, PLATFORM_RECORD_TYPES, type RecordType } from './records/record-type.ts';
export {
  type Predicate,
  type Producer,
  predicateTypeOf,
  type ResourceDescriptor,
  readRecord,
  readStatement,
  type Scope,
  type SignedRecord,
  STATEMENT_TYPE,
  type Statement,
  type SubjectRef,
  statementBytes,
  subjectOf,
} from './records/statement.ts';
export { decodeRow, encodeRow, type RowField, type RowValue } from './rows.ts';
export { isUtcTime } from './time.ts';
export { endingsOf } from './warrants/endings.ts';
export {
  type BundleResult,
  checkpointOf,
  type ProofBundle,
  type ProvenRecord,
  readProofBundle,
  verifyBundle,
} from './warrants/proof-bundle.ts';
export { openStatus, PAYLOAD_TYPE_STATUS, type Status, signStatus } from './warrants/status.ts';
export {
  liveWarrants,
  verifyWarrant,
  type WarrantCheck,
  type WarrantDenial,
  type WarrantGrant,
  type WarrantQuestion,
} from './warrants/verify-warrant.ts';
export { readWarrant, readWarrantRecord, type Warrant } from './warrants/warrant.ts';
export {
  type WebauthnAssertion,
  type WebauthnParts,
  type WebauthnRefusal,
  webauthnChallenge,
  webauthnRefusal,
} from './webauthn.ts';
