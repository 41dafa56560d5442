// SPDX-License-Identifier: Apache-2.0
export {
  type ComputedTier,
  computeTier,
  type Questionnaire,
  readQuestionnaire,
} from './questionnaire.ts';
