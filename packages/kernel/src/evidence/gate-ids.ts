// SPDX-License-Identifier: Apache-2.0

/** Blocking transitions. Source: the requirement catalogue, section 1.2. */
export const GATE_IDS = [
  'gate/intake',
  'gate/data',
  'gate/train',
  'gate/candidate',
  'gate/validation',
  'gate/approval',
  'gate/deploy',
  'gate/change',
  'gate/serve',
  'gate/review',
  'gate/retire',
] as const;
export type GateId = (typeof GATE_IDS)[number];

/** Continuous checks. Source: the requirement catalogue, section 1.2. */
export const CHECK_IDS = [
  'check/drift',
  'check/outcomes',
  'check/fairness',
  'check/overrides',
  'check/integrity',
  'check/access',
  'check/retention',
  'check/freshness',
  'check/clock',
  'check/repro',
] as const;
export type CheckId = (typeof CHECK_IDS)[number];
