// SPDX-License-Identifier: Apache-2.0
export { type Deleted, deletionsOf, erasedBlob } from './deletions.ts';
export { explainThing } from './explain-thing.ts';
export { holdRegister, subjectOf } from './hold-register.ts';
export { planRetention, saveRetentionPlan } from './plan-retention.ts';
export { carryOutSweep } from './sweep.ts';
