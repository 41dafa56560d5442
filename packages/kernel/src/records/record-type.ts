// SPDX-License-Identifier: Apache-2.0
import { EVIDENCE_IDS, type EvidenceId } from '../evidence/evidence-ids.ts';

/**
 * Types of the platform's own records, beside the evidence vocabulary (frameworks.md, section 13).
 * `founding` is the root of trust; `key-enrolment` adds a signer to it, `key-change` suspends or retires one,
 * `founding-rotation` replaces its administrators; `author-attribution` says whose a commit author is; `run-request`
 * is a person's signed wish for a run, a measurement or the registration of a version that no run made, `action-record`
 * is what the firm did with answers, `evidence-attachment` is a file that a person vouches for under an evidence id,
 * `change-remark` is what somebody wrote on a change request.
 */
export const PLATFORM_RECORD_TYPES = [
  'founding',
  'key-enrolment',
  'key-change',
  'founding-rotation',
  'author-attribution',
  'run-request',
  'action-record',
  'evidence-attachment',
  'change-remark',
] as const;

export type PlatformRecordType = (typeof PLATFORM_RECORD_TYPES)[number];
export type RecordType = EvidenceId | PlatformRecordType;

const ALL: ReadonlySet<string> = new Set([...EVIDENCE_IDS, ...PLATFORM_RECORD_TYPES]);

export function isRecordType(text: string): text is RecordType {
  return ALL.has(text);
}
