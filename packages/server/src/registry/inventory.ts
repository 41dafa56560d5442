// SPDX-License-Identifier: Apache-2.0
import {
  type CountedRecord,
  type EnforcementGrade,
  enforcementGrade,
  type InventoryFacts,
  type LegacyStanding,
  type LegacyWarrant,
  legacyStanding,
  type RecordSet,
  readInventoryFacts,
  readTier,
  supersededDigests,
  type Tier,
  versionContext,
  versionStage,
  weakestGrade,
} from '@countersign/kernel';
import { gateMemo, modelSet, modelSets } from '../records/index.ts';
import { type Stage, stageOfUse, type VersionRef } from './stage.ts';
import { type RegisteredVersion, registeredVersions } from './versions.ts';

export interface InventoryUse {
  readonly use: string;
  readonly tier?: Tier;
  readonly fairLending?: boolean;
  /** Stage of the use: that of its furthest version, or of its intake while there is none. */
  readonly stage: Stage;
  /** Of its own, where the inventory entry says so. */
  readonly owner?: string;
  readonly population?: string;
  readonly limits?: string;
  readonly versions: readonly InventoryVersion[];
}

export interface InventoryVersion {
  readonly version: number;
  readonly stage: Stage;
  readonly enforcement: EnforcementGrade;
  /** In use before the firm came here, with the day by which it has to be through the gates. */
  readonly legacy?: Pick<LegacyWarrant, 'inUseSince' | 'expires'> &
    Pick<LegacyStanding, 'state'> & { readonly warrant: string };
}

export interface InventoryModel extends Omit<InventoryFacts, 'useTerms'> {
  readonly model: string;
  readonly name: string;
  readonly purpose: string;
  readonly owner: string;
  readonly developer: string;
  readonly origin: string;
  readonly businessLine: string;
  readonly jurisdictions: readonly string[];
  /** The weakest of the versions that are in a stage, or of all while none is; `attested` while there is none. */
  readonly enforcement: EnforcementGrade;
  /** Digest of the inventory entry; absent when a version was registered without one. */
  readonly entry?: string;
  readonly versions: number;
  readonly openFindings: number;
  readonly uses: readonly InventoryUse[];
}

/** Every model of a workspace, by name, as the records of `set` show it. */
export function inventory(
  set: RecordSet,
  at: { readonly workspace: string; readonly now: string },
): readonly InventoryModel[] {
  // Each model by its own records: the same answers, in a time that grows with the log and not with its square.
  return [...modelSets(set, at.workspace)].map(([model, own]) => modelOf(own, model, at));
}

export function inventoryModel(
  set: RecordSet,
  model: string,
  at: { readonly workspace: string; readonly now: string },
): InventoryModel {
  return modelOf(modelSet(set, at.workspace, model), model, at);
}

function modelOf(
  set: RecordSet,
  model: string,
  at: { readonly workspace: string; readonly now: string },
): InventoryModel {
  const entry = latestEntry(set, at.workspace, model);
  const content = entry?.statement.predicate.content;
  const text = (name: string) => {
    const value = content?.[name];
    return typeof value === 'string' ? value : '';
  };
  const { useTerms = [], ...facts } = factsOf(entry);
  const uses = usesOf(set, at.workspace, model).map((use) => ({
    ...inventoryUse(set, { workspace: at.workspace, model, use }, at.now),
    ...useTerms.find((terms) => terms.use === use),
  }));
  const versions = registeredVersions(set, { workspace: at.workspace, model });
  const origin = versions.at(-1)?.artifact.statement.predicate.content.origin;
  return {
    model,
    name: text('name') || model,
    purpose: text('purpose'),
    owner: text('owner'),
    developer: text('developer'),
    origin: text('origin') || (typeof origin === 'string' ? origin : 'built'),
    businessLine: text('businessLine'),
    jurisdictions: textsOf(content?.jurisdictions),
    enforcement: gradeOf(set, uses, versions, at.workspace),
    ...facts,
    ...(entry === undefined ? {} : { entry: entry.digest }),
    versions: versions.length,
    openFindings: openFindingCount(set, at.workspace, model),
    uses,
  };
}

