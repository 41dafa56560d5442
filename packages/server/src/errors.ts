// SPDX-License-Identifier: Apache-2.0

/** Every code that this package can throw, by feature folder; the HTTP map and the docs are kept equal to it. */
export type ServerErrorCode =
  // registry, governance, jobs, monitoring
  | 'policy_file_invalid'
  | 'answers_invalid'
  | 'model_unknown'
  | 'version_unknown'
  | 'pack_unknown'
  | 'change_request_unknown'
  | 'policy_unknown'
  | 'change_request_refused'
  | 'remark_refused'
  | 'promotion_refused'
  | 'promotion_unverified'
  | 'summary_refused'
  | 'job_unknown'
  | 'job_invalid'
  | 'job_request_refused'
  | 'job_interrupted'
  | 'worker_failed'
  | 'worker_needs_database'
  | 'run_failed'
  | 'run_output_invalid'
  | 'artifact_invalid'
  | 'evidence_unavailable'
  | 'decision_unknown'
  | 'ingest_invalid'
  // retention
  | 'plan_refused'
  | 'sweep_refused'
  | 'sweep_running'
  | 'thing_unknown'
  | 'subject_unavailable'
  // identity
  | 'not_signed_in'
  | 'not_permitted'
  | 'access_policies_invalid'
  | 'account_exists'
  | 'account_unknown'
  | 'account_lock_refused'
  | 'scope_missing'
  | 'session_unknown'
  | 'session_not_fresh'
  | 'token_unknown'
  | 'token_limit'
  | 'passkey_refused'
  | 'passkey_unknown'
  | 'identity_unknown'
  | 'identity_taken'
  | 'sign_in_state_invalid'
  | 'provider_unknown'
  | 'provider_unavailable'
  | 'provider_answer_refused'
  | 'key_file_invalid'
  | 'passphrase_wrong'
  | 'already_founded'
  | 'founding_interrupted'
  | 'not_founded'
  | 'founding_invalid'
  | 'config_invalid'
  // notices
  | 'notice_unknown'
  | 'notice_address_refused'
  | 'webhook_unknown'
  // records
  | 'founding_mismatch'
  | 'record_uncounted'
  | 'record_not_sequenced'
  | 'record_too_large'
  | 'record_of_another_firm'
  | 'record_refused'
  | 'signature_invalid'
  | 'not_a_signer'
  | 'conflict_of_duties'
  | 'policy_superseded'
  | 'bundle_unavailable'
  | 'log_unavailable'
  // http
  | 'request_malformed'
  | 'request_too_large'
  | 'media_type_unsupported'
  | 'route_unknown'
  | 'blob_unknown'
  | 'blob_deleted'
  | 'range_unsatisfiable'
  | 'tus_version_unsupported'
  | 'log_file_unknown'
  | 'too_many_requests'
  | 'internal'
  // store
  | 'postgres_missing'
  | 'postgres_identity'
  | 'postgres_failed'
  | 'database_unreachable'
  | 'database_unsuitable'
  | 'migration_changed'
  | 'published_missing'
  | 'published_path_invalid'
  // ledger
  | 'record_unsigned'
  | 'record_sequenced'
  | 'record_conflict'
  | 'record_unknown'
  | 'checkpoint_timeout'
  | 'checkpoint_unknown'
  | 'ledger_behind'
  | 'ledger_fork'
  | 'ledger_corrupt'
  | 'ledger_fenced'
  // dossier
  | 'pack_unreadable'
  | 'pack_malformed'
  | 'document_unknown'
  | 'font_missing'
  | 'chart_malformed'
  | 'render_failed';

/** A broken input or a broken world. `details` holds the values that the message mentions. */
export class ServerError extends Error {
  readonly code: ServerErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ServerErrorCode,
    message: string,
    options: { details?: Readonly<Record<string, unknown>>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ServerError';
    this.code = code;
    this.details = options.details ?? {};
  }
}
