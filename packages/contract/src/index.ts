// SPDX-License-Identifier: Apache-2.0
export { AsOfReply, asOfRoutes, LineageGraphReply } from './as-of.ts';
export {
  AppendHeaders,
  BLOB_BYTES_MAX,
  BlobReply,
  blobRoutes,
  CreationHeaders,
  DIGESTS_ASKED_MAX,
  MissingBody,
  MissingReply,
  RangeHeaders,
  TUS_EXTENSIONS,
  TUS_MEDIA_TYPE,
  TUS_VERSION,
  TusHeaders,
  UploadReply,
} from './blobs.ts';
export { DecisionReply, DecisionsReply, decisionsRoutes, IngestReply } from './decisions.ts';
export {
  DiscussionReply,
  discussionRoutes,
  REMARKS_MAX,
  REMARKS_PER_TEN_MINUTES,
  type RemarkBlock,
  RemarkBlockSchema,
  RemarkBody,
  type RemarkInline,
  RemarkPosted,
  type RemarkReply,
  RemarkSchema,
  type ThreadReply,
  ThreadSchema,
} from './discussion.ts';
export { DocumentsReply, documentsRoutes } from './documents.ts';
export { enforcementRoutes } from './enforcement.ts';
export { ErrorReply } from './errors.ts';
export { examRoutes, PostureReply } from './exam.ts';
export {
  CampaignsReply,
  ExceptionsReply,
  FindingsReply,
  OverlaysReply,
  OverridesReply,
  REGISTER_PAGE,
  ReviewsReply,
  reviewsRoutes,
  WorkloadReply,
} from './findings.ts';
export {
  ChangeRequestReply,
  ChangeRequestsReply,
  type ChangesReply,
  ChangesSchema,
  ChangeVerdictSchema,
  governanceRoutes,
  InboxReply,
  PrepareBody,
  PrepareReply,
  PromoteReply,
  type VerdictReply,
  VerdictSchema,
  WarrantsReply,
} from './governance.ts';
export {
  AccountBody,
  AccountReply,
  AuditQuery,
  AuditReply,
  ExternalIdentitySchema,
  IdentitiesReply,
  identityRoutes,
  KeySchema,
  MeReply,
  PeopleReply,
  type Person,
  PersonSchema,
  RoleSchema,
  ServiceKeySchema,
} from './identity.ts';
export {
  JobBody,
  type JobEventReply,
  JobEventSchema,
  JobList,
  JobReply,
  JobSubmitted,
  jobsRoutes,
  WorkerList,
} from './jobs.ts';
export { BundleReply, ConsistencyReply, logRoutes } from './log.ts';
export {
  NOTICE_KINDS,
  NOTICE_PACES,
  NOTICE_STATES,
  NoticeChannelsFile,
  NoticeChannelsReply,
  type NoticeKind,
  type NoticePace,
  NoticeSettingsBody,
  NoticeSettingsReply,
  type NoticeState,
  NoticeTestReply,
  noticesRoutes,
  PENDING_WHENS,
  PendingNoticesReply,
  SentNoticesReply,
  SMTP_SECURITY,
  WebhookSecretReply,
} from './notices.ts';
export { HealthReply, operationsRoutes } from './operations.ts';
export { PackEffectReply, PacksReply, packRoutes } from './packs.ts';
export {
  PolicyEffectReply,
  PolicyHistoryReply,
  PolicyKindSchema,
  PolicyReply,
  policyRoutes,
} from './policy.ts';
export {
  CommitteeFile,
  DeputiesFile,
  POLICY_SCHEMAS,
  PolicyFile,
  policySchemaText,
  QuestionnaireFile,
  RetentionFile,
} from './policy-file.ts';
export {
  PendingReply,
  ProofReply,
  ProvenRecordSchema,
  RECORD_STATES,
  RecordListReply,
  RecordOutcome,
  RecordReply,
  RecordSummary,
  RecordsBody,
  RecordsQuery,
  RecordsReply,
  recordRoutes,
  SignatureBody,
  SignerSchema,
} from './records.ts';
export { CommitteesReply, DeputiesReply, EnvelopesReply, registersRoutes } from './registers.ts';
export {
  EnforcementSchema,
  EvidenceReply,
  InventoryGraphReply,
  type InventoryModelReply,
  InventoryModelSchema,
  InventoryReply,
  LineageReply,
  registryRoutes,
  SharedRiskReply,
  StageSchema,
  VersionReply,
  VersionsReply,
} from './registry.ts';
export {
  ExplainReply,
  FATE_STATES,
  LegalHoldsReply,
  RetentionPlanReply,
  retentionRoutes,
  SavedPlanReply,
  SweepReply,
  ThingKindSchema,
} from './retention.ts';
export { ACTIONS, type Action, type Method, type Route, route } from './route.ts';
export { ROUTES } from './routes.ts';
export { SessionSchema, SessionsReply, sessionRoutes } from './sessions.ts';
export {
  Digest,
  EnvelopeSchema,
  JsonValue,
  Name,
  QueryCount,
  QueryLimit,
  QueryVersion,
  SignatureSchema,
  SubjectRefSchema,
  UtcTime,
  VERSION_MAX,
} from './shared.ts';
export { SIGN_IN_METHODS, SignInBody, SignInMethodsReply, signInRoutes } from './sign-in.ts';
export { EnrolmentRequest, signingRoutes } from './signing.ts';
export {
  type AbilitiesReply,
  type Ability,
  ActBody,
  type ActName,
  PAPER_STATES,
  type PaperStartReply,
  type PapersReply,
  type PreparedReply,
  statementsRoutes,
} from './statements.ts';
export {
  scopeActions,
  TOKEN_SCOPES,
  TokenBody,
  TokenReply,
  type TokenScope,
  TokenScopeSchema,
  TokensReply,
  tokenRoutes,
} from './tokens.ts';
