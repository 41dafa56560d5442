// SPDX-License-Identifier: Apache-2.0
import type { KernelErrorCode } from '@countersign/kernel';
import type { PipelineErrorCode } from '@countersign/pipeline';
import type { ServerErrorCode } from '../errors.ts';

export interface CatalogueEntry {
  readonly status: number;
  /** For docs/errors.md. */
  readonly meaning: string;
}

/**
 * Every code of this package: its HTTP status and what it means. 500 and above say nothing but the request id; a code
 * that only start-up or a command can throw is 500 here, since in a request it would be our fault.
 */
export const SERVER_ERRORS: { readonly [code in ServerErrorCode]: CatalogueEntry } = {
  policy_file_invalid: {
    status: 500,
    meaning: 'policies/promotion.yaml or the questionnaire cannot be used',
  },
  answers_invalid: {
    status: 422,
    meaning: 'answers to the questionnaire are incomplete or not among the choices',
  },
  model_unknown: { status: 404, meaning: 'no model of that name is in the inventory' },
  version_unknown: { status: 404, meaning: 'the model has no such version' },
  pack_unknown: { status: 404, meaning: 'no framework pack of that name is in force' },
  change_request_unknown: {
    status: 404,
    meaning: 'no change request of that digest counts in the log',
  },
  remark_refused: {
    status: 409,
    meaning:
      'the remark would change nothing: its thread is not there, is in that state already, or takes somebody else',
  },
  policy_unknown: {
    status: 404,
    meaning: 'no such policy document has been signed or awaits signatures',
  },
  change_request_refused: {
    status: 409,
    meaning: 'a change request cannot be prepared; `missing` says why',
  },
  promotion_refused: {
    status: 409,
    meaning: 'the gates are not met; `missing` lists what is lacking',
  },
  promotion_unverified: {
    status: 409,
    meaning: 'the minted warrant did not verify from records and was not published',
  },
  summary_refused: {
    status: 409,
    meaning:
      'only a full production warrant that holds has a verification summary; `missing` says why not',
  },
  job_unknown: { status: 404, meaning: 'no job of that id' },
  job_invalid: { status: 422, meaning: 'the parameters of a job cannot be used' },
  job_request_refused: {
    status: 409,
    meaning: 'the job needs a signed run-request, or the one given does not fit',
  },
  job_interrupted: {
    status: 409,
    meaning: 'the server stopped while the job ran, and it was not taken up again',
  },
  worker_failed: { status: 500, meaning: 'the worker process ended without a result' },
  worker_needs_database: {
    status: 409,
    meaning: 'a worker of its own needs a PostgreSQL that it can share with the server',
  },
  run_failed: { status: 409, meaning: "a step of the run failed; the job's events hold its log" },
  run_output_invalid: {
    status: 500,
    meaning: "the worker's result does not have the shape of one",
  },
  artifact_invalid: { status: 422, meaning: 'the artefact is not a model that can be scored' },
  evidence_unavailable: {
    status: 409,
    meaning: 'a record or file that the work rests on is not there yet',
  },
  decision_unknown: { status: 404, meaning: 'no decision of that id is in the log' },
  ingest_invalid: {
    status: 422,
    meaning:
      'rows of actions or outcomes are wrong; `problems` names their lines, nothing was written',
  },
  not_signed_in: {
    status: 401,
    meaning: 'no valid API key, session or password came with the request',
  },
  not_permitted: {
    status: 403,
    meaning:
      'the access policies do not permit it; the message says which policy or which role it takes',
  },
  access_policies_invalid: {
    status: 500,
    meaning: 'policies/access.cedar does not parse or does not fit its schema',
  },
  account_exists: { status: 409, meaning: 'the account id is taken' },
  account_unknown: { status: 404, meaning: 'no account of that id' },
  account_lock_refused: {
    status: 409,
    meaning: 'the account cannot be locked or unlocked so; another administrator has to unlock it',
  },
  scope_missing: {
    status: 403,
    meaning: 'the API token has no scope for this; the message names the one it takes',
  },
  session_unknown: { status: 404, meaning: 'no open session of that id is the caller’s' },
  session_not_fresh: {
    status: 403,
    meaning:
      'a new way to sign in is added within a quarter of an hour of signing in: sign in again',
  },
  token_unknown: { status: 404, meaning: 'no API token of that id is the caller’s' },
  token_limit: { status: 409, meaning: 'the account holds as many API tokens as it may' },
  passkey_refused: {
    status: 409,
    meaning:
      'the passkey cannot be registered for signing in: it does not verify its user, or it signs records',
  },
  passkey_unknown: { status: 404, meaning: 'no passkey of that id signs in the caller' },
  identity_unknown: {
    status: 403,
    meaning:
      'the identity at the firm’s provider is linked to no account; nobody gets an account by signing in',
  },
  identity_taken: {
    status: 409,
    meaning: 'the identity at the firm’s provider signs in as another account',
  },
  sign_in_state_invalid: {
    status: 400,
    meaning: 'this browser has no such sign-in at the firm’s provider under way, or it was used',
  },
  provider_unknown: { status: 404, meaning: 'no identity provider is configured' },
  provider_unavailable: { status: 503, meaning: 'the identity provider does not answer' },
  provider_answer_refused: {
    status: 403,
    meaning: 'the identity provider’s answer, or its ID token, does not verify',
  },
  key_file_invalid: { status: 500, meaning: 'a key file cannot be read, or its halves do not fit' },
  passphrase_wrong: { status: 500, meaning: 'a key does not open with the passphrase' },
  already_founded: { status: 500, meaning: 'the data directory or database holds a firm already' },
  founding_interrupted: { status: 500, meaning: 'a founding in this data directory was cut short' },
  not_founded: { status: 500, meaning: 'the data directory holds no firm' },
  founding_invalid: { status: 500, meaning: 'a firm cannot be founded so' },
  config_invalid: { status: 500, meaning: 'config.json cannot be read' },
  notice_unknown: { status: 404, meaning: 'no message of that id has been given up' },
  notice_address_refused: {
    status: 422,
    meaning: 'the address for notices is in no domain of the firm',
  },
  webhook_unknown: { status: 404, meaning: 'no webhook of that name is among the channels' },
  founding_mismatch: {
    status: 500,
    meaning: 'the log does not begin with the configured founding record',
  },
  record_uncounted: {
    status: 500,
    meaning: "the platform's signature would not make the record count",
  },
  record_not_sequenced: { status: 503, meaning: 'a record has no place in the log yet; try again' },
  record_too_large: { status: 413, meaning: "a record's payload is above 1 MiB" },
  record_of_another_firm: {
    status: 422,
    meaning: 'the record names another founding record: a replay',
  },
  policy_superseded: {
    status: 409,
    meaning:
      'a later text of the same kind is in force: what was proposed before it would put it back',
  },
  record_refused: {
    status: 409,
    meaning: "a rule of the record's type refuses it; the message says which",
  },
  signature_invalid: {
    status: 422,
    meaning:
      "a signature does not verify, or its key is not enrolled, not in effect or a service's",
  },
  not_a_signer: { status: 403, meaning: 'the caller neither acted in the record nor signed it' },
  conflict_of_duties: {
    status: 409,
    meaning:
      'the computed separation of duties bars the signer; the message names the record that shows it',
  },
  bundle_unavailable: {
    status: 404,
    meaning: 'the digest names nothing that a bundle is made for',
  },
  log_unavailable: { status: 503, meaning: 'no checkpoint has been published yet' },
  request_malformed: {
    status: 400,
    meaning: 'the request cannot be read; `field` names the place',
  },
  request_too_large: { status: 413, meaning: "the body is above the route's limit" },
  media_type_unsupported: {
    status: 415,
    meaning: 'the body has a content type that the route does not take',
  },
  route_unknown: { status: 404, meaning: 'nothing is at that path and method' },
  blob_deleted: {
    status: 410,
    meaning:
      'the bytes were deleted by the retention rules; the message names the signed deletion record',
  },
  plan_refused: {
    status: 409,
    meaning:
      'no plan can be kept for a time to come, before a retention policy was signed, or with nothing due',
  },
  sweep_refused: {
    status: 409,
    meaning: 'the sweep lacks signatures, or its plan is none, of another firm or for a later time',
  },
  sweep_running: { status: 409, meaning: 'another sweep is under way; ask again' },
  thing_unknown: {
    status: 404,
    meaning: 'no bytes, record or decision of that name are stored or were deleted',
  },
  subject_unavailable: {
    status: 409,
    meaning: 'the key under which gateways file data subjects is not on this server',
  },
  blob_unknown: { status: 404, meaning: 'no bytes of that digest are stored' },
  range_unsatisfiable: {
    status: 416,
    meaning: 'the bytes end before the range that was asked for',
  },
  tus_version_unsupported: {
    status: 412,
    meaning: 'an upload speaks a version of the tus protocol that is not spoken here',
  },
  log_file_unknown: { status: 404, meaning: 'the log has published no such file' },
  too_many_requests: {
    status: 429,
    meaning:
      'too many sign-in attempts from one address, or too many remarks by one account on one change request',
  },
  internal: { status: 500, meaning: 'the server failed; the answer holds only the request id' },
  postgres_missing: {
    status: 500,
    meaning: 'no PostgreSQL programs are installed for this platform',
  },
  postgres_identity: { status: 500, meaning: 'the embedded PostgreSQL cannot run under this user' },
  postgres_failed: { status: 503, meaning: 'the embedded PostgreSQL did not start or stopped' },
  database_unreachable: { status: 503, meaning: 'the database does not answer' },
  database_unsuitable: {
    status: 500,
    meaning: 'the database is too old, could lose commits or lacks a migration',
  },
  migration_changed: { status: 500, meaning: 'an applied migration file was changed afterwards' },
  published_missing: { status: 500, meaning: 'an object of the published log is missing' },
  published_path_invalid: { status: 404, meaning: 'not a path of the published log' },
  record_unsigned: { status: 422, meaning: 'a record without signature' },
  record_sequenced: { status: 409, meaning: "the log has frozen the record's signatures" },
  record_conflict: {
    status: 409,
    meaning: 'a key has signed the record with another signature already',
  },
  record_unknown: { status: 404, meaning: 'no record of that digest is known' },
  checkpoint_timeout: { status: 503, meaning: 'the record is not checkpointed yet; ask again' },
  checkpoint_unknown: {
    status: 404,
    meaning: 'no checkpoint of that size, or none that covers the record yet',
  },
  ledger_behind: {
    status: 503,
    meaning: 'the database is behind the last published checkpoint: a restored backup',
  },
  ledger_fork: { status: 500, meaning: 'database and published log disagree' },
  ledger_corrupt: { status: 500, meaning: 'bytes of the log are not what their digests say' },
  ledger_fenced: { status: 503, meaning: 'another process took over sequencing' },
  pack_unreadable: { status: 500, meaning: 'a framework pack file cannot be read' },
  pack_malformed: {
    status: 422,
    meaning: 'a framework pack is not one; `problems` names the places',
  },
  document_unknown: { status: 404, meaning: 'the pack has no such document' },
  font_missing: { status: 500, meaning: 'a bundled font is missing' },
  chart_malformed: { status: 500, meaning: 'a chart has no data that can be drawn' },
  render_failed: { status: 500, meaning: 'a document could not be typeset' },
};

