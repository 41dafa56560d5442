// SPDX-License-Identifier: Apache-2.0
export {
  approvalsOf,
  CHANGE_REQUEST_STATES,
  type ChangeRequestState,
  type ChangeRequestSummary,
  type ChangeRequestView,
  changeRequestView,
  findChangeRequest,
  listChangeRequests,
  warrantOf,
} from './change-requests.ts';
export { eSignatureOf } from './e-signature.ts';
export { type ExceptionEntry, listExceptions } from './exceptions.ts';
export { type FindingEntry, findingsRegister, nextFindingId } from './findings.ts';
export { evidenceToApprove, frozenEvidence } from './frozen-evidence.ts';
export { type InboxItem, inbox } from './inbox.ts';
export {
  type ChangeProposal,
  type PreparedChangeRequest,
  prepareChangeRequest,
} from './prepare-change-request.ts';
export { type Promotion, promote } from './promote.ts';
export { summariseWarrant } from './summarise-warrant.ts';
export { type TrustNotice, trustNotices } from './trust-notices.ts';
export { listWarrants, type WarrantEntry } from './warrants.ts';
