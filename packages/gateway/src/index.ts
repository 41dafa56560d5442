// SPDX-License-Identifier: Apache-2.0
export { pinnedDigest } from './admission/image-reference.ts';
export {
  type Admission,
  type AdmissionOptions,
  startAdmission,
} from './admission/start-admission.ts';
export {
  type WarrantedVersion,
  WarrantedVersions,
  type WarrantedVersionsOptions,
} from './admission/warranted-versions.ts';
export { type Answer, answerRow, inputFields, type Reason, rowOf } from './decision/answer.ts';
export { type Decision, type DecisionHeader, sealDecision } from './decision/decision.ts';
export { openServedModel, type ServedModel } from './decision/served-model.ts';
export type { Feed } from './deployment/feed.ts';
export { type FileFeedOptions, fileFeed } from './deployment/file-feed.ts';
export { GatewayError, type GatewayErrorCode } from './errors.ts';
export { answerOf, type DecideAnswer, type FallbackNotice } from './http/answers.ts';
export type { Caller } from './http/app.ts';
export { DecisionLog } from './log/decision-log.ts';
export { readDecision, type StoredDecision } from './log/read-decision.ts';
export {
  type FeedSource,
  type Gateway,
  type GatewayOptions,
  startGateway,
} from './start-gateway.ts';
