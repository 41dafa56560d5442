// SPDX-License-Identifier: Apache-2.0
import {
  type EvidenceId,
  evidenceItems,
  type RecordSet,
  type VersionStage,
} from '@countersign/kernel';

/** A use without a version is proposed, and in development after intake; from then on the kernel says (`versionStage`). */
export type Stage = 'proposed' | VersionStage;

export interface UseRef {
  readonly workspace: string;
  readonly model: string;
  readonly use: string;
}

export interface VersionRef extends UseRef {
  readonly version: number;
}

/** What intake must have left behind before a use is in development (frameworks.md 1.2, gate/intake). */
const INTAKE: readonly EvidenceId[] = [
  'inventory-entry',
  'scope-determination',
  'intended-use',
  'risk-tier',
  'role-assignment',
];

/** Stage of a use that has no version yet. */
export function stageOfUse(set: RecordSet, ref: UseRef): Stage {
  return missingIntake(set, ref).length === 0 ? 'development' : 'proposed';
}

/** Intake papers that a use still lacks. */
export function missingIntake(set: RecordSet, ref: UseRef): readonly EvidenceId[] {
  // A use without a version is judged like a version that comes after everything known.
  const context = {
    ...ref,
    version: Number.MAX_SAFE_INTEGER,
    artifactDigest: '',
    registeredAt: set.records.at(-1)?.index ?? 0,
    registeredOn: '',
  };
  return INTAKE.filter((id) => evidenceItems(set, context, { id }).length === 0);
}

/** The inventory's word for a stage; what a supervisor's form calls it. */
export function stageWord(
  stage: Stage,
  facts: { readonly underReview: boolean; readonly approved: boolean },
): string {
  switch (stage) {
    case 'proposed':
      return 'proposed';
    case 'development':
      return facts.underReview ? 'in validation' : 'in development';
    case 'staging':
      return facts.approved ? 'approved' : 'in validation';
    case 'production':
      return 'in use';
    case 'suspended':
      return 'restricted';
    case 'retired':
      return 'decommissioned';
  }
}
