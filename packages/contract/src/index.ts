// SPDX-License-Identifier: Apache-2.0
export { AsOfReply, asOfRoutes, LineageGraphReply } from './as-of.ts';
export { DecisionReply, DecisionsReply, decisionsRoutes, IngestReply } from './decisions.ts';
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
  JobReply,
  JobSubmitted,
  jobsRoutes,
} from './jobs.ts';
export { BundleReply, ConsistencyReply, logRoutes } from './log.ts';
export { HealthReply, operationsRoutes } from './operations.ts';
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
} from './policy-file.ts';
export {
  BLOB_BYTES_MAX,
  BlobReply,
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
  scopeActions,
  TOKEN_SCOPES,
  TokenBody,
  TokenReply,
  type TokenScope,
  TokenScopeSchema,
  TokensReply,
  tokenRoutes,
} from './tokens.ts';
