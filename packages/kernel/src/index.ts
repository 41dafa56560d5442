// SPDX-License-Identifier: Apache-2.0
export {
  type AsOfQuestion,
  type AsOfStage,
  type AsOfView,
  type AsOfWarrant,
  asOfView,
  type Correction,
} from './as-of/as-of-view.ts';
export { modelsOf, setsByModel } from './as-of/model-records.ts';
export { type AsOf, effectOf, indexAt, recordsAsOf } from './as-of/records-as-of.ts';
export { type VersionStage, versionStage } from './as-of/version-stage.ts';
export {
  type ApprovalLink,
  approvalsOn,
  type ChainLink,
  chainLink,
  type WarrantChain,
  warrantChain,
} from './as-of/warrant-chain.ts';
export {
  type GateMemo,
  type WarrantStanding,
  warrantStanding,
} from './as-of/warrant-standing.ts';
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
  type BuiltDesign,
  type BuiltFacts,
  type BuiltFeatures,
  type BuiltSearch,
  builtFacts,
} from './evidence/built-facts.ts';
export { readCommandScorer, SCORER_PROTOCOL } from './evidence/command-scorer.ts';
export {
  blockingGaps,
  type ClauseResult,
  type CompletenessQuery,
  completeness,
  type EvidenceResult,
  type EvidenceStatus,
  worstStatus,
} from './evidence/completeness.ts';
export {
  ENFORCEMENT_GRADES,
  type EnforcementGrade,
  enforcementCaveat,
  enforcementGrade,
  originOf,
  originOfVersion,
  weakestGrade,
} from './evidence/enforcement-grade.ts';
export { EVIDENCE_IDS, type EvidenceId, REGISTER_EVIDENCE } from './evidence/evidence-ids.ts';
export {
  appliesTo,
  attachmentsFor,
  evidenceItems,
  isStale,
  latestItem,
  supersededDigests,
  type VersionContext,
  versionContext,
} from './evidence/evidence-items.ts';
export {
  catalogueLacks,
  type LackingInput,
  lackingText,
  MEASURED_CATALOGUE,
} from './evidence/feature-catalogue.ts';
export { CHECK_IDS, type CheckId, GATE_IDS, type GateId } from './evidence/gate-ids.ts';
export {
  CONTROL_KINDS,
  type ControlVerification,
  HAZARD_WATCHES,
  type Hazard,
  type HazardControl,
  type HazardWatch,
  readHazards,
} from './evidence/hazard.ts';
export {
  type ControlReport,
  type ControlState,
  type HazardReport,
  type HazardState,
  hazardReports,
  hazardShortfall,
  hazardsWatchedBy,
} from './evidence/hazard-reports.ts';
export {
  ATTACHABLE,
  type InventoryFacts,
  LINK_TYPES,
  MODEL_KINDS,
  readAttachmentContent,
  readInventoryFacts,
  readLocations,
} from './evidence/inventory-entry.ts';
export {
  type Applicability,
  bindsOn,
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
export { demandName, type PackChange, packChanges } from './evidence/pack-changes.ts';
export { NOT_AT_INTAKE, packFaults } from './evidence/pack-faults.ts';
export { packIn } from './evidence/pack-in.ts';
// Records, identity, evidence, gates and warrants.
export {
  newestPolicyDocument,
  packsInScope,
  type ScopedPack,
  scopeDecisions,
} from './evidence/packs-in-scope.ts';
export { PAPER_FORMS, type PaperForm } from './evidence/paper-forms.ts';
export {
  type PaperStart,
  type PaperSubject,
  paperInForce,
  paperStart,
} from './evidence/paper-prefill.ts';
export {
  formatPackPath,
  type PackParse,
  type PackPath,
  type PackProblem,
  parsePack,
} from './evidence/parse-pack.ts';
export {
  type HeldBackFacts,
  type ReplicatedFacts,
  type ValidationFacts,
  validationFacts,
} from './evidence/validation-facts.ts';
export { CHANGE_TYPES, isChange } from './exam/change-population.ts';
export type { ExamQuestion, Period } from './exam/exam-question.ts';
export { type ExamRegister, examRegisters } from './exam/exam-registers.ts';
export {
  monthPeriod,
  monthsOf,
  type Posture,
  type PostureQuestion,
  posture,
} from './exam/posture.ts';
export {
  ATTRIBUTING_ROLES,
  type Attribution,
  attributingAccounts,
  attributionsOf,
  isBot,
  readAttributionContent,
  sameAddress,
} from './gates/author-attribution.ts';
export type { CarriedItem } from './gates/carried.ts';
export {
  CHANGE_CLASSES,
  type ChangeClass,
  type ClassRules,
  classOf,
} from './gates/change-class.ts';
export {
  ASSESSMENT_PARTS,
  type AssessmentPart,
  type ChangeControlPlan,
  type PlannedModification,
  PROTOCOL_PARTS,
  type ProtocolPart,
} from './gates/change-control-plan.ts';
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
export { type CharterInForce, chartersInForce, recordedVotesRefusal } from './gates/committee.ts';
export {
  type CommitteeCharter,
  type CommitteeDecision,
  readCommitteeCharter,
} from './gates/committee-decision.ts';
export { waivedEvidence } from './gates/conditions.ts';
export { type Deputation, deputationsOf, readDeputies } from './gates/deputies.ts';
export { type ChangeEnvelope, ENVELOPE_KIND, isEnvelope, readEnvelope } from './gates/envelope.ts';
export {
  type EnvelopeProof,
  envelopeApprovals,
  envelopeDuties,
} from './gates/envelope-proof.ts';
export {
  approvalConflict,
  changeOf,
  type GateVerdict,
  type JudgedApproval,
  type JudgedCondition,
  type Phase,
  productionBaseline,
} from './gates/evaluate.ts';
export { type Excuse, excuseOf } from './gates/excuses.ts';
export { readTier } from './gates/facts.ts';
export type {
  Baseline,
  MaterialityReason,
  MaterialityVerdict,
} from './gates/materiality.ts';
export {
  ASPECTS,
  type Aspect,
  type AspectChange,
  COMPARISON_KIND,
  changesBetween,
  comparisonRecord,
  MEASURE_METRICS,
  MEASURES,
  type Measure,
  ofVersion,
  type ParameterChange,
  parameterChanges,
  type VersionPair,
} from './gates/materiality-changes.ts';
export {
  CARRIABLE,
  CARRIABLE_INSIDE,
  ENVELOPE_TRANSITIONS,
  MATERIALITIES,
  type Materiality,
  type MaterialityRules,
  readMaterialityRules,
} from './gates/materiality-rules.ts';
export type {
  ChangeSummary,
  ComparedScores,
  DatasetChange,
  MetricChange,
} from './gates/materiality-summary.ts';
export type { ChangeVerdict } from './gates/materiality-verdict.ts';
export { gateVerdict, measurementsOf, VERDICTS, type Verdict } from './gates/measurements.ts';
export {
  type ApprovalRule,
  CONDITIONS,
  type ConditionId,
  type ConditionRule,
  type LegacyRule,
  NEVER_EXCUSED,
  NEVER_WAIVED,
  type Policy,
  readPolicy,
  TIERS,
  type Tier,
  TRANSITIONS,
  type Transition,
  WAIVABLE_CONDITIONS,
  whenHolds,
} from './gates/policy.ts';
export { type ProvisionalUse, readProvisionalContent } from './gates/provisional.ts';
export { judgeChangeRequest, RULES_VERSION } from './gates/rules.ts';
export { conflictOf, type Duties, dutiesOf } from './gates/separation-of-duties.ts';
export {
  type ReliefFacts,
  readWaiverContent,
  reliefRefusal,
  type Waiver,
  type Waivers,
  waiversOf,
} from './gates/waivers.ts';
export {
  actRefusal,
  discussionOf,
  mayBlock,
  mentionsIn,
  openBlocking,
  REMARK_ACTS,
  REMARK_TEXT_MAX,
  type Remark,
  type RemarkAct,
  type RemarkContent,
  type RemarkStanding,
  type RemarkThread,
  readRemark,
} from './governance/discussion.ts';
export {
  type ExceptionAge,
  exceptionsRegister,
} from './governance/exceptions-register.ts';
export {
  endOfDay,
  FINDING_SEVERITIES,
  FINDING_SOURCES,
  FINDING_STATES,
  type FindingSeverity,
  type FindingSource,
  type FindingState,
  readFindingRecord,
} from './governance/finding-content.ts';
export {
  EXTENSIONS_MAX_DEFAULT,
  findingChain,
  findingInForce,
  findingStepRefusal,
  isAcceptanceRunning,
} from './governance/finding-steps.ts';
export {
  AGEING_BUCKETS,
  type AgeingRow,
  type FindingEntry,
  type FindingFilter,
  findingsAgeing,
  findingsRegister,
  nextFindingId,
} from './governance/findings-register.ts';
export { type LapsedCondition, lapsedConditions } from './governance/lapsed-conditions.ts';
export { overdueReview } from './governance/overdue-review.ts';
export {
  nextOverlayId,
  type OverlayEntry,
  type OverlayFilter,
  overlaysRegister,
} from './governance/overlays-register.ts';
export {
  type AttestationAnswer,
  type AttestationCampaign,
  attestationCampaigns,
  attestationRefusal,
  inventoryInForce,
} from './governance/owner-attestations.ts';
export {
  type ComputedTier,
  QUESTIONNAIRE_SECTIONS,
  type Questionnaire,
  type QuestionnaireAnswer,
  type QuestionnaireQuestion,
  readQuestionnaire,
  type TierResult,
  tierOfAnswers,
} from './governance/questionnaire.ts';
export {
  REBUILD_DAYS_DEFAULT,
  type RebuildEntry,
  type RebuiltVersion,
  rebuildSchedule,
} from './governance/rebuild-schedule.ts';
export {
  REVIEW_OUTCOMES,
  REVIEW_TRIGGERS,
  type ReviewOutcome,
  type ReviewTriggerKind,
  readAttestation,
  readCampaign,
  readModelReview,
  readOverlay,
} from './governance/review-content.ts';
export {
  countedReviews,
  policyInForce,
  REVIEW_DAYS_DEFAULT,
  type ReviewEntry,
  type ReviewState,
  type ReviewTrigger,
  reviewConflict,
  reviewSchedule,
} from './governance/review-schedule.ts';
export { validatorWorkload, type WorkloadRow } from './governance/validator-workload.ts';
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
  inclusionProofsFromTiles,
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
export {
  type Fate,
  judgeThing,
  type RetentionFacts,
  type RuleReason,
  type Until,
} from './retention/judge-thing.ts';
export {
  type HeldMatter,
  isHeld,
  LEGAL_HOLD_KIND,
  type LegalHold,
  type LegalHoldContent,
  legalHolds,
  nextHoldId,
  readLegalHold,
} from './retention/legal-hold.ts';
export { type ModelLives, modelLives } from './retention/model-lives.ts';
export { blobsNamedBy, digestsIn, specialDatasets } from './retention/named-blobs.ts';
export { type PackScopes, packScopes } from './retention/packs-of-model.ts';
export { later, periodText } from './retention/period.ts';
export {
  type PolicyInForce,
  RETENTION_POLICY_KIND,
  retentionPolicies,
  SHORTENING_NOTICE_DAYS,
} from './retention/policies-in-force.ts';
export {
  isBelowFloor,
  RETENTION_RULE_IDS,
  type RetentionPolicy,
  type RetentionRule,
  RULE_FLOORS,
  type RulePeriod,
  readRetentionPolicy,
} from './retention/retention-policy.ts';
export {
  countByRule,
  DELETION_KIND,
  type DeletionContent,
  DISPOSAL_KIND,
  type DisposalContent,
  type KindCount,
  PLAN_THINGS_MAX,
  type PlannedThing,
  type RetentionPlan,
  readPlannedThings,
  readRetentionPlan,
  readSweep,
  SWEEP_KIND,
  type SweepContent,
  sweepRefusal,
} from './retention/sweep-content.ts';
export {
  DESTROYABLE_KINDS,
  type DestroyableKind,
  isDecisionKind,
  MOMENTS,
  type Moment,
  NEVER_KINDS,
  PART_OF_KIND,
  REPRODUCTION_KINDS,
  type StoredThing,
  type ThingKind,
  type ThingReference,
} from './retention/thing-kinds.ts';
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
  isJudgedOtherwise,
  type OpenRole,
  type Promotion,
  rolesActedIn,
  rolesOpenTo,
} from './signing/change-request-review.ts';
export {
  DOCUMENT_SIGNATURE,
  type DocumentSignature,
  documentSignatureDraft,
  filesOfDocument,
  ISSUED,
  type IssuedDocument,
  issuedDocuments,
  readDocumentSignature,
  signaturesOf,
} from './signing/document-signature.ts';
export {
  FINDING_STEPS,
  type FindingStep,
  findingDraft,
  findingStepDraft,
  type StandingFinding,
} from './signing/finding-drafts.ts';
export { entryDraft, tierDraft } from './signing/intake-drafts.ts';
export {
  type PaperFrame,
  type PaperHead,
  type PaperSections,
  paperRecord,
  paperSections,
  paperText,
} from './signing/paper-drafts.ts';
export { type Draft, personStatement, type Statesman } from './signing/person-statement.ts';
export {
  attestationDraft,
  opensFinding,
  REVIEW_FINDING_DAYS,
  type ReviewFacts,
  type ReviewSubject,
  type ReviewWords,
  reviewDrafts,
} from './signing/review-drafts.ts';
export { visibleLines, visibleText } from './text/visible-text.ts';
export { isUtcTime } from './time.ts';
export { AFTER_REVIEW_KIND, type AfterReview, afterReviewOf } from './warrants/after-review.ts';
export { endingsOf, resumeRefusal } from './warrants/endings.ts';
export {
  type LegacyStanding,
  type LegacyTerms,
  type LegacyWarrant,
  legacyRuleOf,
  legacyStanding,
  legacyTerms,
  readLegacyWarrant,
} from './warrants/legacy-warrant.ts';
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
  provisionalDenials,
  provisionalWarrants,
  restrictionsOf,
  verifyWarrant,
  type WarrantCheck,
  type WarrantDenial,
  type WarrantGrant,
  type WarrantQuestion,
} from './warrants/verify-warrant.ts';
export {
  readWarrant,
  readWarrantRecord,
  type Warrant,
  wellFormedWarrant,
} from './warrants/warrant.ts';
export {
  type WebauthnAssertion,
  type WebauthnParts,
  type WebauthnRefusal,
  webauthnChallenge,
  webauthnRefusal,
} from './webauthn.ts';
