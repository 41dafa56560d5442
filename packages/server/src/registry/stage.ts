// SPDX-License-Identifier: Apache-2.0
import {
  type CountedRecord,
  type EvidenceId,
  evidenceItems,
  type RecordSet,
  type Transition,
  versionContext,
  warrantStanding,
  wellFormedWarrant,
} from '@countersign/kernel';

export const STAGES = [
  'proposed',
  'development',
  'staging',
  'production',
  'suspended',
  'retired',
] as const;
export type Stage = (typeof STAGES)[number];

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

/** One warrant of a version with how it stands; warrants that do not verify for other reasons are left out. */
interface HeldWarrant {
  readonly record: CountedRecord;
  readonly environment: Transition;
  readonly state: 'live' | 'expired' | 'suspended' | 'retired';
}

/**
 * The stage of a version for a use, derived from records: registration, warrants, their endings and their expiry.
 * A warrant that does not verify puts nothing into a stage. Undefined when the version is not registered.
 */
export function stageOf(set: RecordSet, ref: VersionRef, now: string): Stage | undefined {
  if (!versionContext(set, ref).ok) return undefined;
  const held = warrantsOf(set, ref, now);
  const newest = held.at(-1);
  if (newest?.state === 'retired') return 'retired';
  const inProduction = held.filter(({ environment }) => environment === 'production');
  if (inProduction.some(({ state }) => state === 'live')) return 'production';
  // It answered real people and may no longer: that is what matters, whatever staging says.
  if (inProduction.some(({ state }) => state !== 'retired')) return 'suspended';
  const inStaging = held.filter(({ environment }) => environment === 'staging');
  if (inStaging.some(({ state }) => state === 'live')) return 'staging';
  return inStaging.at(-1)?.state === 'suspended' ? 'suspended' : 'development';
}

function warrantsOf(set: RecordSet, ref: VersionRef, now: string): readonly HeldWarrant[] {
  return set.records.flatMap((record) => {
    const { predicate } = record.statement;
    const mine =
      predicate.type === 'deployment-record' &&
      predicate.kind === 'promote' &&
      predicate.subjectRef.workspace === ref.workspace &&
      predicate.subjectRef.model === ref.model &&
      predicate.subjectRef.use === ref.use &&
      predicate.subjectRef.version === ref.version;
    if (!mine) return [];
    const environment = predicate.content.environment === 'production' ? 'production' : 'staging';
    const state = stateOf(set, record, now);
    return state === undefined ? [] : [{ record, environment, state }];
  });
}

function stateOf(
  set: RecordSet,
  record: CountedRecord,
  now: string,
): HeldWarrant['state'] | undefined {
  const found = wellFormedWarrant(record);
  if (found === undefined) return undefined;
  const standing = warrantStanding(set, found, { now, gates: new Map() });
  return standing === 'void' || standing === 'pending' ? undefined : standing;
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
