// SPDX-License-Identifier: Apache-2.0
export { type ComputedTier, type Questionnaire, readQuestionnaire } from '@countersign/kernel';
export { computeTier } from './questionnaire.ts';