/** Bytes that the kernel could not read came with the request: 422, but for two that have a status of their own. */
export const KERNEL_ERROR_STATUS: { readonly [code in KernelErrorCode]?: number } = {
  json_too_large: 413,
  bad_tree_range: 500,
  bad_tile: 500,
};

/** The same of the pipeline, whose codes mostly end a job and are then in its error. */
export const PIPELINE_ERROR_STATUS: { readonly [code in PipelineErrorCode]?: number } = {
  blob_missing: 404,
  blob_name_invalid: 400,
  // The key of a retention class was destroyed, or is kept apart: once it is put back the same request succeeds.
  blob_key_missing: 409,
  // Damage on our side, yet the caller must learn which bytes: a 500 would say nothing but the request id. Not 410,
  // which is for ever: once the file is restored from a backup or sent again, the same request succeeds.
  blob_corrupt: 409,
  upload_unknown: 404,
  upload_offset_wrong: 409,
  upload_busy: 423,
  upload_too_large: 413,
  upload_limit: 429,
  upload_digest_differs: 422,
  // 507 is WebDAV's and a failure; that nothing fits is an answer, and the bytes that came stay.
  storage_full: 413,
};

/** Refusals that say nothing about the caller: only whoever operates the server can mend what is damaged. */
export const OWN_DAMAGE: ReadonlySet<string> = new Set<PipelineErrorCode>([
  'blob_corrupt',
  'storage_full',
]);

