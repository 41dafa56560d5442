// SPDX-License-Identifier: Apache-2.0
import type { EnvelopeSignature } from '@countersign/kernel';
import type { ColumnType, Generated, GeneratedAlways, Insertable, Selectable } from 'kysely';

/**
 * Rows of migrations/*.sql, where each table says what it holds and whether it is trusted (COMMENT ON).
 * Tables of pg-boss are its own and not listed here; of better-auth's only the columns that we read.
 */
export interface Database {
  record: RecordTable;
  record_link: RecordLinkTable;
  unsequenced: UnsequencedTable;
  log_entry: LogEntryTable;
  log_tile: LogTileTable;
  checkpoint: CheckpointTable;
  sequencer: SequencerTable;
  decision_batch: DecisionBatchTable;
  decision: DecisionTable;
  decision_part: DecisionPartTable;
  decision_key: DecisionKeyTable;
  action: ActionTable;
  outcome: OutcomeTable;
  job: JobTable;
  job_runner: JobRunnerTable;
  job_event: JobEventTable;
  account: AccountTable;
  pending_record: PendingRecordTable;
  audit_event: AuditEventTable;
  password_failure: PasswordFailureTable;
  external_identity: ExternalIdentityTable;
  oidc_sign_in: OidcSignInTable;
  retention_item: RetentionItemTable;
  retention_outcome: RetentionOutcomeTable;
  notice_message: NoticeMessageTable;
  notice_item: NoticeItemTable;
  notice_preference: NoticePreferenceTable;
  auth_session: AuthSessionTable;
  auth_api_key: AuthApiKeyTable;
  auth_passkey: AuthPasskeyTable;
}

/** Written once: the application role may not update it, so the types do not offer it either. */
type Fixed<T> = ColumnType<T, T, never>;
/** Another library writes it. */
type ReadOnly<T> = ColumnType<T, never, never>;
/** Milliseconds, UTC. */
type Time = ColumnType<Date, Date | string, never>;

type NullableTime = ColumnType<Date | null, Date | string | null, Date | string | null>;

interface RecordTable {
  digest: Fixed<string>;
  workspace: Generated<string>;
  type: Fixed<string>;
  kind: Fixed<string | null>;
  payload_type: Fixed<string>;
  payload: Fixed<Uint8Array | null>;
  payload_size: Fixed<number>;
  signatures: ColumnType<readonly EnvelopeSignature[], string, never>;
  actor: Fixed<string>;
  model: Fixed<string | null>;
  use: Fixed<string | null>;
  version: Fixed<number | null>;
  claimed_at: Time;
  recorded_at: Time;
}

interface RecordLinkTable {
  workspace: Generated<string>;
  from_digest: Fixed<string>;
  to_digest: Fixed<string>;
  path: Fixed<string>;
}

interface UnsequencedTable {
  position: GeneratedAlways<number>;
  workspace: Generated<string>;
  record: string;
}

interface LogEntryTable {
  index: Fixed<number>;
  workspace: Generated<string>;
  record: Fixed<string>;
  leaf: Fixed<Uint8Array>;
  leaf_hash: Fixed<Uint8Array>;
  logged_at: Time;
}

interface LogTileTable {
  level: Fixed<number>;
  index: Fixed<number>;
  hashes: Fixed<Uint8Array>;
  root: Fixed<Uint8Array>;
  workspace: Generated<string>;
}

interface CheckpointTable {
  size: Fixed<number>;
  root: Fixed<string>;
  text: Fixed<string>;
  published_at: Time;
  workspace: Generated<string>;
}

interface SequencerTable {
  single: Generated<boolean>;
  token: number;
}

interface DecisionBatchTable {
  gateway: Fixed<string>;
  epoch: Fixed<number>;
  n: Fixed<number>;
  workspace: Generated<string>;
  count: Fixed<number>;
  previous_root: Fixed<string>;
  root: Fixed<string>;
  record: Fixed<string>;
  committed_at: Time;
}