/** An entry that was recorded before these members were read strictly says nothing by them. */
function factsOf(entry: CountedRecord | undefined): InventoryFacts {
  try {
    return entry === undefined ? {} : readInventoryFacts(entry.statement.predicate.content);
  } catch {
    return {};
  }
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

const IN_A_STAGE: readonly Stage[] = ['production', 'staging', 'suspended'];

function gradeOf(
  set: RecordSet,
  uses: readonly InventoryUse[],
  versions: readonly RegisteredVersion[],
  workspace: string,
): EnforcementGrade {
  const staged = uses.flatMap((use) =>
    use.versions.filter(({ stage }) => IN_A_STAGE.includes(stage)),
  );
  if (staged.length > 0) return weakestGrade(staged.map(({ enforcement }) => enforcement));
  return weakestGrade(
    versions.map(({ artifact, version }) => {
      const { model = '', use = '' } = artifact.statement.predicate.subjectRef;
      return gradeOfVersion(set, { workspace, model, use, version });
    }),
  );
}

function gradeOfVersion(
  set: RecordSet,
  ref: {
    readonly workspace: string;
    readonly model: string;
    readonly use: string;
    readonly version: number;
  },
): EnforcementGrade {
  const found = versionContext(set, ref);
  return found.ok ? enforcementGrade(set, found.context) : 'attested';
}

/** Uses that the inventory entry or any later record of the model names, sorted. */
export function usesOf(set: RecordSet, workspace: string, model: string): readonly string[] {
  const uses = new Set<string>();
  for (const { statement } of set.records) {
    const { subjectRef, type, content } = statement.predicate;
    if (subjectRef.workspace !== workspace || subjectRef.model !== model) continue;
    if (subjectRef.use !== undefined) uses.add(subjectRef.use);
    if (type === 'inventory-entry' && Array.isArray(content.uses)) {
      for (const use of content.uses) if (typeof use === 'string') uses.add(use);
    }
  }
  return [...uses].sort();
}

/** Furthest first: what a use is in is what its furthest version is in. */
const FURTHEST: readonly Stage[] = [
  'production',
  'suspended',
  'staging',
  'development',
  'retired',
  'proposed',
];

function inventoryUse(
  set: RecordSet,
  ref: { readonly workspace: string; readonly model: string; readonly use: string },
  now: string,
): InventoryUse {
  const versions = registeredVersions(set, ref)
    .filter(({ uses }) => uses.includes(ref.use))
    .map(({ version }) => ({
      version,
      stage: versionStage(set, { ...ref, version }, { now, gates: gateMemo(set) }) ?? 'development',
      enforcement: gradeOfVersion(set, { ...ref, version }),
      ...legacyOf(set, { ...ref, version }, now),
    }));
  const furthest = FURTHEST.find((stage) => versions.some((one) => one.stage === stage));
  const tier = tierOfUse(set, ref);
  return {
    use: ref.use,
    ...(tier === undefined ? {} : { tier: tier.tier, fairLending: tier.fairLending }),
    stage: furthest ?? stageOfUse(set, ref),
    versions,
  };
}

function legacyOf(set: RecordSet, ref: VersionRef, now: string): Pick<InventoryVersion, 'legacy'> {
  const found = versionContext(set, ref);
  const standing = found.ok ? legacyStanding(set, found.context, now) : undefined;
  if (standing === undefined) return {};
  const { digest, warrant, state } = standing;
  const { inUseSince, expires } = warrant;
  return { legacy: { warrant: digest, inUseSince, expires, state } };
}

/** The tier signed for a use, whether or not it has a version yet. */
export function tierOfUse(
  set: RecordSet,
  ref: { readonly workspace: string; readonly model: string; readonly use: string },
) {
  return readTier(set, {
    ...ref,
    version: Number.MAX_SAFE_INTEGER,
    artifactDigest: '',
    registeredAt: 0,
    registeredOn: '',
  });
}

function latestEntry(set: RecordSet, workspace: string, model: string) {
  return set.records.findLast(
    ({ statement: { predicate } }) =>
      predicate.type === 'inventory-entry' &&
      predicate.subjectRef.workspace === workspace &&
      predicate.subjectRef.model === model,
  );
}

function openFindingCount(set: RecordSet, workspace: string, model: string): number {
  const superseded = supersededDigests(set);
  return set.records.filter(
    ({ digest, statement: { predicate } }) =>
      predicate.type === 'finding' &&
      predicate.subjectRef.workspace === workspace &&
      predicate.subjectRef.model === model &&
      predicate.content.status !== 'closed' &&
      !superseded.has(digest),
  ).length;
}
