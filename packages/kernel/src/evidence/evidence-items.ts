// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord, RecordSet } from '../records/record-set.ts';
import type { SubjectRef } from '../records/statement.ts';
import type { EvidenceId } from './evidence-ids.ts';

/** Which version evidence is judged for, and the data it was built on. */
export interface VersionContext {
  readonly workspace: string;
  readonly model: string;
  readonly use: string;
  readonly version: number;
  readonly artifactDigest: string;
  /** Log position of the version's `model-artifact`: what is older was carried forward. */
  readonly registeredAt: number;
  readonly registeredOn: string;
}

export type VersionResult =
  | { readonly ok: true; readonly context: VersionContext }
  | { readonly ok: false; readonly reason: string };

/** Finds the version that a `model-artifact` record registered. */
export function versionContext(
  set: RecordSet,
  ref: {
    readonly workspace: string;
    readonly model: string;
    readonly use: string;
    readonly version: number;
  },
): VersionResult {
  const found = set.records.filter(
    ({ statement: { predicate } }) =>
      predicate.type === 'model-artifact' &&
      predicate.subjectRef.workspace === ref.workspace &&
      predicate.subjectRef.model === ref.model &&
      predicate.subjectRef.version === ref.version,
  );
  const artifact = found[0];
  const digest = artifact?.statement.predicate.subjectRef.artifactDigest;
  if (artifact === undefined || digest === undefined) {
    return { ok: false, reason: `no version ${ref.model}@${ref.version} is registered` };
  }
  // A second registration under the same number would make the number mean two things.
  if (found.length > 1)
    return { ok: false, reason: `${ref.model}@${ref.version} was registered twice` };
  return {
    ok: true,
    context: {
      ...ref,
      artifactDigest: digest,
      registeredAt: artifact.index,
      registeredOn: artifact.loggedAt,
    },
  };
}

/**
 * Whether an item of evidence is about this version: by its scope, so that items of a model, a use, a dataset
 * or a feature carry forward to later versions while their subject is unchanged (frameworks.md, section 13).
 */
export function appliesTo(record: CountedRecord, context: VersionContext): boolean {
  const { scope, subjectRef: ref } = record.statement.predicate;
  if (ref.workspace !== context.workspace) return false;
  if (scope === 'firm') return true;
  if (ref.model !== context.model) return false;
  if (ref.use !== undefined && ref.use !== context.use) return false;
  if (scope === 'version') return ref.version === context.version;
  return ref.version === undefined || ref.version <= context.version;
}

/** Whether a version's item was made for other bytes than the version's own. */
export function isStale(ref: SubjectRef, context: VersionContext): boolean {
  return (
    ref.version === context.version &&
    ref.artifactDigest !== undefined &&
    ref.artifactDigest !== context.artifactDigest
  );
}

export interface EvidenceQuery {
  readonly id: EvidenceId;
  readonly kind?: string;
}

/** Items in force for a version, in log order; superseded ones are left out. */
export function evidenceItems(
  set: RecordSet,
  context: VersionContext,
  query: EvidenceQuery,
): readonly CountedRecord[] {
  const superseded = supersededDigests(set);
  return set.records.filter((record) => {
    const { predicate } = record.statement;
    if (predicate.type !== query.id) return false;
    if (query.kind !== undefined && predicate.kind !== query.kind) return false;
    return !superseded.has(record.digest) && appliesTo(record, context);
  });
}

/**
 * Papers of which the newest about a subject is the one in force. A later one replaces the earlier whether or not it says
 * so: left beside the approved one it would be in force under approvals whose signers never saw it.
 */
export const ONE_IN_FORCE: ReadonlySet<string> = new Set<EvidenceId>([
  'inventory-entry',
  'intended-use',
  'risk-tier',
  'dataset-datasheet',
  'protected-data-record',
  'feature-catalogue',
  'design-rationale',
  'assumptions-limitations',
  'instructions-for-use',
  'oversight-plan',
  'monitoring-plan',
]);

/** Records that a later one of the same type, kind and subject has replaced; a claim to replace anything else is void. */
export function supersededDigests(set: RecordSet): ReadonlySet<string> {
  const known = SUPERSEDED.get(set.records);
  if (known !== undefined) return known;
  const found = supersededIn(set);
  SUPERSEDED.set(set.records, found);
  return found;
}

/** Asked many times of one list of records, which never changes: a judgement of a whole inventory is linear by this. */
const SUPERSEDED = new WeakMap<readonly CountedRecord[], ReadonlySet<string>>();

function supersededIn(set: RecordSet): ReadonlySet<string> {
  const found = new Set<string>();
  const newest = new Map<string, CountedRecord>();
  for (const record of set.records) {
    const { supersedes, type } = record.statement.predicate;
    const earlier = supersedes === undefined ? undefined : set.byDigest.get(supersedes);
    if (earlier !== undefined && replaces(record, earlier)) found.add(earlier.digest);
    if (!ONE_IN_FORCE.has(type)) continue;
    const matter = matterOf(record);
    const before = newest.get(matter);
    if (before !== undefined) found.add(before.digest);
    newest.set(matter, record);
  }
  return found;
}

function matterOf({ statement: { predicate } }: CountedRecord): string {
  const { workspace, model, use, version, dataset } = predicate.subjectRef;
  return JSON.stringify([predicate.type, predicate.kind, workspace, model, use, version, dataset]);
}

function replaces(later: CountedRecord, earlier: CountedRecord): boolean {
  const a = later.statement.predicate;
  const b = earlier.statement.predicate;
  return (
    later.index > earlier.index &&
    a.type === b.type &&
    a.kind === b.kind &&
    a.subjectRef.workspace === b.subjectRef.workspace &&
    a.subjectRef.model === b.subjectRef.model &&
    a.subjectRef.use === b.subjectRef.use &&
    a.subjectRef.version === b.subjectRef.version &&
    a.subjectRef.dataset === b.subjectRef.dataset &&
    (a.type !== 'finding' || a.content.id === b.content.id) &&
    (a.type !== 'evidence-attachment' || a.content.evidence === b.content.evidence)
  );
}

/**
 * Files that persons vouch for under an evidence id, in force for a version. They are apart from `evidenceItems`, so that
 * no gate takes what somebody attached for what was measured, validated or signed in a duty.
 */
export function attachmentsFor(
  set: RecordSet,
  context: VersionContext,
  query: EvidenceQuery,
): readonly CountedRecord[] {
  const superseded = supersededDigests(set);
  return set.records.filter((record) => {
    const { type, content } = record.statement.predicate;
    if (type !== 'evidence-attachment' || content.evidence !== query.id) return false;
    if (query.kind !== undefined && content.kind !== query.kind) return false;
    return !superseded.has(record.digest) && appliesTo(record, context);
  });
}

/** The newest item in force, or undefined. */
export function latestItem(
  set: RecordSet,
  context: VersionContext,
  query: EvidenceQuery,
): CountedRecord | undefined {
  return evidenceItems(set, context, query).at(-1);
}