interface DecisionTable {
  workspace: Generated<string>;
  id: Fixed<string>;
  gateway: Fixed<string>;
  epoch: Fixed<number>;
  batch: Fixed<number>;
  index: Fixed<number>;
  leaf: Fixed<Uint8Array>;
  header: Fixed<Uint8Array>;
  header_salt: Fixed<Uint8Array>;
  kind: Fixed<string>;
  model: Fixed<string>;
  use: Fixed<string | null>;
  version: Fixed<number | null>;
  stage: Fixed<string | null>;
  warrant: Fixed<string | null>;
  decided_at: Time;
}

interface DecisionPartTable {
  workspace: Generated<string>;
  decision: Fixed<string>;
  part: Fixed<'inputs' | 'output' | 'reasons' | 'protected'>;
  salt: Fixed<Uint8Array>;
  bytes: Fixed<Uint8Array>;
}

interface DecisionKeyTable {
  workspace: Generated<string>;
  caller: Fixed<string>;
  key: Fixed<string>;
  body_digest: Fixed<string>;
  decision: Fixed<string>;
  gateway: Fixed<string>;
  epoch: Fixed<number>;
  batch: Fixed<number>;
  index: Fixed<number>;
  business_hmac: Fixed<string | null>;
  subject_hmac: Fixed<string | null>;
}

interface ActionTable {
  id: GeneratedAlways<number>;
  workspace: Generated<string>;
  decision: Fixed<string>;
  action: Fixed<string>;
  actor: Fixed<string>;
  override: Generated<boolean>;
  reason: Fixed<string | null>;
  acted_at: Time;
  recorded_at: Time;
  record: Fixed<string | null>;
}

interface OutcomeTable {
  id: GeneratedAlways<number>;
  workspace: Generated<string>;
  decision: Fixed<string>;
  kind: Fixed<'realised' | 'human-decision' | 'proxy'>;
  state: Fixed<'pending' | 'matured' | 'indeterminate' | 'censored' | 'unobservable'>;
  value: Fixed<string | null>;
  actor: Fixed<string>;
  observed_at: ColumnType<Date | null, Date | string | null, never>;
  recorded_at: Time;
  record: Fixed<string | null>;
}

interface AccountTable {
  workspace: Generated<string>;
  account: string;
  printed_name: string;
  email: string;
  auth_user: string;
  created_by: string;
  created_at: Time;
  locked_at: ColumnType<Date | null, null, Date | string | null>;
  locked_by: ColumnType<string | null, null, string | null>;
  lock_reason: ColumnType<string | null, null, string | null>;
}

interface PasswordFailureTable {
  attempted: Fixed<string>;
  failures: number;
  since: ColumnType<Date, Date | string, Date | string>;
  strikes: number;
  locked_until: ColumnType<Date | null, Date | string | null, Date | string | null>;
}

interface ExternalIdentityTable {
  id: Fixed<string>;
  workspace: Generated<string>;
  issuer: Fixed<string>;
  subject: Fixed<string>;
  auth_user: Fixed<string>;
  linked_by: Fixed<string>;
  linked_at: Time;
}

interface OidcSignInTable {
  state_digest: Fixed<string>;
  browser_digest: Fixed<string>;
  nonce: Fixed<string>;
  verifier: Fixed<string>;
  return_to: Fixed<string>;
  link_user: Fixed<string | null>;
  expires_at: Time;
}

/** Written by better-auth; we read it, move `lastUsedAt` and delete. */
interface AuthSessionTable {
  id: ReadOnly<string>;
  userId: ReadOnly<string>;
  createdAt: ReadOnly<Date>;
  expiresAt: ReadOnly<Date>;
  ipAddress: ReadOnly<string | null>;
  userAgent: ReadOnly<string | null>;
  signedInBy: ReadOnly<string | null>;
  lastUsedAt: ColumnType<Date | null, never, Date | string>;
}

/** Written by better-auth; we read it and delete. */
interface AuthApiKeyTable {
  id: ReadOnly<string>;
  name: ReadOnly<string | null>;
  start: ReadOnly<string | null>;
  referenceId: ReadOnly<string>;
  permissions: ReadOnly<string | null>;
  createdAt: ReadOnly<Date>;
  updatedAt: ReadOnly<Date>;
  expiresAt: ReadOnly<Date | null>;
}

