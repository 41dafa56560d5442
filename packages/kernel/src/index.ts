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
  ATTRIBUTING_ROLES,
  type Attribution,
  attributingAccounts,
  attributionsOf,
  isBot,
  readAttributionContent,
  sameAddress,
} from './gates/author-attribution.ts';
export {
  type Approval,
  type ChangeRequest,
  type ExceptionRecord,
  type Finding,
  readApprovalContent,
  readChangeRequest,
  readExceptionContent,
  readFindingContent,
  replacementOf,
} from './gates/change-request.ts';
export {
  authorFacts,
  type CommitAuthor,
  commitAuthorsOf,
  type DevelopmentFact,
  isKnownAuthor,
} from './gates/commit-authors.ts';
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
export { type Enrolment, enrolKey, readEnrolment } from './identity/enrolment.ts';
export { type Founding, type Recovery, readFounding } from './identity/founding.ts';
export { changeKey, KEY_CHANGES, type KeyChange, readKeyChange } from './identity/key-change.ts';
export {
  type Holder,
  type HolderLimits,
  type KeyEntry,
  keyEntryJson,
  readKeyEntry,
} from './identity/key-entry.ts';
export {
  accountOf,
  actsAs,
  type EnrolledKey,
  holdsRole,
  isInForce,
  type KeyEnding,
  type KeyRegister,
  type KeyStanding,
  keyStanding,
  serviceKeys,
  signersOf,
} from './identity/key-register.ts';
export {
  attestedRoles,
  type IdentityProvider,
  readIdentityProvider,
} from './identity/oidc-attestation.ts';
export {
  KEYLESS_ROLES,
  RECOVERY_ROLES,
  ROLES,
  type Role,
  SERVICES,
  type Service,
} from './identity/roles.ts';
export {
  ROTATION_KINDS,
  type Rotation,
  readRotation,
  rotateFounding,
} from './identity/rotation.ts';
export { signerRefusal } from './identity/signer-rules.ts';
export { isTrustRecord } from './identity/trust-records.ts';
export {
  type FirmRules,
  foundTrust,
  type PlacedRecord,
  providerAt,
  rulesAt,
  type TrustResult,
  type TrustState,
} from './identity/trust-state.ts';
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
  checkpointSignedBy,
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
  logKeysOf,
  type RecordSet,
  recordSet,
  recordsOfType,
  serviceKeysOf,
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
export {
  type ApprovalWords,
  approvalDraft,
  approvalMeaning,
  approvalSentence,
  type Decision,
  evidenceToName,
  subjectText,
} from './signing/approval-draft.ts';
export {
  type ChangeRequestReview,
  changeRequestRecord,
  changeRequestReview,
  type OpenRole,
  rolesActedIn,
  rolesOpenTo,
} from './signing/change-request-review.ts';
export { type Draft, personStatement, type Statesman } from './signing/person-statement.ts';
export { visibleLines, visibleText } from './text/visible-text.ts';
export { isUtcTime } from './time.ts';
export { endingsOf, resumeRefusal } from './warrants/endings.ts';
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
  DEMONSTRATION_LEVEL,
  PRODUCTION_LEVEL,
  type SummaryQuestion,
  type SummaryResult,
  signSummary,
  VERIFICATION_SUMMARY_TYPE,
  verificationSummary,
} from './warrants/verification-summary.ts';
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