/** What to do about a code of the pipeline beyond its message. */
export const PIPELINE_ERROR_NEXT: { readonly [code in PipelineErrorCode]?: string } = {
  blob_corrupt: 'countersign ledger verify',
};

/** docs/errors.md: what a caller may meet, by code. */
export function errorDocument(): string {
  const rows = Object.entries(SERVER_ERRORS).map(([code, { status, meaning }]) => [
    `\`${code}\``,
    String(status),
    meaning,
  ]);
  const others = Object.entries({ ...KERNEL_ERROR_STATUS, ...PIPELINE_ERROR_STATUS }).map(
    ([code, status]) => [`\`${code}\``, String(status)],
  );
  return `# Errors of the API

Every refusal has the body \`{"error": {"code", "message", "field"?, "next"?, "missing"?, "problems"?, "requestId"}}\`.
Codes are stable; messages are for people. Of a status 500 the body holds the request id alone; the server's log has the
rest. This page is made from \`packages/server/src/http/error-catalogue.ts\`, and a test keeps the two equal.

${table(['code', 'status', 'meaning'], rows)}

Codes of the kernel (unfit bytes: envelopes, records, JSON) and of the pipeline are passed on with status 422, except:

${table(['code', 'status'], others)}
`;
}

/** Markdown with columns of equal width, as the formatter leaves it; rows by their first cell. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const sorted = [...rows].sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  const widths = head.map((_, column) =>
    Math.max(...[head, ...sorted].map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[], fill: string): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width, fill)).join(' | ')} |`;
  return [line(head, ' '), line([], '-'), ...sorted.map((row) => line(row, ' '))].join('\n');
}