/** Written by better-auth. */
interface AuthPasskeyTable {
  id: ReadOnly<string>;
  userId: ReadOnly<string>;
  credentialID: ReadOnly<string>;
}

interface PendingRecordTable {
  digest: Fixed<string>;
  workspace: Generated<string>;
  type: Fixed<string>;
  payload_type: Fixed<string>;
  payload: Fixed<Uint8Array>;
  signatures: ColumnType<readonly EnvelopeSignature[], string, string>;
  needs: string;
  proposed_by: Fixed<string>;
  proposed_at: Time;
}

interface RetentionItemTable {
  deletion: Fixed<string>;
  workspace: Generated<string>;
  kind: Fixed<string>;
  id: Fixed<string>;
  rule: Fixed<string>;
  count: Fixed<number>;
  bytes: Fixed<number>;
}

interface RetentionOutcomeTable {
  deletion: Fixed<string>;
  workspace: Generated<string>;
  kind: Fixed<string>;
  id: Fixed<string>;
  outcome: Fixed<'deleted' | 'skipped'>;
  reason: Fixed<string>;
  at: Time;
}

interface AuditEventTable {
  id: GeneratedAlways<number>;
  workspace: Generated<string>;
  at: Time;
  account: Fixed<string | null>;
  action: Fixed<string>;
  subject: Fixed<string | null>;
  outcome: Fixed<'allowed' | 'refused'>;
  code: Fixed<string | null>;
  reason: Fixed<string>;
  request_id: Fixed<string>;
}

interface JobTable {
  id: Fixed<string>;
  workspace: Generated<string>;
  kind: Fixed<string>;
  params: ColumnType<unknown, string, never>;
  request: Fixed<string | null>;
  actor: Fixed<string>;
  state: 'queued' | 'running' | 'done' | 'failed';
  attempts: Generated<number>;
  created_at: Time;
  started_at: ColumnType<Date | null, Date | string | null, Date | string | null>;
  ended_at: ColumnType<Date | null, Date | string | null, Date | string | null>;
  result: ColumnType<unknown, string | null, string | null>;
  error: ColumnType<unknown, string | null, string | null>;
  runner: number | null;
}

interface JobRunnerTable {
  id: GeneratedAlways<number>;
  workspace: Generated<string>;
  host: Fixed<string>;
  process: Fixed<number>;
  concurrency: Fixed<number>;
  started_at: Time;
  ended_at: ColumnType<Date | null, Date | string | null, Date | string | null>;
}

interface JobEventTable {
  n: GeneratedAlways<number>;
  workspace: Generated<string>;
  job: Fixed<string>;
  at: Time;
  text: Fixed<string>;
}

interface NoticeMessageTable {
  id: Fixed<string>;
  workspace: Generated<string>;
  channel: Fixed<string>;
  account: Fixed<string | null>;
  /** Fixed before sending where set; what was used afterwards. */
  address: string | null;
  urgent: Fixed<boolean>;
  state: 'queued' | 'sent' | 'failed' | 'dead';
  attempts: Generated<number>;
  written_at: Time;
  next_attempt_at: NullableTime;
  lease_until: NullableTime;
  sent_at: NullableTime;
  attempted_at: NullableTime;
  result: string | null;
}

interface NoticeItemTable {
  workspace: Generated<string>;
  channel: Fixed<string>;
  recipient: Fixed<string>;
  key: Fixed<string>;
  message: Fixed<string>;
  kind: Fixed<string>;
  subject: Fixed<string>;
  text: Fixed<string>;
  link: Fixed<string>;
  due: ColumnType<Date | null, string | null, never>;
  urgent: Fixed<boolean>;
  record: Fixed<string | null>;
}

interface NoticePreferenceTable {
  workspace: Generated<string>;
  account: Fixed<string>;
  pace: string;
  address: string | null;
  /** `2026-11-23` */
  digested: string | null;
  set_at: ColumnType<Date, Date | string, Date | string>;
}

export type DecisionRow = Selectable<DecisionTable>;
export type NewDecisionRow = Insertable<DecisionTable>;
export type RecordRow = Selectable<RecordTable>;
