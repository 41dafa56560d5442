// SPDX-License-Identifier: Apache-2.0
export { type Answer, answerRow, inputFields, type Reason, rowOf } from './decision/answer.ts';
export { type Decision, type DecisionHeader, sealDecision } from './decision/decision.ts';
export { openServedModel, type ServedModel } from './decision/served-model.ts';
export { GatewayError, type GatewayErrorCode } from './errors.ts';
export { answerOf, type DecideAnswer } from './http/answers.ts';
export type { Caller } from './http/app.ts';
export { DecisionLog } from './log/decision-log.ts';
export { readDecision, type StoredDecision } from './log/read-decision.ts';
export { type Gateway, type GatewayOptions, startGateway } from './start-gateway.ts';
