// SPDX-License-Identifier: Apache-2.0
export { abilitiesOf } from './acts/abilities.ts';
export { namesOfRecords } from './acts/names-of-records.ts';
export { formOf } from './acts/paper-acts.ts';
export { papersOf } from './acts/papers.ts';
export { prepareStatements } from './acts/prepare-statements.ts';
export {
  approvalsOf,
  CHANGE_REQUEST_STATES,
  type ChangeRequestState,
  type ChangeRequestSummary,
  type ChangeRequestView,
  changeRequestsPage,
  changeRequestView,
  findChangeRequest,
  listChangeRequests,
  warrantOf,
} from './change-requests.ts';
export { eSignatureOf } from './e-signature.ts';
export { type ExceptionEntry, type ExceptionFilter, listExceptions } from './exceptions.ts';
export { findingsRegister } from './findings.ts';
export { evidenceToApprove, frozenEvidence } from './frozen-evidence.ts';
export { type InboxItem, inbox, type OpenRequest, openRequests, requestItems } from './inbox.ts';
export { type OverrideTrend, overrideTrend } from './overrides.ts';
export { type PolicyEffect, type PolicyEffectItem, policyEffect } from './policy-effect.ts';
export {
  POLICY_KINDS,
  type PolicyDocumentKind,
  type PolicyHistoryEntry,
  type PolicyVersion,
  policyHistory,
  policyInForce,
} from './policy-history.ts';
export {
  type ChangeProposal,
  type PreparedChangeRequest,
  prepareChangeRequest,
} from './prepare-change-request.ts';
export { type Promotion, promote } from './promote.ts';
export { askedItems } from './register-items.ts';
export {
  committeesRegister,
  deputiesRegister,
  envelopesRegister,
} from './standing-registers.ts';
export { summariseWarrant } from './summarise-warrant.ts';
export { turns } from './take-turns.ts';
export { type TrustNotice, trustNotices } from './trust-notices.ts';
export { listWarrants, type WarrantEntry } from './warrants.ts';
